"""How packets leave the cluster, as rows: which set a pod is in, where policies send it, what stays inside."""

from __future__ import annotations

import pytest

from controller.api.core import Node, NodeAddress, NodeStatus
from controller.api.kinds import IPS, NODES
from controller.api.kubeovn import IP
from controller.api.meta import ObjectMeta
from controller.engine.view import View
from controller.northbound.rows import Member, Place
from controller.reconcilers import gateway
from tests.unit.reconcilers.objects import a_subnet, an_ip

V4, V6 = "100.64.0.5", "fd00:100::5"


def a_node(*addresses: str) -> Node:
    found = tuple(NodeAddress(type="InternalIP", address=address) for address in addresses)
    return Node(metadata=ObjectMeta(name="node-1", uid="n"), status=NodeStatus(addresses=found))


def of_a_pod(addresses: str, node: str = "node-1") -> IP:
    return an_ip("web.default", addresses, node_name=node)


@pytest.fixture
def view() -> View:
    view = View()
    view.put(NODES, a_node())
    view.put(IPS, an_ip("node-node-1", f"{V4},{V6}", "join", node_name="node-1"))
    return view


def policies(node: Node, view: View) -> dict[str, tuple[int, frozenset[str]]]:
    return {
        row.columns["match"]: (row.columns["priority"], row.columns["nexthops"])
        for row in gateway.by_the_own_node(node, view).rows
        if row.key.table == "Logical_Router_Policy"
    }


def test_what_is_in_a_nodes_set_is_sent_to_its_port_whatever_the_family(view: View) -> None:
    assert policies(a_node(), view) == {
        "ip4.src == $egress.node_1.ip4": (gateway.OUT, frozenset((V4,))),
        "ip6.src == $egress.node_1.ip6": (gateway.OUT, frozenset((V6,))),
    }


def test_a_node_is_reached_by_its_own_port(view: View) -> None:
    found = policies(a_node("172.30.0.11"), view)
    assert found["ip4.dst == 172.30.0.11"] == (gateway.TO_NODE, frozenset((V4,)))


def test_a_node_without_a_port_is_no_way_out() -> None:
    assert gateway.by_the_own_node(a_node(), View()).rows == ()


def test_what_is_meant_for_a_subnet_stays_inside_before_anything_else() -> None:
    rows = gateway.stays_inside(a_subnet(cidr="10.1.0.0/24,fd00:1::/64"), View()).rows
    assert [(row.columns["match"], row.columns["action"]) for row in rows] == [
        ("ip4.dst == 10.1.0.0/24", "allow"),
        ("ip6.dst == fd00:1::/64", "allow"),
    ]
    assert gateway.INSIDE > gateway.TO_NODE > gateway.OUT


def test_another_vpc_has_no_part_in_it(view: View) -> None:
    subnet = a_subnet(vpc="tenant")
    assert gateway.stays_inside(subnet, view).rows == ()
    assert gateway.memberships(of_a_pod("10.1.0.7"), subnet, view) == ()


def test_a_pod_is_in_the_sets_of_its_node_with_each_of_its_addresses(view: View) -> None:
    found = gateway.memberships(of_a_pod("10.1.0.7,fd00:1::7"), a_subnet(), view)
    assert found == (
        Member(Place("Address_Set", "egress.node_1.ip4", "addresses"), "10.1.0.7"),
        Member(Place("Address_Set", "egress.node_1.ip6", "addresses"), "fd00:1::7"),
    )


def test_a_pod_waits_for_no_set_that_nobody_makes(view: View) -> None:
    assert gateway.memberships(of_a_pod("10.1.0.7", node="node-2"), a_subnet(), view) == ()


def test_a_pod_of_a_centralised_subnet_does_not_leave_by_its_node(view: View) -> None:
    subnet = a_subnet(gateway_type="centralized")
    assert gateway.memberships(of_a_pod("10.1.0.7"), subnet, view) == ()


def test_only_the_join_network_brings_the_route_to_everywhere() -> None:
    assert gateway.default_route(a_subnet(), View()).rows == ()
    (row,) = gateway.default_route(a_subnet("join", "100.64.0.0/16"), View()).rows
    assert row.columns == {"ip_prefix": "0.0.0.0/0", "nexthop": "100.64.0.1"}
