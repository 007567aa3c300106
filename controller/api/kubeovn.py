"""``kubeovn.io/v1``: private networks, their subnets, the addresses in them; with all of the published fields.

Source of the names: Kube-OVN's CRDs (``charts/kube-ovn-v2/crds/kube-ovn-crd.yaml`` and ``pkg/apis/kubeovn/v1`` of its
repository).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from controller.api.meta import Condition, Resource, Wire, filled
from controller.api.scheduling import LabelSelector


class StaticRoute(Wire, frozen=True, gc=False, kw_only=True):
    """A route of a VPC: ``policy`` is policyDst or policySrc."""

    cidr: str
    next_hop_ip: str = msgspec.field(name="nextHopIP")
    policy: str = "policyDst"
    ecmp_mode: str = ""
    bfd_id: str = ""
    route_table: str = ""


class PolicyRoute(Wire, frozen=True, gc=False, kw_only=True):
    """What becomes of packets that match: ``action`` is allow, drop or reroute (to ``next_hop_ip``)."""

    priority: Annotated[int, msgspec.Meta(ge=0, le=32_767)] = 0
    match: str = ""
    action: str = ""
    next_hop_ip: str = msgspec.field(default="", name="nextHopIP")


class VpcPeering(Wire, frozen=True, gc=False, kw_only=True):
    """A link to another VPC."""

    remote_vpc: str = ""
    local_connect_ip: str = msgspec.field(default="", name="localConnectIP")


class BfdPort(Wire, frozen=True, gc=False, kw_only=True):
    """The router's port that gateways are watched from, and the nodes that it may be on."""

    enabled: bool = False
    ip: str = ""
    node_selector: LabelSelector | None = None


class DynamicRouting(Wire, frozen=True, gc=False, kw_only=True):
    """Which routes of a VPC are announced to the outside."""

    enabled: bool = False
    redistribute: tuple[Literal["connected", "connected-as-host", "static", "nat", "lb"], ...] = ()
    local_only: bool = False
    maintain_vrf: bool = False
    vrf_name: str = ""
    vrf_id: int = 0


class VpcSpec(Wire, frozen=True, gc=False, kw_only=True):
    """What was asked of a VPC."""

    default_subnet: str = ""
    namespaces: tuple[str, ...] = ()
    static_routes: tuple[StaticRoute, ...] = ()
    policy_routes: tuple[PolicyRoute, ...] = ()
    vpc_peerings: tuple[VpcPeering, ...] = ()
    enable_external: bool = False
    extra_external_subnets: tuple[str, ...] = ()
    enable_bfd: bool = False
    bfd_port: BfdPort = BfdPort()
    dynamic_routing: DynamicRouting = DynamicRouting()


class BfdPortStatus(Wire, frozen=True, gc=False, kw_only=True):
    """Where the port that gateways are watched from is."""

    name: str = ""
    ip: str = ""
    nodes: tuple[str, ...] = ()


class VpcStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What the controller made of a VPC."""

    conditions: tuple[Condition, ...] = ()
    default: bool = False
    standby: bool = False
    router: str = ""
    default_logical_switch: str = ""
    subnets: tuple[str, ...] = ()
    vpc_peerings: tuple[str, ...] = ()
    enable_external: bool = False
    extra_external_subnets: tuple[str, ...] = ()
    enable_bfd: bool = False
    bfd_port: BfdPortStatus = BfdPortStatus()
    tcp_load_balancer: str = ""
    udp_load_balancer: str = ""
    sctp_load_balancer: str = ""
    tcp_session_load_balancer: str = ""
    udp_session_load_balancer: str = ""
    sctp_session_load_balancer: str = ""


class Vpc(Resource, frozen=True, gc=False, kw_only=True):
    """A private network of its own: one logical router that joins its subnets."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "Vpc"
    spec: VpcSpec = VpcSpec()
    status: VpcStatus = VpcStatus()


class Acl(Wire, frozen=True, gc=False, kw_only=True):
    """A rule in OVN's own language."""

    direction: Literal["", "from-lport", "to-lport"] = ""
    priority: Annotated[int, msgspec.Meta(ge=0, le=32_767)] = 0
    match: str = ""
    action: Literal["", "allow-related", "allow-stateless", "allow", "drop", "reject"] = ""


class NatOutgoingMatch(Wire, frozen=True, gc=False, kw_only=True):
    """Packets by their ends: networks joined by a comma."""

    src_ips: str = msgspec.field(default="", name="srcIPs")
    dst_ips: str = msgspec.field(default="", name="dstIPs")


class NatOutgoingPolicyRule(Wire, frozen=True, gc=False, kw_only=True):
    """Whether packets that leave the cluster are translated."""

    match: NatOutgoingMatch = NatOutgoingMatch()
    action: Literal["", "nat", "forward"] = ""


