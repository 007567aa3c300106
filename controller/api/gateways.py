"""``kubeovn.io/v1``: the gateways by which a VPC reaches what lies outside of it.

Source of the names: Kube-OVN's CRDs (``charts/kube-ovn-v2/crds/kube-ovn-crd.yaml`` and ``pkg/apis/kubeovn/v1`` of its
repository).
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from controller.api.meta import Condition, Resource, Wire
from controller.api.scheduling import Affinity, LabelSelector, NodeSelectorTerm, Toleration

Interval = Annotated[int, msgspec.Meta(ge=1, le=3_600_000)]


class GatewayRoute(Wire, frozen=True, gc=False, kw_only=True):
    """A route within a gateway."""

    cidr: str
    next_hop_ip: str = msgspec.field(name="nextHopIP")


class BgpSpeaker(Wire, frozen=True, gc=False, kw_only=True):
    """How a gateway announces its addresses by BGP."""

    enabled: bool = False
    asn: int = 0
    remote_asn: int = 0
    neighbors: tuple[str, ...] = ()
    hold_time: str = ""
    router_id: str = ""
    password: str = ""
    enable_graceful_restart: bool = False
    extra_args: tuple[str, ...] = ()


class VpcNatGatewaySpec(Wire, frozen=True, gc=False, kw_only=True):
    """What was asked of a NAT gateway."""

    vpc: str = ""
    subnet: str = ""
    lan_ip: str = ""
    external_subnets: tuple[str, ...] = ()
    selector: tuple[str, ...] = ()
    qos_policy: str = ""
    no_default_eip: bool = msgspec.field(default=False, name="noDefaultEIP")
    bgp_speaker: BgpSpeaker = BgpSpeaker()
    routes: tuple[GatewayRoute, ...] = ()
    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
    affinity: Affinity = msgspec.field(default_factory=dict)


class VpcNatGatewayStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What a NAT gateway was made with."""

    external_subnets: tuple[str, ...] = ()
    selector: tuple[str, ...] = ()
    qos_policy: str = ""
    tolerations: tuple[Toleration, ...] = ()
    affinity: Affinity = msgspec.field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()


class VpcNatGateway(Resource, frozen=True, gc=False, kw_only=True):
    """A pod that translates addresses between a VPC and external networks."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "VpcNatGateway"
    spec: VpcNatGatewaySpec = VpcNatGatewaySpec()
    status: VpcNatGatewayStatus = VpcNatGatewayStatus()


class EgressSelector(Wire, frozen=True, gc=False, kw_only=True):
    """Whose traffic leaves by an egress gateway."""

    namespace_selector: LabelSelector | None = None
    pod_selector: LabelSelector | None = None


class EgressBfd(Wire, frozen=True, gc=False, kw_only=True):
    """How fast a lost gateway is noticed; intervals in milliseconds."""

    enabled: bool = False
    min_rx: Interval = msgspec.field(default=1000, name="minRX")
    min_tx: Interval = msgspec.field(default=1000, name="minTX")
    multiplier: Interval = 3


class EgressPolicy(Wire, frozen=True, gc=False, kw_only=True):
    """Which sources leave by an egress gateway, and whether their addresses are translated."""

    snat: bool = False
    ip_blocks: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()


class Bandwidth(Wire, frozen=True, gc=False, kw_only=True):
    """Limits of one instance of a gateway: numbers in Mbit/s, or quantities in bit/s."""

    ingress: int | str = 0
    egress: int | str = 0


class VpcEgressGatewaySpec(Wire, frozen=True, gc=False, kw_only=True):
    """What was asked of an egress gateway."""

    vpc: str = ""
    bgp_conf: str = ""
    evpn_conf: str = ""
    replicas: Annotated[int, msgspec.Meta(ge=0)] = 1
    prefix: str = ""
    image: str = ""
    internal_subnet: str = ""
    external_subnet: str
    internal_ips: tuple[str, ...] = msgspec.field(default=(), name="internalIPs")
    external_ips: tuple[str, ...] = msgspec.field(default=(), name="externalIPs")
    selectors: tuple[EgressSelector, ...] = ()
    traffic_policy: str = "Cluster"
    bfd: EgressBfd = EgressBfd()
    policies: tuple[EgressPolicy, ...] = ()
    node_selector: tuple[NodeSelectorTerm, ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    resources: dict[str, dict[str, int | str]] = msgspec.field(default_factory=dict)
    bandwidth: Bandwidth | None = None


class EgressWorkload(Wire, frozen=True, gc=False, kw_only=True):
    """The workload that an egress gateway runs as."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    nodes: tuple[str, ...] = ()


class VpcEgressGatewayStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What was made of an egress gateway."""

    replicas: int = 0
    label_selector: str = ""
    ready: bool = False
    phase: str = ""
    internal_ips: tuple[str, ...] = msgspec.field(default=(), name="internalIPs")
    external_ips: tuple[str, ...] = msgspec.field(default=(), name="externalIPs")
    conditions: tuple[Condition, ...] = ()
    workload: EgressWorkload = EgressWorkload()


class VpcEgressGateway(Resource, frozen=True, gc=False, kw_only=True):
    """Instances that carry a VPC's outgoing traffic to an external network."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "VpcEgressGateway"
    spec: VpcEgressGatewaySpec = VpcEgressGatewaySpec(external_subnet="")
    status: VpcEgressGatewayStatus = VpcEgressGatewayStatus()


class BgpPeer(Wire, frozen=True, gc=False, kw_only=True):
    """A router that is spoken to."""

    address: Annotated[str, msgspec.Meta(min_length=1)]
    asn: int = 0
    bfd: bool = False


class BgpConfSpec(Wire, frozen=True, gc=False, kw_only=True):
    """How gateways speak BGP; times are Go's durations, such as 90s."""

    local_asn: int = msgspec.field(default=0, name="localASN")
    peer_asn: int = msgspec.field(default=0, name="peerASN")
    router_id: str = ""
    neighbours: tuple[str, ...] = ()
    password: str = ""
    hold_time: str = ""
    keepalive_time: str = ""
    connect_time: str = ""
    ebgp_multi_hop: bool = False
    graceful_restart: bool = False
    node_selector: dict[str, str] = msgspec.field(default_factory=dict)
    peers: tuple[BgpPeer, ...] = ()
    advertise_filter: tuple[str, ...] = ()


class BgpConf(Resource, frozen=True, gc=False, kw_only=True):
    """A set of BGP parameters that gateways refer to."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "BgpConf"
    spec: BgpConfSpec = BgpConfSpec()


class EvpnConfSpec(Wire, frozen=True, gc=False, kw_only=True):
    """Which EVPN instance gateways take part in."""

    vni: int = 0
    route_targets: tuple[str, ...] = ()


class EvpnConf(Resource, frozen=True, gc=False, kw_only=True):
    """A set of EVPN parameters that gateways refer to."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "EvpnConf"
    spec: EvpnConfSpec = EvpnConfSpec()
