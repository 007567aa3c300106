"""How a centralised subnet leaves the cluster, as rows: the link, the order of its nodes, what is sent there."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import msgspec
import pytest

from controller.api.core import Node, NodeSpec, NodeStatus
from controller.api.gateway_links import DOORS, SLOTS, Link, doors, gateway_nodes, links
from controller.api.kinds import NODES, SUBNETS
from controller.api.kubeovn import Subnet, SubnetSpec
from controller.api.meta import Condition, ObjectMeta
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.view import View
from controller.reconcilers import central_gateway
from tests.unit.reconcilers.objects import a_node


def a_subnet(name: str = "red", cidr: str = "10.1.0.0/24", **spec: Any) -> Subnet:
    fields: dict[str, Any] = {"gateway_type": "centralized", "gateway_node": "n2, n1"}
    return Subnet(
        metadata=ObjectMeta(name=name, uid=name), spec=SubnetSpec(cidr_block=cidr, **(fields | spec))
    )


@pytest.fixture
def view() -> View:
    view = View()
    for name in ("n1", "n2", "n3"):
        view.put(NODES, a_node(name))
    return view


def compiled(subnet: Subnet, view: View) -> Fragment:
    view.put(SUBNETS, subnet)
    return central_gateway.by_the_named_nodes(subnet, view)


def door(node: str, *gateways: str) -> str:
    """The router's port that is the node's, of a subnet with these gateways."""
    return f"ovn-cluster-egress-red/{doors(gateways or ('n1', 'n2'))[node]}"


def orders(fragment: Fragment) -> dict[str, list[str]]:
    """The nodes that each door may be on, the first one first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for row in fragment.rows:
        if row.key.table == "Gateway_Chassis":
            assert row.place is not None
            assert row.place.table == "Logical_Router_Port"
            entry = (-row.columns["priority"], row.columns["chassis_name"])
            found.setdefault(row.place.name, []).append(entry)
    return {port: [node for _, node in sorted(entries)] for port, entries in found.items()}


def leaves_by(fragment: Fragment) -> str:
    """The router's port that the subnet's packets are sent to."""
    (nexthop,) = (
        text
        for row in fragment.rows
        if row.key.table == "Logical_Router_Policy"
        for text in row.columns["nexthops"]
    )
    (port,) = (
        row.key.name
        for row in fragment.rows
        if row.key.table == "Logical_Router_Port"
        and any(ip_address(nexthop) in ip_network(text, strict=False) for text in row.columns["networks"])
    )
    return port


def test_each_node_has_a_door_which_others_have_while_it_is_lost(view: View) -> None:
    fragment = compiled(a_subnet(gateway_node="n2,n1,n3"), view)
    names = ("n1", "n2", "n3")
    assert orders(fragment) == {
        door("n1", *names): ["n1", "n2", "n3"],
        door("n2", *names): ["n2", "n1", "n3"],
        door("n3", *names): ["n3", "n2", "n1"],
    }


def test_the_door_of_the_first_listed_is_taken(view: View) -> None:
    fragment = compiled(a_subnet(), view)
    assert leaves_by(fragment) == door("n2")
    assert fragment.status == {"activateGateway": "n2"}


def test_another_order_changes_the_policy_and_no_door(view: View) -> None:
    before, after = compiled(a_subnet(), view), compiled(a_subnet(gateway_node="n1,n2"), view)
    assert leaves_by(after) == door("n1")
    (changed,) = (row for row in before.rows if row not in after.rows)
    assert changed.key.table == "Logical_Router_Policy"


def test_a_node_that_is_drained_comes_last(view: View) -> None:
    view.put(NODES, Node(metadata=ObjectMeta(name="n2", uid="n2"), spec=NodeSpec(unschedulable=True)))
    fragment = compiled(a_subnet(), view)
    assert leaves_by(fragment) == door("n1")
    assert fragment.status == {"activateGateway": "n1"}


