"""``kubeovn.io/v1``: what joins a VPC to networks that are not Kube-OVN's: routers that speak BGP, hardware switches.

Source of the names: ``pkg/apis/kubeovn/v1`` of Kube-OVN's repository (``bgp-edge-router*.go``, ``gobgp-config.go``,
``vtep-binding.go``).
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from controller.api.gateways import EgressBfd, EgressPolicy, EgressWorkload
from controller.api.meta import Condition, Resource, Wire
from controller.api.scheduling import NodeSelectorTerm

Asn = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
Text = Annotated[str, msgspec.Meta(min_length=1)]


class EdgeBgp(Wire, frozen=True, gc=False, kw_only=True):
    """How an edge router speaks BGP; ``hold_time`` is one of Go's durations, such as 90s."""

    enabled: bool = False
    image: str = ""
    local_asn: Asn = 0
    remote_asn: Asn = 0
    neighbors: tuple[str, ...] = ()
    hold_time: str = ""
    router_id: str = ""
    password: str = ""
    enable_graceful_restart: bool = False
    extra_args: tuple[str, ...] = ()
    edge_router_mode: bool = False
    route_server_client: bool = False


class BgpEdgeRouterSpec(Wire, frozen=True, gc=False, kw_only=True):
    """What was asked of an edge router."""

    vpc: str = ""
    replicas: Annotated[int, msgspec.Meta(ge=0)] = 1
    prefix: str = ""
    image: str = ""
    internal_subnet: str = ""
    external_subnet: str
    internal_ips: tuple[str, ...] = msgspec.field(default=(), name="internalIPs")
    external_ips: tuple[str, ...] = msgspec.field(default=(), name="externalIPs")
    traffic_policy: str = ""
    bfd: EgressBfd = EgressBfd()
    policies: tuple[EgressPolicy, ...] = ()
    node_selector: tuple[NodeSelectorTerm, ...] = ()
    bgp: EdgeBgp = EdgeBgp()


class BgpEdgeRouterStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What was made of an edge router."""

    replicas: int = 0
    label_selector: str = ""
    ready: bool = False
    phase: str = ""
    internal_ips: tuple[str, ...] = msgspec.field(default=(), name="internalIPs")
    external_ips: tuple[str, ...] = msgspec.field(default=(), name="externalIPs")
    conditions: tuple[Condition, ...] = ()
    workload: EgressWorkload = EgressWorkload()


class BgpEdgeRouter(Resource, frozen=True, gc=False, kw_only=True):
    """Instances that carry a VPC's traffic to an external network and learn its routes by BGP."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "BgpEdgeRouter"
    spec: BgpEdgeRouterSpec = BgpEdgeRouterSpec(external_subnet="")
    status: BgpEdgeRouterStatus = BgpEdgeRouterStatus()


class ReadyStatus(Wire, frozen=True, gc=False, kw_only=True):
    """Whether it has its effect."""

    ready: bool = False
    conditions: tuple[Condition, ...] = ()


class BgpEdgeRouterAdvertisementSpec(Wire, frozen=True, gc=False, kw_only=True):
    """Which subnets an edge router announces."""

    subnet: tuple[str, ...] = ()
    bgp_edge_router: str = ""


class BgpEdgeRouterAdvertisement(Resource, frozen=True, gc=False, kw_only=True):
    """Subnets that an edge router announces."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "BgpEdgeRouterAdvertisement"
    spec: BgpEdgeRouterAdvertisementSpec = BgpEdgeRouterAdvertisementSpec()
    status: ReadyStatus = ReadyStatus()


class Prefixes(Wire, frozen=True, gc=False, kw_only=True):
    """Routes that may pass."""

    mode: str = ""
    prefixes: tuple[str, ...] = ()


class PrefixFilter(Wire, frozen=True, gc=False, kw_only=True):
    """What passes in one direction."""

    allowed: Prefixes = Prefixes()


class Neighbor(Wire, frozen=True, gc=False, kw_only=True):
    """What is told to a router, and what is taken from it."""

    address: str
    to_advertise: PrefixFilter = PrefixFilter()
    to_receive: PrefixFilter = PrefixFilter()


class GobgpConfigSpec(Wire, frozen=True, gc=False, kw_only=True):
    """The filters of an edge router."""

    bgp_edge_router_name: str
    neighbors: tuple[Neighbor, ...] = ()


class GobgpConfig(Resource, frozen=True, gc=False, kw_only=True):
    """Which routes an edge router tells its neighbours, and takes from them."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "GobgpConfig"
    spec: GobgpConfigSpec = GobgpConfigSpec(bgp_edge_router_name="")
    status: ReadyStatus = ReadyStatus()


class VtepBindingSpec(Wire, frozen=True, gc=False, kw_only=True):
    """A subnet, and the port and VLAN (0: untagged) of the hardware switch that it reaches to."""

    subnet: Text
    physical_switch: Text
    vtep_logical_switch: str = ""
    physical_port: Text
    vlan_id: Annotated[int, msgspec.Meta(ge=0, le=4095)] = msgspec.field(name="vlanID")


class VtepBindingStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What was made of a binding."""

    ready: bool = False
    logical_switch: str = ""
    logical_switch_port: str = ""
    vtep_logical_switch: str = ""
    chassis: str = ""
    conditions: tuple[Condition, ...] = ()


class VtepBinding(Resource, frozen=True, gc=False, kw_only=True):
    """A subnet that reaches to a port of a hardware switch (VTEP)."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "VtepBinding"
    spec: VtepBindingSpec = VtepBindingSpec(subnet="", physical_switch="", physical_port="", vlan_id=0)
    status: VtepBindingStatus = VtepBindingStatus()
