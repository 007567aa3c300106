"""Who may reach the pods of a subnet, as rules in its switch."""

from __future__ import annotations

import pytest

from controller.api.kinds import SUBNETS
from controller.api.kubeovn import Acl, Subnet
from controller.engine.fragment import NOTHING
from controller.engine.view import View
from controller.northbound.rows import Place
from controller.reconcilers import isolation
from tests.unit.reconcilers.objects import a_subnet


@pytest.fixture
def view() -> View:
    view = View()
    view.put(SUBNETS, a_subnet("join", "100.64.0.0/16,fd00:100::/64"))
    return view


def rules(subnet: Subnet, view: View) -> dict[str, tuple[int, str]]:
    rows = isolation.rules(subnet, view).rows
    assert all(row.place == Place("Logical_Switch", "blue", "acls") for row in rows)
    return {row.columns["match"]: (row.columns["priority"], row.columns["action"]) for row in rows}


def test_an_open_subnet_has_no_rules(view: View) -> None:
    assert isolation.rules(a_subnet(), view) is NOTHING


def test_a_private_subnet_lets_in_its_own_and_the_nodes_and_drops_the_rest(view: View) -> None:
    assert rules(a_subnet(private=True), view) == {
        "ip": (1000, "drop"),
        "ip4.src == 100.64.0.0/16": (3000, "allow-related"),
        "ip4.src == 10.1.0.0/24 && ip4.dst == 10.1.0.0/24": (2000, "allow-related"),
    }


def test_an_allowed_subnet_may_be_spoken_with_both_ways(view: View) -> None:
    found = rules(a_subnet(private=True, allow_subnets=("10.2.0.0/24",)), view)
    assert found[
        "(ip4.src == 10.1.0.0/24 && ip4.dst == 10.2.0.0/24) || (ip4.src == 10.2.0.0/24 && ip4.dst == 10.1.0.0/24)"
    ] == (2000, "allow-related")


def test_each_family_has_rules_of_its_own(view: View) -> None:
    subnet = a_subnet(cidr="10.1.0.0/24,fd00:1::/64", private=True, allow_subnets=("fd00:2::/64",))
    found = rules(subnet, view)
    assert "ip6.src == fd00:100::/64" in found
    assert "ip6.src == fd00:1::/64 && ip6.dst == fd00:1::/64" in found
    assert not any("ip4" in match and "fd00" in match for match in found)


@pytest.mark.proves("Subnet.spec.allowEWTraffic")
def test_what_stays_within_may_be_exempt_from_the_rules_that_are_stated(view: View) -> None:
    stated = Acl(direction="to-lport", priority=1002, match="ip", action="drop")
    subnet = a_subnet(cidr="10.1.0.0/24,fd00:1::/64", acls=(stated,), allow_ew_traffic=True)
    within = {
        (row.columns["direction"], row.columns["match"], row.columns["priority"])
        for row in isolation.rules(subnet, view).rows
        if row.columns["action"] == "allow-related"
    }
    assert within == {
        (direction, f"{ip}.src == {own} && {ip}.dst == {own}", 1900)
        for direction in ("from-lport", "to-lport")
        for ip, own in (("ip4", "10.1.0.0/24"), ("ip6", "fd00:1::/64"))
    }
    assert isolation.rules(a_subnet(allow_ew_traffic=True), view) is NOTHING


def test_allowing_subnets_without_being_private_asks_for_nothing(view: View) -> None:
    assert isolation.rules(a_subnet(allow_subnets=("10.2.0.0/24",)), view) is NOTHING


def test_what_a_subnet_states_becomes_a_rule_word_for_word(view: View) -> None:
    acl = Acl(direction="to-lport", priority=1111, match="ip4.src == 10.9.0.0/16", action="drop")
    (row,) = isolation.rules(a_subnet(acls=(acl,)), view).rows
    assert row.columns == {
        "direction": "to-lport",
        "priority": 1111,
        "match": "ip4.src == 10.9.0.0/16",
        "action": "drop",
    }
