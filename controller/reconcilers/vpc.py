"""A VPC is one logical router, with the routes, the policies and the links to other VPCs that it states."""

from __future__ import annotations

from collections.abc import Iterator

from controller.api.kinds import SUBNETS, VPCS
from controller.api.kubeovn import PolicyRoute, StaticRoute, Vpc, VpcPeering
from controller.api.meta import Condition
from controller.api.names import DEFAULT_SUBNET, DEFAULT_VPC, router_port
from controller.api.placement import vpc_of
from controller.engine.fragment import Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Place, Row, RowKey
from controller.reconcilers.ending import named, needed
from controller.reconcilers.macs import gateway_mac
from controller.reconcilers.not_carried import support

READY = Condition(type="Ready", status="True", reason="RouterCreated")
PEERED = "Peered"

ROUTED_BY = {"policyDst": "dst-ip", "policySrc": "src-ip"}
"""What a static route looks at, in Kube-OVN's words and in OVN's."""

SYMMETRIC = "ecmp_symmetric_reply"
"""The mode of routes of one destination by which replies go back to where their request came from."""


@reconciler("vpc", VPCS)
def router(vpc: Vpc, view: View) -> Fragment:
    """The router, what it states, and in the status which subnets it joins."""
    subnets = sorted(subnet.name for subnet in view.all(SUBNETS) if vpc_of(subnet) == vpc.name)
    is_default = vpc.name == DEFAULT_VPC
    spec = vpc.spec
    rows = (
        Row(RowKey("Logical_Router", vpc.name), {}),
        *(_static(vpc.name, route) for route in spec.static_routes),
        *(_policy(vpc.name, route) for route in spec.policy_routes),
        *(_link(vpc.name, peering) for peering in spec.vpc_peerings),
    )
    fragment = Fragment(
        rows=rows,
        status={
            "default": is_default,
            "standby": True,
            "router": vpc.name,
            "defaultLogicalSwitch": spec.default_subnet or (DEFAULT_SUBNET if is_default else ""),
            "subnets": subnets,
            "vpcPeerings": sorted(peering.remote_vpc for peering in spec.vpc_peerings),
        },
        conditions=(READY, support(VPCS, spec, _without_effect(vpc)), *_peered(vpc, view)),
    )
    return needed(vpc, fragment, lambda: named(subnets))


def _without_effect(vpc: Vpc) -> Iterator[str]:
    for position, route in enumerate(vpc.spec.static_routes):
        if route.ecmp_mode not in ("", SYMMETRIC):
            yield f"spec.staticRoutes[{position}].ecmpMode"
        if route.bfd_id:
            yield f"spec.staticRoutes[{position}].bfdId"


def _static(vpc: str, route: StaticRoute) -> Row:
    key = "/".join((vpc, route.policy, route.route_table, route.cidr, route.next_hop_ip))
    return Row(
        RowKey("Logical_Router_Static_Route", key),
        {
            "ip_prefix": route.cidr,
            "nexthop": route.next_hop_ip,
            "policy": ROUTED_BY[route.policy],
            "route_table": route.route_table,
            "options": {SYMMETRIC: "true"} if route.ecmp_mode == SYMMETRIC else {},
        },
        Place("Logical_Router", vpc, "static_routes"),
    )


def _policy(vpc: str, route: PolicyRoute) -> Row:
    return Row(
        RowKey("Logical_Router_Policy", f"{vpc}/{route.priority}/{route.match}"),
        {
            "priority": route.priority,
            "match": route.match,
            "action": route.action,
            "nexthops": frozenset(filter(None, (hop.strip() for hop in route.next_hop_ip.split(",")))),
        },
        Place("Logical_Router", vpc, "policies"),
    )


def _link(vpc: str, peering: VpcPeering) -> Row:
    """One end of a link: OVN joins it with the end that the other VPC states."""
    port = router_port(vpc, peering.remote_vpc)
    return Row(
        RowKey("Logical_Router_Port", port),
        {
            "mac": gateway_mac(port),
            "networks": frozenset((peering.local_connect_ip,)),
            "peer": router_port(peering.remote_vpc, vpc),
        },
        Place("Logical_Router", vpc, "ports"),
    )


def _peered(vpc: Vpc, view: View) -> Iterator[Condition]:
    """Whether the other ends are there: a link of one end carries nothing, and nobody sees why."""
    if not vpc.spec.vpc_peerings:
        return
    loose = [
        peering.remote_vpc for peering in vpc.spec.vpc_peerings if not _answers(peering.remote_vpc, vpc, view)
    ]
    if loose:
        message = f"no peering with {vpc.name} in vpcPeerings of: {', '.join(sorted(loose))}"
        yield Condition(type=PEERED, status="False", reason="OtherEndMissing", message=message)
    else:
        yield Condition(type=PEERED, status="True", reason="BothEndsThere")


def _answers(remote: str, vpc: Vpc, view: View) -> bool:
    other = view.get(VPCS, remote)
    return other is not None and any(entry.remote_vpc == vpc.name for entry in other.spec.vpc_peerings)
