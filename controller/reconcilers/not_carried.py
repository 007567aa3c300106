"""What was asked for and is not carried yet is said on the object that asks: nothing is passed over in silence.

A kind of which nothing is made gets the condition ``Supported`` = False, or a Warning event where it has no conditions.
A subnet or VPC gets the condition with the fields that have no effect, a pod an event with its annotations that have
none. Whoever comes to carry one takes it off the table here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from controller.api.annotations import IN_VAIN_ON_NODES, without_effect
from controller.api.core import Node, Pod
from controller.api.kinds import (
    IPPOOLS,
    NOT_CARRIED,
    OVN_DNAT_RULES,
    OVN_EIPS,
    OVN_FIPS,
    OVN_SNAT_RULES,
    SERVICES,
    SUBNETS,
    VIPS,
    VLANS,
    VPCS,
    Kind,
)
from controller.api.meta import Condition, Resource, Wire
from controller.api.networking import Service
from controller.engine.fragment import Fragment, Notice
from controller.engine.keeping import has_conditions
from controller.engine.reconciler import Reconciler
from controller.engine.view import View

SUPPORTED = "Supported"
NOT_SUPPORTED = "NotSupported"

_END: Mapping[str, tuple[object, ...] | None] = {
    "ovn_eip": None,
    "ip_type": None,
    "ip_name": None,
    "vpc": None,
    "v4_ip": None,
    "v6_ip": None,
}
"""What floating addresses and ports have in common."""

CARRIED: Mapping[Kind[Any], Mapping[str, tuple[object, ...] | None]] = {
    SUBNETS: {
        "cidr_block": None,
        "default": None,
        "vpc": None,
        "protocol": None,
        "namespaces": None,
        "namespace_selectors": None,
        "gateway": None,
        "exclude_ips": None,
        "provider": ("", "ovn"),
        "vlan": None,
        "logical_gateway": None,
        "gateway_type": None,
        "gateway_node": None,
        "gateway_node_selectors": None,
        "nat_outgoing": None,
        "nat_outgoing_policy_rules": None,
        "private": None,
        "allow_subnets": None,
        "acls": None,
        "allow_ew_traffic": None,
        "enable_ecmp": None,
        "enable_multicast_snoop": None,
        "disable_inter_connection": None,
        "route_table": None,
        "external_egress_gateway": None,
        "policy_routing_priority": None,
        "policy_routing_table_id": None,
        "enable_dhcp": None,
        "dhcp_v4_options": None,
        "dhcp_v6_options": None,
        "enable_ipv6_ra": None,
        "ipv6_ra_configs": None,
        "mtu": None,
        "disable_gateway_check": None,
        "enable_lb": None,
    },
    VPCS: {
        "enable_external": None,
        "extra_external_subnets": None,
        "default_subnet": None,
        "namespaces": None,
        "static_routes": None,
        "policy_routes": None,
        "vpc_peerings": None,
    },
    IPPOOLS: {"subnet": None, "ips": None, "namespaces": None, "enable_address_set": None},
    VIPS: {
        "namespace": None,
        "subnet": None,
        "type": ("",),
        "v4ip": None,
        "v6ip": None,
        "mac_address": None,
        "selector": None,
    },
    VLANS: {"id": None, "provider": None},
    OVN_EIPS: {
        "external_subnet": None,
        "v4_ip": None,
        "v6_ip": None,
        "mac_address": None,
        "type": ("", "nat"),
    },
    OVN_FIPS: {**_END, "type": None},
    OVN_SNAT_RULES: {
        "ovn_eip": None,
        "vpc_subnet": None,
        "ip_name": None,
        "vpc": None,
        "v4_ip_cidr": None,
        "v6_ip_cidr": None,
    },
    SERVICES: {
        "type": ("ClusterIP",),
        "cluster_ip": None,
        "cluster_ips": None,
        "ip_families": None,
        "ip_family_policy": None,
        "selector": None,
        "ports": None,
        "publish_not_ready_addresses": None,
        "session_affinity": None,
        "session_affinity_config": None,
        "internal_traffic_policy": ("", "Cluster"),
    },
    OVN_DNAT_RULES: {**_END, "internal_port": None, "external_port": None, "protocol": None},
}
"""Fields of a specification that have their effect: with any value (None), or with these."""


def unheeded(pod: Pod) -> tuple[Notice, ...]:
    """What the pod asks of its network in annotations that have no effect."""
    names = without_effect(pod.annotations)
    if not names:
        return ()
    return (Notice("Warning", NOT_SUPPORTED, f"not carried yet, without effect: {', '.join(names)}"),)


def unheeded_on_node(node: Node) -> tuple[Notice, ...]:
    """What people ask of a node in annotations that have no effect."""
    names = [name for name in IN_VAIN_ON_NODES if name in node.annotations]
    if not names:
        return ()
    return (Notice("Warning", NOT_SUPPORTED, f"not carried yet, without effect: {', '.join(names)}"),)


def unserved(service: Service) -> tuple[Notice, ...]:
    """What a service asks for that is not carried: it is reached by its addresses within the cluster alone."""
    fields = sorted(_without_effect(CARRIED[SERVICES], service.spec))
    if not fields:
        return ()
    return (Notice("Warning", NOT_SUPPORTED, f"not carried yet, without effect: {', '.join(fields)}"),)


def support(kind: Kind[Any], spec: Wire, also: Iterable[str] = ()) -> Condition:
    """Whether everything that was asked for is carried; names the fields that are not, ``also`` those given."""
    fields = sorted((*_without_effect(CARRIED[kind], spec), *also))
    if not fields:
        return Condition(type=SUPPORTED, status="True", reason=SUPPORTED)
    message = f"not carried yet, without effect: {', '.join(fields)}"
    return Condition(type=SUPPORTED, status="False", reason=NOT_SUPPORTED, message=message)


def _without_effect(carried: Mapping[str, tuple[object, ...] | None], spec: Wire) -> Iterator[str]:
    for entry in msgspec.structs.fields(spec):
        value = getattr(spec, entry.name)
        if entry.name in carried:
            effective = carried[entry.name]
            if effective is None or value in effective:
                continue
        elif not entry.required and value == entry.default:
            continue
        yield f"spec.{entry.encode_name}"


def _statement(kind: Kind[Any]) -> Callable[[Resource, View], Fragment]:
    message = f"{kind.name} is not carried yet: the object is kept, nothing is made of it"
    if has_conditions(kind):
        condition = Condition(type=SUPPORTED, status="False", reason=NOT_SUPPORTED, message=message)
        said = Fragment(conditions=(condition,))
    else:
        said = Fragment(notices=(Notice("Warning", NOT_SUPPORTED, message),))
    return lambda subject, view: said


STATEMENTS: tuple[Reconciler, ...] = tuple(
    Reconciler(f"not-carried-{kind.plural}", kind, _statement(kind)) for kind in NOT_CARRIED
)
"""One reconciler for each kind of which nothing is made yet."""