class NatOutgoingPolicyRuleStatus(NatOutgoingPolicyRule, frozen=True, gc=False, kw_only=True):
    """A rule that is in force."""

    rule_id: str = msgspec.field(default="", name="ruleID")


class U2OFeatures(Wire, frozen=True, gc=False, kw_only=True):
    """How an underlay subnet speaks to overlay ones."""

    overlay_only_routing: bool = False


class SubnetSpec(Wire, frozen=True, gc=False, kw_only=True):
    """What was asked of a subnet. CIDRs and addresses of a dual-stack subnet are pairs joined by a comma.

    ``htbqos`` and ``u2o_routing`` are of Kube-OVN before 1.11.
    """

    cidr_block: str
    default: Annotated[bool, filled(False)] = False
    vpc: Annotated[str, filled("ovn-cluster")] = ""
    protocol: str = ""
    namespaces: tuple[str, ...] = ()
    namespace_selectors: tuple[LabelSelector, ...] = ()
    gateway: str = ""
    exclude_ips: tuple[str, ...] = ()
    provider: Annotated[str, filled("ovn")] = ""
    gateway_type: Annotated[str, filled("distributed")] = "distributed"
    gateway_node: str = ""
    gateway_node_selectors: tuple[LabelSelector, ...] = ()
    nat_outgoing: Annotated[bool, filled(False)] = False
    nat_outgoing_policy_rules: tuple[NatOutgoingPolicyRule, ...] = ()
    external_egress_gateway: str = ""
    policy_routing_priority: Annotated[int, msgspec.Meta(ge=0, le=32_765)] = 0
    policy_routing_table_id: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = msgspec.field(
        default=0, name="policyRoutingTableID"
    )
    mtu: int = 0
    private: Annotated[bool, filled(False)] = False
    allow_subnets: tuple[str, ...] = ()
    vlan: str = ""
    vips: tuple[str, ...] = ()
    logical_gateway: bool = False
    disable_gateway_check: bool = False
    disable_inter_connection: bool = False
    enable_dhcp: bool = msgspec.field(default=False, name="enableDHCP")
    dhcp_v4_options: str = ""
    dhcp_v6_options: str = ""
    enable_ipv6_ra: bool = msgspec.field(default=False, name="enableIPv6RA")
    ipv6_ra_configs: str = msgspec.field(default="", name="ipv6RAConfigs")
    acls: tuple[Acl, ...] = ()
    allow_ew_traffic: bool = msgspec.field(default=False, name="allowEWTraffic")
    u2o_interconnection_ip: str = msgspec.field(default="", name="u2oInterconnectionIP")
    u2o_interconnection: bool = False
    u2o_features: U2OFeatures = U2OFeatures()
    enable_lb: bool | None = None
    enable_ecmp: bool = False
    enable_multicast_snoop: bool = False
    enable_external_lb_address: bool = msgspec.field(default=False, name="enableExternalLBAddress")
    route_table: str = ""
    node_network: str = ""
    routed: bool = False
    u2o_routing: bool = False
    htbqos: str = ""


class SubnetStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What the controller made of a subnet: how many addresses are free and in use, and whether it serves."""

    conditions: tuple[Condition, ...] = ()
    v4_available_ips: float = msgspec.field(default=0, name="v4availableIPs")
    v4_available_ip_range: str = msgspec.field(default="", name="v4availableIPrange")
    v4_using_ips: float = msgspec.field(default=0, name="v4usingIPs")
    v4_using_ip_range: str = msgspec.field(default="", name="v4usingIPrange")
    v6_available_ips: float = msgspec.field(default=0, name="v6availableIPs")
    v6_available_ip_range: str = msgspec.field(default="", name="v6availableIPrange")
    v6_using_ips: float = msgspec.field(default=0, name="v6usingIPs")
    v6_using_ip_range: str = msgspec.field(default="", name="v6usingIPrange")
    activate_gateway: str = ""
    dhcp_v4_options_uuid: str = msgspec.field(default="", name="dhcpV4OptionsUUID")
    dhcp_v6_options_uuid: str = msgspec.field(default="", name="dhcpV6OptionsUUID")
    u2o_interconnection_ip: str = msgspec.field(default="", name="u2oInterconnectionIP")
    u2o_interconnection_mac: str = msgspec.field(default="", name="u2oInterconnectionMAC")
    u2o_interconnection_vpc: str = msgspec.field(default="", name="u2oInterconnectionVPC")
    nat_outgoing_policy_rules: tuple[NatOutgoingPolicyRuleStatus, ...] = ()
    mcast_querier_ip: str = msgspec.field(default="", name="mcastQuerierIP")
    mcast_querier_mac: str = msgspec.field(default="", name="mcastQuerierMAC")
    tunnel_key: int = 0


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

    @property
    def addresses(self) -> tuple[str, ...]:
        """The address, or one of each family."""
        return tuple(self.spec.ip_address.split(","))
