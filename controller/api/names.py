"""Kube-OVN's names of things in NB and in the API, so that people find in this network what they know from that one."""

from ipaddress import ip_address

DEFAULT_VPC = "ovn-cluster"
DEFAULT_SUBNET = "ovn-default"
JOIN_SUBNET = "join"


ADDRESS_CONDITION = "ovn.kubernetes.io/address-allocated"
"""The condition of a pod that waits, or waited, for an address."""
VALIDATED = "Validated"
"""The condition of an object that breaks a rule, or did: whether all that it says can be; Kube-OVN's."""


def pod_port(namespace: str, name: str) -> str:
    """The logical switch port of a pod, which is also the name of its IP object and the ``iface-id`` on its node."""
    return f"{name}.{namespace}"


NODE, LOCALNET = "node-", "localnet."
"""How the ports of nodes, and those into physical networks, begin. A pod's may begin so as well."""


def node_port(name: str) -> str:
    """The logical switch port by which a node itself takes part in the network, on the join switch."""
    return f"{NODE}{name}"


def localnet_port(subnet: str) -> str:
    """The logical switch port of a subnet into the physical network that it lies in."""
    return f"{LOCALNET}{subnet}"


def gateway_link(subnet: str) -> str:
    """The switch between the router and the gateway nodes of a centralised subnet, and the nodes' port on it."""
    return f"egress-{subnet}"


def egress_set(node: str, version: int) -> str:
    """The address set of the pods that leave the cluster by a node, of one version of IP.

    OVN's expressions know no hyphen in a name; names of nodes know no underscore.
    """
    return f"egress.{node.replace('-', '_')}.ip{version}"


def pool_set(pool: str, version: int | None) -> str:
    """The address set of an ``IPPool``; of one that has both families, that of one version of IP."""
    name = pool.replace("-", ".")
    return name if version is None else f"{name}.ip{version}"


RECORDS = ".kubeovn.io"
"""How the records of addresses end that are no pod's and no node's; a pod whose port would end so is refused."""


def eip_record(eip: str) -> str:
    """The IP object of an external address."""
    return f"{eip}.ovn-eip.kubeovn.io"


def vip_record(vip: str) -> str:
    """The IP object of a virtual address, and its logical switch port."""
    return f"{vip}.vip.kubeovn.io"


def public_record(address: str) -> str:
    """The IP object of a public address that pods ask for by themselves."""
    return f"{ip_address(address).exploded.replace(':', '-')}.public.kubeovn.io"


def router_port(router: str, switch: str) -> str:
    """A router's port towards a switch."""
    return f"{router}-{switch}"


def switch_port(switch: str, router: str) -> str:
    """A switch's port towards a router."""
    return f"{switch}-{router}"


FINALIZER = "kubeovn.io/kube-ovn-controller"
"""By which the controller holds what others still need; Kube-OVN's."""
