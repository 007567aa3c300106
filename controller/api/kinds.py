"""The kinds as data: where each is found in the REST API, what it is called, what a table of it shows."""

from __future__ import annotations

from typing import Any

from controller.api import core, kubeovn, kubeovn_kinds, networking, workloads
from controller.api.kind import Column, Kind, Scale

__all__ = ["KINDS", "NOT_CARRIED", "Column", "Kind", "Scale", "kind_of"]

NAMESPACES = Kind(core.Namespace, "", "v1", "Namespace", "namespaces", False, ("ns",))
CONFIG_MAPS = Kind(core.ConfigMap, "", "v1", "ConfigMap", "configmaps", True, ("cm",), has_status=False)
NODES = Kind(core.Node, "", "v1", "Node", "nodes", False, ("no",))
PODS = Kind(core.Pod, "", "v1", "Pod", "pods", True, ("po",))
EVENTS = Kind(core.Event, "", "v1", "Event", "events", True, ("ev",), has_status=False)
LEASES = Kind(core.Lease, "coordination.k8s.io", "v1", "Lease", "leases", True, has_status=False)
STATEFULSETS = Kind(
    workloads.StatefulSet, "apps", "v1", "StatefulSet", "statefulsets", True, ("sts",), has_status=False
)
SERVICES = Kind(networking.Service, "", "v1", "Service", "services", True, ("svc",))
ENDPOINT_SLICES = Kind(
    networking.EndpointSlice,
    "discovery.k8s.io",
    "v1",
    "EndpointSlice",
    "endpointslices",
    True,
    has_status=False,
)
NETWORK_POLICIES = Kind(
    networking.NetworkPolicy,
    "networking.k8s.io",
    "v1",
    "NetworkPolicy",
    "networkpolicies",
    True,
    ("netpol",),
    has_status=False,
)
NETWORK_ATTACHMENT_DEFINITIONS = Kind(
    networking.NetworkAttachmentDefinition,
    "k8s.cni.cncf.io",
    "v1",
    "NetworkAttachmentDefinition",
    "network-attachment-definitions",
    True,
    ("net-attach-def",),
    has_status=False,
    singular="network-attachment-definition",
)
VPCS = Kind(
    kubeovn.Vpc,
    "kubeovn.io",
    "v1",
    "Vpc",
    "vpcs",
    False,
    ("vpc",),
    columns=(
        Column("EnableExternal", "boolean", ".status.enableExternal"),
        Column("EnableBfd", "boolean", ".status.enableBfd"),
        Column("Standby", "boolean", ".status.standby"),
        Column("Subnets", "string", ".status.subnets"),
        Column("ExtraExternalSubnets", "string", ".status.extraExternalSubnets"),
        Column("Namespaces", "string", ".spec.namespaces"),
        Column("DefaultSubnet", "string", ".status.defaultLogicalSwitch"),
    ),
)
SUBNETS = Kind(
    kubeovn.Subnet,
    "kubeovn.io",
    "v1",
    "Subnet",
    "subnets",
    False,
    ("subnet",),
    columns=(
        Column("Provider", "string", ".spec.provider"),
        Column("Vpc", "string", ".spec.vpc"),
        Column("Vlan", "string", ".spec.vlan"),
        Column("Protocol", "string", ".spec.protocol"),
        Column("CIDR", "string", ".spec.cidrBlock"),
        Column("Private", "boolean", ".spec.private"),
        Column("NAT", "boolean", ".spec.natOutgoing"),
        Column("Default", "boolean", ".spec.default"),
        Column("GatewayType", "string", ".spec.gatewayType"),
        Column("V4Used", "number", ".status.v4usingIPs"),
        Column("V4Available", "number", ".status.v4availableIPs"),
        Column("V6Used", "number", ".status.v6usingIPs"),
        Column("V6Available", "number", ".status.v6availableIPs"),
        Column("ExcludeIPs", "string", ".spec.excludeIps"),
        Column("U2OInterconnectionIP", "string", ".status.u2oInterconnectionIP"),
    ),
)
IPS = Kind(
    kubeovn.IP,
    "kubeovn.io",
    "v1",
    "IP",
    "ips",
    False,
    ("ip",),
    columns=(
        Column("V4IP", "string", ".spec.v4IpAddress"),
        Column("V6IP", "string", ".spec.v6IpAddress"),
        Column("Mac", "string", ".spec.macAddress"),
        Column("Node", "string", ".spec.nodeName"),
        Column("Subnet", "string", ".spec.subnet"),
    ),
    has_status=False,
)

IPPOOLS = kubeovn_kinds.IPPOOLS
VIPS = kubeovn_kinds.VIPS
VLANS = kubeovn_kinds.VLANS
OVN_EIPS = kubeovn_kinds.OVN_EIPS
OVN_FIPS = kubeovn_kinds.OVN_FIPS
OVN_SNAT_RULES = kubeovn_kinds.OVN_SNAT_RULES
OVN_DNAT_RULES = kubeovn_kinds.OVN_DNAT_RULES

_CARRIED: tuple[Kind[Any], ...] = (
    NAMESPACES,
    CONFIG_MAPS,
    NODES,
    PODS,
    EVENTS,
    LEASES,
    STATEFULSETS,
    SERVICES,
    ENDPOINT_SLICES,
    VPCS,
    SUBNETS,
    IPS,
    IPPOOLS,
    VIPS,
    VLANS,
    OVN_EIPS,
    OVN_FIPS,
    OVN_SNAT_RULES,
    OVN_DNAT_RULES,
)

NOT_CARRIED: tuple[Kind[Any], ...] = (
    NETWORK_POLICIES,
    NETWORK_ATTACHMENT_DEFINITIONS,
    *(kind for kind in kubeovn_kinds.KINDS if kind not in _CARRIED),
)
"""Kinds that can be written but that nothing is made of yet; their objects say so."""

KINDS: tuple[Kind[Any], ...] = (*_CARRIED, *NOT_CARRIED)


def kind_of(name: str) -> Kind[Any]:
    """The kind called ``name`` (``"Pod"``); raises ``KeyError`` naming those that are known."""
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise KeyError(f"no kind {name!r}; known: {', '.join(kind.name for kind in KINDS)}")
