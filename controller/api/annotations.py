"""The names of the annotations and labels: Kube-OVN's contract between controller, daemon and people."""

from collections.abc import Mapping

ALLOCATED = "ovn.kubernetes.io/allocated"
IP_ADDRESS = "ovn.kubernetes.io/ip_address"
MAC_ADDRESS = "ovn.kubernetes.io/mac_address"
CIDR = "ovn.kubernetes.io/cidr"
GATEWAY = "ovn.kubernetes.io/gateway"
LOGICAL_SWITCH = "ovn.kubernetes.io/logical_switch"
LOGICAL_ROUTER = "ovn.kubernetes.io/logical_router"
MTU = "ovn.kubernetes.io/mtu"
PORT_NAME = "ovn.kubernetes.io/port_name"
CHASSIS = "ovn.kubernetes.io/chassis"

VPC = "ovn.kubernetes.io/vpc"
"""On a Service: the VPC whose pods it is for, which is that of the pods behind it; written by the controller."""

EXCLUDE_IPS = "ovn.kubernetes.io/exclude_ips"

IP_POOL = "ovn.kubernetes.io/ip_pool"
"""On a pod, or a workload's template: addresses to choose from, or the name of an ``IPPool``."""
KEEP_IP = "ovn.kubernetes.io/keep_ip"
"""On a StatefulSet, or a subnet: whether pods of a set keep their addresses ("true") or get random ones ("false")."""

EIP = "ovn.kubernetes.io/eip"
"""On a pod: a public address that stands for it, both ways; one of each family, joined by a comma."""
SNAT = "ovn.kubernetes.io/snat"
"""On a pod: a public address under which it leaves, which several pods may share; one of each family."""

IP_FAMILY = "ovn.kubernetes.io/ip_family"
"""On a pod of a dual-stack subnet: the one family of which it wants an address."""
FAMILIES = {"ipv4": 4, "ipv6": 6}
"""What it may say, and the version of IP that is meant."""
ROUTES = "ovn.kubernetes.io/routes"
"""On a pod: routes of its own, as JSON: ``[{"dst": NETWORK, "gw": ADDRESS}]``; one without ``dst`` is its default."""
PORT_SECURITY = "ovn.kubernetes.io/port_security"
"""On a pod: "false" lets it use addresses and MACs that are not its own; it may use its own alone otherwise."""
AAPS = "ovn.kubernetes.io/aaps"
"""On a pod: the names of the ``Vip`` objects whose addresses it may use beside its own, joined by commas."""

IP_RESERVED = "ovn.kubernetes.io/ip_reserved"
"""Label of an ``IP`` object that people made: it stays, whether a pod of its name is there or not."""

TUNNEL_INTERFACE = "ovn.kubernetes.io/tunnel_interface"
NODE_NETWORKS = "ovn.kubernetes.io/node_networks"
IN_VAIN_ON_NODES = (NODE_NETWORKS, TUNNEL_INTERFACE)
"""By which people ask something of a node that is not carried."""

TRUE = "true"

POD_KIND = "testbed/kind"
"""Kind of a pod (live, stub); on a node, the default of its pods."""

KUBELET = "testbed/kubelet"
"""On a node: the path of the Unix socket on which its kubelet answers the API server."""

_OF_FURTHER_NETWORKS = frozenset(
    {
        "k8s.v1.cni.cncf.io/networks",
        "k8s.v1.cni.cncf.io/resourceName",
        "v1.multus-cni.io/default-network",
    }
)
_TOPICS = frozenset(
    {
        "allow_live_migration",
        "default_route",
        "egress_rate",
        "ingress_rate",
        "ip_address",
        "ip_family",
        "ip_pool",
        "jitter",
        "latency",
        "layer2_forward",
        "limit",
        "logical_switch",
        "loss",
        "mac_address",
        "mirror",
        "pod_nic_type",
        "port_security",
        "port_vips",
        "priority",
        "routes",
        "security_groups",
        "vlan_id",
    }
)
"""What Kube-OVN's annotations of a further interface ask for, after the name of its network: NETWORK/TOPIC.DEVICE."""
HEEDED = frozenset(
    {
        ALLOCATED,
        IP_ADDRESS,
        MAC_ADDRESS,
        CIDR,
        GATEWAY,
        LOGICAL_SWITCH,
        LOGICAL_ROUTER,
        MTU,
        IP_POOL,
        KEEP_IP,
        EIP,
        SNAT,
        IP_FAMILY,
        ROUTES,
        PORT_SECURITY,
        AAPS,
        "ovn.kubernetes.io/routed",
    }
)
"""Annotations of pods that have their effect, or that only tell what a CNI plugin did and so ask for none."""
HEEDED_ON_SERVICES = frozenset({VPC})


def without_effect(annotations: Mapping[str, str]) -> list[str]:
    """Names of a pod's annotations that ask something of its network, or of a further one, and get nothing."""
    others = annotations.keys() - HEEDED
    if not others:
        return []
    return sorted(filter(_asks, others))


def _asks(name: str) -> bool:
    network, _, topic = name.partition("/")
    if network.endswith("ovn.kubernetes.io"):
        return True
    is_of_further_one = network.endswith(".kubernetes.io") and topic.partition(".")[0] in _TOPICS
    return is_of_further_one or name in _OF_FURTHER_NETWORKS
