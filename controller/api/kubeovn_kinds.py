"""Kube-OVN's further kinds as data: plural, short names, scope and printer columns as it publishes them.

Source: Kube-OVN's CRDs (``charts/kube-ovn-v2/crds/kube-ovn-crd.yaml`` and the markers of ``pkg/apis/kubeovn/v1`` in its
repository).
"""

from __future__ import annotations

from typing import Any

from controller.api import gateways, joining_kinds, nat, protection, reservations, services, underlay
from controller.api.kind import Column, Kind, Scale
from controller.api.kubeovn_kind import kubeovn_kind

IPPOOLS = kubeovn_kind(
    reservations.IPPool,
    "ippools",
    short_names=("ippool",),
    columns=(
        Column("Subnet", "string", ".spec.subnet"),
        Column("enableAddressSet", "boolean", ".spec.enableAddressSet"),
        Column("IPs", "string", ".spec.ips"),
        Column("V4Used", "number", ".status.v4UsingIPs"),
        Column("V4Available", "number", ".status.v4AvailableIPs"),
        Column("V6Used", "number", ".status.v6UsingIPs"),
        Column("V6Available", "number", ".status.v6AvailableIPs"),
    ),
)
VIPS = kubeovn_kind(
    reservations.Vip,
    "vips",
    short_names=("vip",),
    columns=(
        Column("Namespace", "string", ".spec.namespace"),
        Column("V4IP", "string", ".status.v4ip"),
        Column("V6IP", "string", ".status.v6ip"),
        Column("Mac", "string", ".status.mac"),
        Column("Subnet", "string", ".spec.subnet"),
        Column("Type", "string", ".status.type"),
    ),
)
VLANS = kubeovn_kind(
    underlay.Vlan,
    "vlans",
    short_names=("vlan",),
    columns=(
        Column("ID", "string", ".spec.id"),
        Column("Provider", "string", ".spec.provider"),
        Column("conflict", "boolean", ".status.conflict"),
    ),
)
PROVIDER_NETWORKS = kubeovn_kind(
    underlay.ProviderNetwork,
    "provider-networks",
    "provider-network",
    columns=(
        Column("DefaultInterface", "string", ".spec.defaultInterface"),
        Column("Ready", "boolean", ".status.ready"),
    ),
)
VPC_NAT_GATEWAYS = kubeovn_kind(
    gateways.VpcNatGateway,
    "vpc-nat-gateways",
    "vpc-nat-gateway",
    short_names=("vpc-nat-gw",),
    columns=(
        Column("Vpc", "string", ".spec.vpc"),
        Column("Subnet", "string", ".spec.subnet"),
        Column("LanIP", "string", ".spec.lanIp"),
    ),
)
VPC_EGRESS_GATEWAYS = kubeovn_kind(
    gateways.VpcEgressGateway,
    "vpc-egress-gateways",
    "vpc-egress-gateway",
    short_names=("vpc-egress-gw", "veg"),
    columns=(
        Column("VPC", "string", ".spec.vpc"),
        Column("REPLICAS", "integer", ".spec.replicas"),
        Column("BFD ENABLED", "boolean", ".spec.bfd.enabled"),
        Column("EXTERNAL SUBNET", "string", ".spec.externalSubnet"),
        Column("PHASE", "string", ".status.phase"),
        Column("READY", "boolean", ".status.ready"),
        Column("INTERNAL IPS", "string", ".status.internalIPs", 1),
        Column("EXTERNAL IPS", "string", ".status.externalIPs", 1),
        Column("WORKING NODES", "string", ".status.workload.nodes", 1),
        Column("AGE", "date", ".metadata.creationTimestamp"),
    ),
    namespaced=True,
    scale=Scale(selector="status.labelSelector"),
)
BGP_CONFS = kubeovn_kind(
    gateways.BgpConf,
    "bgp-confs",
    "bgp-conf",
    has_status=False,
)
EVPN_CONFS = kubeovn_kind(
    gateways.EvpnConf,
    "evpn-confs",
    "evpn-conf",
    has_status=False,
)
IPTABLES_EIPS = kubeovn_kind(
    nat.IptablesEIP,
    "iptables-eips",
    "iptables-eip",
    short_names=("eip",),
    columns=(
        Column("IP", "string", ".status.ip"),
        Column("Mac", "string", ".spec.macAddress"),
        Column("Nat", "string", ".status.nat"),
        Column("NatGwDp", "string", ".spec.natGwDp"),
        Column("Ready", "boolean", ".status.ready"),
    ),
)
IPTABLES_FIP_RULES = kubeovn_kind(
    nat.IptablesFIPRule,
    "iptables-fip-rules",
    "iptables-fip-rule",
    short_names=("fip",),
    columns=(
        Column("Eip", "string", ".spec.eip"),
        Column("V4ip", "string", ".status.v4ip"),
        Column("InternalIp", "string", ".spec.internalIp"),
        Column("V6ip", "string", ".status.v6ip"),
        Column("Ready", "boolean", ".status.ready"),
        Column("NatGwDp", "string", ".status.natGwDp"),
    ),
)
IPTABLES_DNAT_RULES = kubeovn_kind(
    nat.IptablesDnatRule,
    "iptables-dnat-rules",
    "iptables-dnat-rule",
    short_names=("dnat",),
    columns=(
        Column("Eip", "string", ".spec.eip"),
        Column("Protocol", "string", ".spec.protocol"),
        Column("V4ip", "string", ".status.v4ip"),
        Column("V6ip", "string", ".status.v6ip"),
        Column("InternalIp", "string", ".spec.internalIp"),
        Column("ExternalPort", "string", ".spec.externalPort"),
        Column("InternalPort", "string", ".spec.internalPort"),
        Column("Type", "string", ".spec.type"),
        Column("NatGwDp", "string", ".status.natGwDp"),
        Column("Ready", "boolean", ".status.ready"),
    ),
)
IPTABLES_SNAT_RULES = kubeovn_kind(
    nat.IptablesSnatRule,
    "iptables-snat-rules",
    "iptables-snat-rule",
    short_names=("snat",),
    columns=(
        Column("EIP", "string", ".spec.eip"),
        Column("V4ip", "string", ".status.v4ip"),
        Column("V6ip", "string", ".status.v6ip"),
        Column("InternalCIDR", "string", ".spec.internalCIDR"),
        Column("NatGwDp", "string", ".status.natGwDp"),
        Column("Ready", "boolean", ".status.ready"),
    ),
)
OVN_EIPS = kubeovn_kind(
    nat.OvnEip,
    "ovn-eips",
    "ovn-eip",
    short_names=("oeip",),
    columns=(
        Column("V4IP", "string", ".status.v4Ip"),
        Column("V6IP", "string", ".status.v6Ip"),
        Column("Mac", "string", ".status.macAddress"),
        Column("Type", "string", ".status.type"),
        Column("Nat", "string", ".status.nat"),
        Column("Ready", "boolean", ".status.ready"),
        Column("ExternalSubnet", "string", ".spec.externalSubnet"),
    ),
)
OVN_FIPS = kubeovn_kind(
    nat.OvnFip,
    "ovn-fips",
    "ovn-fip",
    short_names=("ofip",),
    columns=(
        Column("Vpc", "string", ".status.vpc"),
        Column("Type", "string", ".spec.type"),
        Column("V4Eip", "string", ".status.v4Eip"),
        Column("V6Eip", "string", ".status.v6Eip"),
        Column("V4Ip", "string", ".status.v4Ip"),
        Column("V6Ip", "string", ".status.v6Ip"),
        Column("Ready", "boolean", ".status.ready"),
        Column("IpType", "string", ".spec.ipType"),
        Column("IpName", "string", ".spec.ipName"),
    ),
)
OVN_SNAT_RULES = kubeovn_kind(
    nat.OvnSnatRule,
    "ovn-snat-rules",
    "ovn-snat-rule",
    short_names=("osnat",),
    columns=(
        Column("Vpc", "string", ".status.vpc"),
        Column("V4Eip", "string", ".status.v4Eip"),
        Column("V6Eip", "string", ".status.v6Eip"),
        Column("V4IpCidr", "string", ".status.v4IpCidr"),
        Column("V6IpCidr", "string", ".status.v6IpCidr"),
        Column("Ready", "boolean", ".status.ready"),
    ),
)
OVN_DNAT_RULES = kubeovn_kind(
    nat.OvnDnatRule,
    "ovn-dnat-rules",
    "ovn-dnat-rule",
    short_names=("odnat",),
    columns=(
        Column("Vpc", "string", ".status.vpc"),
        Column("Eip", "string", ".spec.ovnEip"),
        Column("Protocol", "string", ".status.protocol"),
        Column("V4Eip", "string", ".status.v4Eip"),
        Column("V6Eip", "string", ".status.v6Eip"),
        Column("V4Ip", "string", ".status.v4Ip"),
        Column("V6Ip", "string", ".status.v6Ip"),
        Column("InternalPort", "string", ".status.internalPort"),
        Column("ExternalPort", "string", ".status.externalPort"),
        Column("IpName", "string", ".spec.ipName"),
        Column("Ready", "boolean", ".status.ready"),
    ),
)
SECURITY_GROUPS = kubeovn_kind(
    protection.SecurityGroup,
    "security-groups",
    "security-group",
    short_names=("sg",),
)
QOS_POLICIES = kubeovn_kind(
    protection.QoSPolicy,
    "qos-policies",
    "qos-policy",
    short_names=("qos",),
    columns=(
        Column("Shared", "string", ".spec.shared"),
        Column("BindingType", "string", ".spec.bindingType"),
    ),
)
SWITCH_LB_RULES = kubeovn_kind(
    services.SwitchLBRule,
    "switch-lb-rules",
    "switch-lb-rule",
    short_names=("slr",),
    columns=(
        Column("vip", "string", ".spec.vip"),
        Column("port(s)", "string", ".status.ports"),
        Column("service", "string", ".status.service"),
        Column("age", "date", ".metadata.creationTimestamp"),
    ),
)
VPC_DNSES = kubeovn_kind(
    services.VpcDns,
    "vpc-dnses",
    "vpc-dns",
    short_names=("vpc-dns",),
    columns=(
        Column("Active", "boolean", ".status.active"),
        Column("Vpc", "string", ".spec.vpc"),
        Column("Subnet", "string", ".spec.subnet"),
    ),
)
DNS_NAME_RESOLVERS = kubeovn_kind(
    services.DNSNameResolver,
    "dnsnameresolvers",
)

KINDS: tuple[Kind[Any], ...] = (
    IPPOOLS,
    VIPS,
    VLANS,
    PROVIDER_NETWORKS,
    VPC_NAT_GATEWAYS,
    VPC_EGRESS_GATEWAYS,
    BGP_CONFS,
    EVPN_CONFS,
    IPTABLES_EIPS,
    IPTABLES_FIP_RULES,
    IPTABLES_DNAT_RULES,
    IPTABLES_SNAT_RULES,
    OVN_EIPS,
    OVN_FIPS,
    OVN_SNAT_RULES,
    OVN_DNAT_RULES,
    SECURITY_GROUPS,
    QOS_POLICIES,
    SWITCH_LB_RULES,
    VPC_DNSES,
    DNS_NAME_RESOLVERS,
    *joining_kinds.KINDS,
)
