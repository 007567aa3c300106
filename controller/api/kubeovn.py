"""``kubeovn.io/v1``: Kube-OVN's own kinds, with its published field names.

Source of the names: Kube-OVN's CRDs (``dist/images/install.sh`` and ``pkg/apis/kubeovn/v1/types.go`` of its
repository).
"""

from __future__ import annotations

import msgspec

from controller.api.meta import Condition, Resource, Wire


class StaticRoute(Wire, frozen=True, gc=False, kw_only=True):
    """A route of a VPC: ``policy`` is policyDst or policySrc."""

    cidr: str
    next_hop_ip: str = msgspec.field(name="nextHopIP")
    policy: str = "policyDst"


class VpcSpec(Wire, frozen=True, gc=False, kw_only=True):
    """What was asked of a VPC."""

    namespaces: tuple[str, ...] = ()
    static_routes: tuple[StaticRoute, ...] = ()


class VpcStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What the controller made of a VPC."""

    conditions: tuple[Condition, ...] = ()
    default: bool = False
    standby: bool = False
    router: str = ""
    default_logical_switch: str = ""
    subnets: tuple[str, ...] = ()


class Vpc(Resource, frozen=True, gc=False, kw_only=True):
    """A private network of its own: one logical router that joins its subnets."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "Vpc"
    spec: VpcSpec = VpcSpec()
    status: VpcStatus = VpcStatus()


class SubnetSpec(Wire, frozen=True, gc=False, kw_only=True):
    """What was asked of a subnet. CIDRs and addresses of a dual-stack subnet are pairs joined by a comma."""

    cidr_block: str
    default: bool = False
    vpc: str = ""
    protocol: str = ""
    namespaces: tuple[str, ...] = ()
    gateway: str = ""
    exclude_ips: tuple[str, ...] = ()
    gateway_type: str = "distributed"
    nat_outgoing: bool = False
    private: bool = False
    mtu: int = 0


class SubnetStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What the controller made of a subnet: how many addresses are free and in use, and whether it serves."""

    conditions: tuple[Condition, ...] = ()
    v4_available_ips: float = msgspec.field(default=0, name="v4availableIPs")
    v4_using_ips: float = msgspec.field(default=0, name="v4usingIPs")
    v6_available_ips: float = msgspec.field(default=0, name="v6availableIPs")
    v6_using_ips: float = msgspec.field(default=0, name="v6usingIPs")


class Subnet(Resource, frozen=True, gc=False, kw_only=True):
    """A range of addresses spread over all nodes: one logical switch on the router of its VPC."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "Subnet"
    spec: SubnetSpec = SubnetSpec(cidr_block="")
    status: SubnetStatus = SubnetStatus()


class IPSpec(Wire, frozen=True, gc=False, kw_only=True):
    """Who has which address. ``pod_type`` names the workload's kind for addresses that outlive a pod."""

    pod_name: str = ""
    namespace: str = ""
    subnet: str = ""
    node_name: str = ""
    ip_address: str = ""
    v4_ip_address: str = ""
    v6_ip_address: str = ""
    mac_address: str = ""
    container_id: str = msgspec.field(default="", name="containerID")
    pod_type: str = ""
    attach_subnets: tuple[str, ...] = ()
    attach_ips: tuple[str, ...] = ()
    attach_macs: tuple[str, ...] = ()


class IP(Resource, frozen=True, gc=False, kw_only=True):
    """The durable record of one allocation: named as the logical switch port that has the address."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "IP"
    spec: IPSpec = IPSpec()
