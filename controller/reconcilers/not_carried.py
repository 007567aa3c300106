"""What was asked for and is not carried yet is said on the object that asks: nothing is passed over in silence.

A kind of which nothing is made gets the condition ``Supported`` = False, or a Warning event where it has no conditions.
A subnet or VPC gets the condition with the fields that have no effect, a pod an event with its annotations that have
none. Whoever comes to carry one takes it off the table here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from controller.api.annotations import without_effect
from controller.api.core import Pod
from controller.api.kinds import (
    IPPOOLS,
    NOT_CARRIED,
    OVN_DNAT_RULES,
    OVN_EIPS,
    OVN_FIPS,
    OVN_SNAT_RULES,
    SUBNETS,
    VLANS,
    VPCS,
    Kind,
)
from controller.api.meta import Condition, Resource, Wire
from controller.engine.fragment import Fragment, Notice
from controller.engine.reconciler import Reconciler
from controller.engine.view import View, has_conditions

SUPPORTED = "Supported"
NOT_SUPPORTED = "NotSupported"

_END: Mapping[str, tuple[object, ...] | None] = {
    "ovn_eip": None,
    "ip_type": ("", "ip"),
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
        "enable_dhcp": None,
        "dhcp_v4_options": None,
        "dhcp_v6_options": None,
        "enable_ipv6_ra": None,
        "ipv6_ra_configs": None,
        "mtu": None,
        "disable_gateway_check": None,
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
    VLANS: {"id": None, "provider": None},
    OVN_EIPS: {"external_subnet": None, "v4_ip": None, "v6_ip": None, "mac_address": None, "type": None},
    OVN_FIPS: {**_END, "type": None},
    OVN_SNAT_RULES: {
        "ovn_eip": None,
        "vpc_subnet": None,
        "ip_name": None,
        "vpc": None,
        "v4_ip_cidr": None,
        "v6_ip_cidr": None,
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
