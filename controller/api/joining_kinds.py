"""Kube-OVN's kinds that join VPCs to one another and to what lies outside, as data: the newest that it publishes.

Source: the markers of ``pkg/apis/kubeovn/v1`` in its repository; of the BGP kinds, which have none, the names alone.
"""

from __future__ import annotations

from typing import Any

from controller.api import edges, services, tunnels
from controller.api.kind import Column, Kind, Scale
from controller.api.kubeovn_kind import kubeovn_kind

ROUTER_LB_RULES = kubeovn_kind(
    services.RouterLBRule,
    "router-lb-rules",
    "router-lb-rule",
    short_names=("rlr",),
    columns=(
        Column("ovnEip", "string", ".spec.ovnEip"),
        Column("vpc", "string", ".spec.vpc"),
        Column("port(s)", "string", ".status.ports"),
        Column("service", "string", ".status.service"),
        Column("age", "date", ".metadata.creationTimestamp"),
    ),
)
VPC_ENDPOINT_SERVICES = kubeovn_kind(
    services.VpcEndpointService,
    "vpc-endpoint-services",
    "vpc-endpoint-service",
    short_names=("ves",),
    columns=(
        Column("Vpc", "string", ".spec.vpc"),
        Column("Service", "string", ".spec.service"),
        Column("Namespace", "string", ".spec.namespace"),
        Column("TransitVIP", "string", ".status.transitVIP"),
        Column("Ready", "boolean", ".status.ready"),
        Column("Age", "date", ".metadata.creationTimestamp"),
    ),
)
VPC_ENDPOINTS = kubeovn_kind(
    services.VpcEndpoint,
    "vpc-endpoints",
    "vpc-endpoint",
    short_names=("vep",),
    columns=(
        Column("Vpc", "string", ".spec.vpc"),
        Column("Subnet", "string", ".spec.subnet"),
        Column("EndpointService", "string", ".spec.endpointService"),
        Column("LocalVIP", "string", ".status.localVIP"),
        Column("TransitVIP", "string", ".status.transitVIP"),
        Column("Ready", "boolean", ".status.ready"),
        Column("Age", "date", ".metadata.creationTimestamp"),
    ),
)
VTEP_BINDINGS = kubeovn_kind(
    edges.VtepBinding,
    "vtep-bindings",
    "vtep-binding",
    short_names=("vtepb",),
    columns=(
        Column("Subnet", "string", ".spec.subnet"),
        Column("PhysicalSwitch", "string", ".spec.physicalSwitch"),
        Column("VtepLogicalSwitch", "string", ".status.vtepLogicalSwitch"),
        Column("PhysicalPort", "string", ".spec.physicalPort"),
        Column("VLAN", "integer", ".spec.vlanID"),
        Column("Chassis", "string", ".status.chassis"),
        Column("Ready", "boolean", ".status.ready"),
        Column("Age", "date", ".metadata.creationTimestamp"),
    ),
)
BGP_EDGE_ROUTERS = kubeovn_kind(
    edges.BgpEdgeRouter,
    "bgp-edge-routers",
    "bgp-edge-router",
    namespaced=True,
    scale=Scale(selector="status.labelSelector"),
)
BGP_EDGE_ROUTER_ADVERTISEMENTS = kubeovn_kind(
    edges.BgpEdgeRouterAdvertisement,
    "bgp-edge-router-advertisements",
    "bgp-edge-router-advertisement",
    namespaced=True,
)
GOBGP_CONFIGS = kubeovn_kind(
    edges.GobgpConfig,
    "gobgp-configs",
    "gobgp-config",
    namespaced=True,
)
VPC_IPSEC_GATEWAYS = kubeovn_kind(
    tunnels.VpcIPsecGateway,
    "vpc-ipsec-gateways",
    "vpc-ipsec-gateway",
    short_names=("vpc-ipsec-gw",),
    columns=(
        Column("Namespace", "string", ".spec.namespace"),
        Column("Vpc", "string", ".spec.vpc"),
        Column("Subnet", "string", ".spec.subnet"),
        Column("Remote", "string", ".spec.remoteEndpoint"),
        Column("LanIP", "string", ".status.lanIp"),
        Column("Ready", "boolean", ".status.ready"),
        Column("Age", "date", ".metadata.creationTimestamp"),
    ),
)
VPC_WIREGUARDS = kubeovn_kind(
    tunnels.VpcWireGuard,
    "vpc-wireguards",
    "vpc-wireguard",
    short_names=("vpc-wg",),
    columns=(
        Column("Vpc", "string", ".spec.vpc"),
        Column("Subnet", "string", ".spec.subnet"),
        Column("Exposure", "string", ".spec.exposure.type"),
        Column("Endpoint", "string", ".status.endpoint"),
        Column("Ready", "boolean", ".status.ready"),
        Column("Age", "date", ".metadata.creationTimestamp"),
    ),
)
VPC_WIREGUARD_PEERS = kubeovn_kind(
    tunnels.VpcWireGuardPeer,
    "vpc-wireguard-peers",
    "vpc-wireguard-peer",
    short_names=("vpc-wg-peer",),
    columns=(
        Column("WireGuard", "string", ".spec.wireGuard"),
        Column("ClientIP", "string", ".status.clientIP"),
        Column("Ready", "boolean", ".status.ready"),
        Column("Age", "date", ".metadata.creationTimestamp"),
    ),
)

KINDS: tuple[Kind[Any], ...] = (
    ROUTER_LB_RULES,
    VPC_ENDPOINT_SERVICES,
    VPC_ENDPOINTS,
    VTEP_BINDINGS,
    BGP_EDGE_ROUTERS,
    BGP_EDGE_ROUTER_ADVERTISEMENTS,
    GOBGP_CONFIGS,
    VPC_IPSEC_GATEWAYS,
    VPC_WIREGUARDS,
    VPC_WIREGUARD_PEERS,
)
