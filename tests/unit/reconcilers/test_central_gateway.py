"""How a centralised subnet leaves the cluster, as rows: the link, the order of its nodes, what is sent there."""

from __future__ import annotations

from typing import Any

import pytest

from controller.api.core import Node, NodeSpec, NodeStatus
from controller.api.gateway_links import SLOTS, Link, gateway_nodes, links
from controller.api.kinds import NODES, SUBNETS
from controller.api.kubeovn import Subnet, SubnetSpec
from controller.api.meta import Condition, ObjectMeta
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.view import View
from controller.northbound.rows import Place
from controller.reconcilers import central_gateway


def a_subnet(name: str = "red", cidr: str = "10.1.0.0/24", **spec: Any) -> Subnet:
    fields: dict[str, Any] = {"gateway_type": "centralized", "gateway_node": "n2, n1"}
    return Subnet(
        metadata=ObjectMeta(name=name, uid=name), spec=SubnetSpec(cidr_block=cidr, **(fields | spec))
    )


@pytest.fixture
def view() -> View:
    view = View()
    for name in ("n1", "n2", "n3"):
        view.put(NODES, Node(metadata=ObjectMeta(name=name, uid=name)))
    return view


def compiled(subnet: Subnet, view: View) -> Fragment:
    view.put(SUBNETS, subnet)
    return central_gateway.by_the_named_nodes(subnet, view)


def order(fragment: Fragment) -> dict[str, int]:
    return {
        row.columns["chassis_name"]: row.columns["priority"]
        for row in fragment.rows
        if row.key.table == "Gateway_Chassis"
    }


def test_nodes_are_gateways_in_the_order_in_which_they_are_listed(view: View) -> None:
    fragment = compiled(a_subnet(), view)
    assert order(fragment) == {"n2": 100, "n1": 99}
    assert fragment.status == {"activateGateway": "n2"}
    places = {row.place for row in fragment.rows if row.key.table == "Gateway_Chassis"}
    assert places == {Place("Logical_Router_Port", "ovn-cluster-egress-red", "gateway_chassis")}


def test_a_node_that_is_drained_comes_last(view: View) -> None:
    view.put(NODES, Node(metadata=ObjectMeta(name="n2", uid="n2"), spec=NodeSpec(unschedulable=True)))
    fragment = compiled(a_subnet(), view)
    assert order(fragment) == {"n1": 100, "n2": 99}
    assert fragment.status == {"activateGateway": "n1"}


def test_the_active_gateway_is_the_first_whose_kubelet_does_not_say_otherwise(view: View) -> None:
    status = NodeStatus(conditions=(Condition(type="Ready", status="Unknown"),))
    view.put(NODES, Node(metadata=ObjectMeta(name="n2", uid="n2"), status=status))
    fragment = compiled(a_subnet(), view)
    assert order(fragment) == {"n2": 100, "n1": 99}
    assert fragment.status == {"activateGateway": "n1"}


def test_a_node_that_does_not_exist_is_named_and_left_out(view: View) -> None:
    fragment = compiled(a_subnet(gateway_node="n9,n1"), view)
    assert order(fragment) == {"n1": 100}
    (condition,) = fragment.conditions
    assert (condition.status, condition.message) == ("True", "no such nodes: n9")


def test_without_a_node_there_is_no_way_out_and_the_subnet_says_so(view: View) -> None:
    fragment = compiled(a_subnet(gateway_node=""), view)
    assert fragment.rows == ()
    (condition,) = fragment.conditions
    assert (condition.status, condition.reason) == ("False", "NoGatewayNode")


def test_what_comes_from_the_subnet_is_sent_to_the_nodes_end_of_its_link(view: View) -> None:
    subnet = a_subnet(cidr="10.1.0.0/24,fd00:1::/64")
    fragment = compiled(subnet, view)
    link = links([subnet])["red"]
    found = {
        row.columns["match"]: row.columns["nexthops"]
        for row in fragment.rows
        if row.key.table == "Logical_Router_Policy"
    }
    assert found == {
        "ip4.src == 10.1.0.0/24": frozenset((link.node(4),)),
        "ip6.src == fd00:1::/64": frozenset((link.node(6),)),
    }


def test_the_nodes_end_is_on_every_node_by_itself(view: View) -> None:
    (end,) = (row for row in compiled(a_subnet(), view).rows if row.columns.get("type") == "localport")
    assert end.key.name == "egress-red"


@pytest.mark.parametrize("spec", [{"gateway_type": "distributed"}, {"vpc": "tenant"}])
def test_others_have_no_link(view: View, spec: dict[str, Any]) -> None:
    assert compiled(a_subnet(**spec), view) is NOTHING


def test_a_node_listed_twice_is_one_gateway() -> None:
    assert gateway_nodes(a_subnet(gateway_node="n1, n2,n1,")) == ("n1", "n2")


def test_every_link_has_addresses_of_its_own() -> None:
    subnets = [a_subnet(f"s{number}") for number in range(300)]
    found = links(subnets)
    assert len({link.slot for link in found.values()}) == 300
    assert len({link.node(4) for link in found.values()} | {link.router(4) for link in found.values()}) == 600
    assert all(len(link.device) <= 15 for link in found.values())


def test_a_link_keeps_its_addresses_when_others_come_unless_they_meet() -> None:
    alone = links([a_subnet("red")])["red"]
    among = links([a_subnet(name) for name in ("blue", "green", "red")])["red"]
    assert among == alone


def test_the_last_link_is_within_its_range() -> None:
    assert Link("red", SLOTS - 1).router(4) == "169.254.255.253/30"
    assert Link("red", SLOTS - 1).node_network(6) == "fd69:254::7ffe/126"