def test_a_door_that_is_not_at_home_is_left_for_the_first_that_is(view: View) -> None:
    for host in ("n1", "", None):
        view.set_host(door("n2"), host)
        view.set_host(door("n1"), "n1")
        fragment = compiled(a_subnet(), view)
        assert leaves_by(fragment) == door("n1"), host
        assert fragment.status == {"activateGateway": "n1"}
    view.set_host(door("n2"), "n2")
    assert leaves_by(compiled(a_subnet(), view)) == door("n2")


def test_while_no_door_is_at_home_the_subnet_leaves_by_the_one_that_it_left_by(view: View) -> None:
    view.set_host(door("n2"), "n1")
    view.set_host(door("n1"), "")
    for active, expected in (("n1", "n1"), ("", "n2"), ("n9", "n2")):
        subnet = a_subnet()
        status = msgspec.structs.replace(subnet.status, activate_gateway=active)
        fragment = compiled(msgspec.structs.replace(subnet, status=status), view)
        assert leaves_by(fragment) == door(expected), active
        assert fragment.status == {"activateGateway": "n1"}


def test_without_word_of_doors_the_active_gateway_is_the_first_whose_kubelet_is_well(view: View) -> None:
    status = NodeStatus(conditions=(Condition(type="Ready", status="Unknown"),))
    view.put(NODES, Node(metadata=ObjectMeta(name="n2", uid="n2"), status=status))
    fragment = compiled(a_subnet(), view)
    assert leaves_by(fragment) == door("n2")
    assert fragment.status == {"activateGateway": "n1"}


def test_a_node_that_does_not_exist_is_named_and_left_out(view: View) -> None:
    fragment = compiled(a_subnet(gateway_node="n9,n1"), view)
    assert orders(fragment) == {door("n1", "n1"): ["n1"]}
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
    link, number = links([subnet])["red"], doors(("n1", "n2"))["n2"]
    found = {
        row.columns["match"]: row.columns["nexthops"]
        for row in fragment.rows
        if row.key.table == "Logical_Router_Policy"
    }
    assert found == {
        "ip4.src == 10.1.0.0/24": frozenset((link.node(4, number),)),
        "ip6.src == fd00:1::/64": frozenset((link.node(6, number),)),
    }


def test_the_nodes_end_is_on_every_node_by_itself_with_an_address_beyond_each_door(view: View) -> None:
    subnet = a_subnet()
    (end,) = (row for row in compiled(subnet, view).rows if row.columns.get("type") == "localport")
    assert end.key.name == "egress-red"
    link = links([subnet])["red"]
    (addresses,) = end.columns["addresses"]
    mac, *found = addresses.split(" ")
    assert mac == link.mac
    assert set(found) == {
        link.node(version, number) for version in (4, 6) for number in doors(("n1", "n2")).values()
    }


def test_of_many_gateways_some_have_no_door_and_are_there_for_when_others_are_lost(view: View) -> None:
    names = [f"g{number}" for number in range(DOORS + 2)]
    for name in names:
        view.put(NODES, Node(metadata=ObjectMeta(name=name, uid=name)))
    found = orders(compiled(a_subnet(gateway_node=",".join(names)), view))
    assert len(found) == DOORS
    assert all(set(nodes) == set(names) for nodes in found.values())


def test_more_subnets_than_there_is_room_for_say_so(view: View) -> None:
    for number in range(SLOTS):
        view.put(SUBNETS, a_subnet(f"a{number}"))
    fragment = compiled(a_subnet("z"), view)
    assert fragment.rows == ()
    assert [entry.reason for entry in fragment.conditions] == ["TooManyGateways"]


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
    assert Link("red", SLOTS - 1).router(4, DOORS - 1) == "169.254.255.253/30"
    assert Link("red", SLOTS - 1).node(6, DOORS - 1) == "fd69:254::7ffe"
