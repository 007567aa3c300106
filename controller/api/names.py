"""Kube-OVN's names of things in NB and in the API, so that people find in this network what they know from that one."""

from ipaddress import ip_address

DEFAULT_VPC = "ovn-cluster"
DEFAULT_SUBNET = "ovn-default"
JOIN_SUBNET = "join"


ADDRESS_CONDITION = "ovn.kubernetes.io/address-allocated"
"""The condition of a pod that waits, or waited, for an address."""


def pod_port(namespace: str, name: str) -> str:
    """The logical switch port of a pod, which is also the name of its IP object and the ``iface-id`` on its node."""
    return f"{name}.{namespace}"


def node_port(name: str) -> str:
    """The logical switch port by which a node itself takes part in the network, on the join switch."""
    return f"node-{name}"


def egress_set(node: str, version: int) -> str:
    """The address set of the pods that leave the cluster by a node, of one version of IP.

    OVN's expressions know no hyphen in a name; names of nodes know no underscore.
    """
    return f"egress.{node.replace('-', '_')}.ip{version}"


def pool_set(pool: str, version: int | None) -> str:
    """The address set of an ``IPPool``; of one that has both families, that of one version of IP."""
    name = pool.replace("-", ".")
    return name if version is None else f"{name}.ip{version}"


def eip_record(eip: str) -> str:
    """The IP object of an external address; no namespace of a pod is called so."""
    return f"{eip}.ovn-eip.kubeovn.io"


def public_record(address: str) -> str:
    """The IP object of a public address that pods ask for by themselves; no namespace of a pod is called so."""
    return f"{ip_address(address).exploded.replace(':', '-')}.public.kubeovn.io"


def router_port(router: str, switch: str) -> str:
    """A router's port towards a switch."""
    return f"{router}-{switch}"


def switch_port(switch: str, router: str) -> str:
    """A switch's port towards a router."""
    return f"{switch}-{router}"


FINALIZER = "kubeovn.io/kube-ovn-controller"
"""By which the controller holds what others still need; Kube-OVN's."""
