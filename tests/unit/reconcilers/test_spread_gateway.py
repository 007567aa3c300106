"""A centralised subnet that leaves by all of its gateway nodes at once."""

from __future__ import annotations

from typing import Any

import pytest

from controller.api.core import Node, NodeSpec, NodeStatus
from controller.api.kinds import IPS, NODES, SUBNETS
from controller.api.kubeovn import Subnet
from controller.api.meta import Condition
from controller.engine.view import View
from controller.reconcilers import central_gateway, subnet
from tests.unit.reconcilers.objects import a_node, a_subnet, an_ip, condition, meta


def spread(**spec: Any) -> Subnet:
    fields = {"gateway_type": "centralized", "gateway_node": "n2,n1", "enable_ecmp": True}
    return a_subnet("red", "10.1.0.0/24,fd00:1::/64", **(fields | spec))


@pytest.fixture
def view() -> View:
    view = View()
    for number in (1, 2, 3):
        view.put(NODES, a_node(f"n{number}"))
        both = {"v4_ip_address": f"100.64.0.{number}", "v6_ip_address": f"fd00:100::{number}"}
        view.put(IPS, an_ip(f"node-n{number}", ",".join(both.values()), "join", **both))
    return view


def ways(view: View, current: Subnet) -> dict[str, set[str]]:
    view.put(SUBNETS, current)
    rows = central_gateway.by_the_named_nodes(current, view).rows
    assert {row.key.table for row in rows} <= {"Logical_Router_Policy"}
    return {row.columns["match"]: set(row.columns["nexthops"]) for row in rows}


@pytest.mark.proves("Subnet.spec.enableEcmp")
def test_each_family_is_sent_to_the_ports_of_all_its_nodes(view: View) -> None:
    assert ways(view, spread()) == {
        "ip4.src == 10.1.0.0/24": {"100.64.0.1", "100.64.0.2"},
        "ip6.src == fd00:1::/64": {"fd00:100::1", "fd00:100::2"},
    }
    assert central_gateway.by_the_named_nodes(spread(), view).status == {"activateGateway": "n2,n1"}


@pytest.mark.parametrize(
    "node",
    [
        Node(metadata=meta("n2"), spec=NodeSpec(unschedulable=True)),
        Node(metadata=meta("n2"), status=NodeStatus(conditions=(Condition(type="Ready", status="Unknown"),))),
    ],
    ids=["cordoned", "lost"],
)
def test_a_node_that_is_lost_or_drained_is_left_out(view: View, node: Node) -> None:
    view.put(NODES, node)
    assert ways(view, spread())["ip4.src == 10.1.0.0/24"] == {"100.64.0.1"}


def test_where_none_lives_all_are_tried(view: View) -> None:
    for name in ("n1", "n2"):
        view.put(NODES, Node(metadata=meta(name), spec=NodeSpec(unschedulable=True)))
    assert len(ways(view, spread())["ip4.src == 10.1.0.0/24"]) == 2


def test_a_node_without_a_port_yet_is_waited_for(view: View) -> None:
    view.drop(IPS, "node-n1")
    assert ways(view, spread())["ip4.src == 10.1.0.0/24"] == {"100.64.0.2"}


def test_where_the_subnet_is_not_centralised_it_says_that_it_is_not_spread() -> None:
    found = condition(subnet.switch(a_subnet(enable_ecmp=True), View()), "Supported")
    assert found.message.endswith(": spec.enableEcmp")
    assert condition(subnet.switch(spread(), View()), "Supported").status == "True"
