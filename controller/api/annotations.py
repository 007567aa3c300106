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

EXCLUDE_IPS = "ovn.kubernetes.io/exclude_ips"

IP_POOL = "ovn.kubernetes.io/ip_pool"
"""On a pod, or a workload's template: addresses to choose from, or the name of an ``IPPool``."""
KEEP_IP = "ovn.kubernetes.io/keep_ip"
"""On a StatefulSet, or a subnet: whether pods of a set keep their addresses ("true") or get random ones ("false")."""

EIP = "ovn.kubernetes.io/eip"
"""On a pod: a public address that stands for it, both ways; one of each family, joined by a comma."""
SNAT = "ovn.kubernetes.io/snat"
"""On a pod: a public address under which it leaves, which several pods may share; one of each family."""

TRUE = "true"

POD_KIND = "testbed/kind"
"""Kind of a pod (live, stub); on a node, the default of its pods."""

KUBELET = "testbed/kubelet"
"""On a node: the path of the Unix socket on which its kubelet answers the API server."""

_NETWORKS = "k8s.v1.cni.cncf.io/networks"
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
        "ovn.kubernetes.io/routed",
    }
)
"""Annotations of pods that have their effect, or that only tell what a CNI plugin did and so ask for none."""


def without_effect(annotations: Mapping[str, str]) -> list[str]:
    """Names of a pod's annotations that ask something of its network, or of a further one, and get nothing."""
    others = annotations.keys() - HEEDED
    if not others:
        return []
    return sorted(
        name for name in others if name == _NETWORKS or name.partition("/")[0].endswith("ovn.kubernetes.io")
    )
