"""What a VPC states, as rows of its router."""

from __future__ import annotations

from typing import Any

import pytest

from controller.api.kinds import SUBNETS, VPCS
from controller.api.kubeovn import PolicyRoute, StaticRoute, Subnet, SubnetSpec, Vpc, VpcPeering, VpcSpec
from controller.api.meta import Condition, ObjectMeta
from controller.engine.view import View
from controller.northbound.rows import Row
from controller.reconcilers import namespace, vpc


def a_vpc(name: str = "red", **spec: Any) -> Vpc:
    return Vpc(metadata=ObjectMeta(name=name, uid=name), spec=VpcSpec(**spec))


def rows(of: Vpc, table: str, view: View | None = None) -> list[Row]:
    return [row for row in vpc.router(of, view or View()).rows if row.key.table == table]


def peered(of: Vpc, view: View) -> Condition | None:
    conditions = vpc.router(of, view).conditions
    return next((condition for condition in conditions if condition.type == vpc.PEERED), None)


def test_a_static_route_looks_at_the_destination_or_the_source() -> None:
    routes = (
        StaticRoute(cidr="0.0.0.0/0", next_hop_ip="10.0.1.254"),
        StaticRoute(cidr="10.0.1.0/24", next_hop_ip="10.0.1.253", policy="policySrc", route_table="rtb1"),
    )
    first, second = rows(a_vpc(static_routes=routes), "Logical_Router_Static_Route")
    assert first.columns == {
        "ip_prefix": "0.0.0.0/0",
        "nexthop": "10.0.1.254",
        "policy": "dst-ip",
        "route_table": "",
        "options": {},
    }
    assert (second.columns["policy"], second.columns["route_table"]) == ("src-ip", "rtb1")


def test_replies_may_go_back_to_where_their_request_came_from() -> None:
    route = StaticRoute(cidr="0.0.0.0/0", next_hop_ip="10.0.1.254", ecmp_mode="ecmp_symmetric_reply")
    (row,) = rows(a_vpc(static_routes=(route,)), "Logical_Router_Static_Route")
    assert row.columns["options"] == {"ecmp_symmetric_reply": "true"}


def test_two_next_hops_of_one_prefix_are_two_routes() -> None:
    routes = tuple(StaticRoute(cidr="0.0.0.0/0", next_hop_ip=f"10.0.1.{last}") for last in (253, 254))
    found = rows(a_vpc(static_routes=routes), "Logical_Router_Static_Route")
    assert len({row.key for row in found}) == 2


def test_a_policy_leads_to_its_next_hops_or_nowhere() -> None:
    policies = (
        PolicyRoute(priority=11, match="ip4.dst == 10.0.1.250", action="drop"),
        PolicyRoute(
            priority=10,
            match="ip4.src == 10.0.1.0/24",
            action="reroute",
            next_hop_ip="10.0.1.252, 10.0.1.253",
        ),
    )
    drop, reroute = rows(a_vpc(policy_routes=policies), "Logical_Router_Policy")
    assert (drop.columns["action"], drop.columns["nexthops"]) == ("drop", frozenset())
    assert reroute.columns["nexthops"] == frozenset(("10.0.1.252", "10.0.1.253"))


def test_both_ends_of_a_peering_name_each_other() -> None:
    red = a_vpc("red", vpc_peerings=(VpcPeering(remote_vpc="blue", local_connect_ip="169.254.0.1/30"),))
    blue = a_vpc("blue", vpc_peerings=(VpcPeering(remote_vpc="red", local_connect_ip="169.254.0.2/30"),))
    (here,), (there,) = (rows(end, "Logical_Router_Port") for end in (red, blue))
    assert here.columns["peer"] == there.key.name
    assert there.columns["peer"] == here.key.name
    assert here.columns["networks"] == frozenset(("169.254.0.1/30",))
    assert here.columns["mac"] != there.columns["mac"]


def test_a_peering_says_whether_its_other_end_is_there() -> None:
    red = a_vpc("red", vpc_peerings=(VpcPeering(remote_vpc="blue", local_connect_ip="169.254.0.1/30"),))
    view = View()
    alone = peered(red, view)
    assert alone is not None
    assert (alone.status, "blue" in alone.message) == ("False", True)
    view.put(
        VPCS, a_vpc("blue", vpc_peerings=(VpcPeering(remote_vpc="red", local_connect_ip="169.254.0.2/30"),))
    )
    joined = peered(red, view)
    assert joined is not None
    assert joined.status == "True"
    assert peered(a_vpc(), view) is None


@pytest.mark.proves("Vpc.spec.defaultSubnet", "Vpc.spec.namespaces")
def test_a_namespace_of_a_vpc_is_served_by_the_vpcs_default_subnet() -> None:
    view = View()
    view.put(VPCS, a_vpc(namespaces=("team",), default_subnet="red-1"))
    assert namespace.serving_subnet("team", view) == "red-1"
    assert namespace.serving_subnet("other", view) == "ovn-default"
    view.put(
        SUBNETS,
        Subnet(
            metadata=ObjectMeta(name="own", uid="s"),
            spec=SubnetSpec(cidr_block="10.9.0.0/24", namespaces=("team",)),
        ),
    )
    assert namespace.serving_subnet("team", view) == "own"
