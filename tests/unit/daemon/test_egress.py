"""The rules by which a node translates what leaves the cluster."""

from ipaddress import ip_network
from typing import Any

from controller.api.kubeovn import NatOutgoingMatch, NatOutgoingPolicyRule, Subnet, SubnetSpec
from controller.api.meta import ObjectMeta
from controller.daemon.egress import ruleset
from controller.daemon.translation import rules

BLUE, GREEN = ip_network("10.1.0.0/24"), ip_network("10.2.0.0/24")
BLUE6 = ip_network("fd00:1::/64")


def lines(rules: str, beginning: str) -> list[str]:
    return [line.strip() for line in rules.splitlines() if line.strip().startswith(beginning)]


def test_the_table_is_replaced_as_a_whole_whether_it_is_there_or_not() -> None:
    first, second, third = ruleset([], [], "ovn0").splitlines()[:3]
    assert (first, second) == ("table inet kube-ovn", "delete table inet kube-ovn")
    assert third.startswith("table inet kube-ovn {")


def test_networks_are_told_by_family_and_by_whether_they_are_translated() -> None:
    rules = ruleset([BLUE, GREEN, BLUE6], [BLUE, BLUE6], "ovn0")
    assert "elements = { 10.1.0.0/24, 10.2.0.0/24 }" in lines(rules, "set inside4")[0]
    assert "elements = { 10.1.0.0/24 }" in lines(rules, "set translated4")[0]
    assert "elements = { fd00:1::/64 }" in lines(rules, "set translated6")[0]


def test_an_empty_set_has_no_elements() -> None:
    assert "elements" not in ruleset([], [], "ovn0")


def test_what_stays_inside_and_what_goes_to_a_pod_is_not_translated() -> None:
    (rule,) = lines(ruleset([BLUE], [BLUE], "ovn0"), "ip saddr")
    assert rule == 'ip saddr @translated4 ip daddr != @inside4 oifname != "ovn0" masquerade'


def exceptions(cidr: str, *stated: tuple[Any, str, str]) -> list[str]:
    """What the table says before all else of a subnet with these rules: action, sources, destinations."""
    policy: Any = tuple(
        NatOutgoingPolicyRule(match=NatOutgoingMatch(src_ips=sources, dst_ips=destinations), action=action)
        for action, sources, destinations in stated
    )
    spec = SubnetSpec(cidr_block=cidr, nat_outgoing=True, nat_outgoing_policy_rules=policy)
    subnet = Subnet(metadata=ObjectMeta(name="blue"), spec=spec)
    table = ruleset([], [], "ovn0", rules([subnet]))
    return [line for line in lines(table, "ip") if "@translated" not in line]


def test_rules_of_a_subnet_come_first_and_in_their_order() -> None:
    first, second = exceptions(
        "10.1.0.0/24",
        ("forward", "10.1.0.0/30,10.1.0.9", ""),
        ("nat", "10.1.0.128/26", "8.8.8.8, 9.9.9.0/24"),
    )
    outside = 'ip daddr != @inside4 oifname != "ovn0"'
    assert first == f"ip saddr {{ 10.1.0.0/24 }} ip saddr {{ 10.1.0.0/30, 10.1.0.9/32 }} {outside} accept"
    assert second == (
        "ip saddr { 10.1.0.0/24 } ip saddr { 10.1.0.128/26 } ip daddr { 8.8.8.8/32, 9.9.9.0/24 } "
        f"{outside} masquerade"
    )


def test_a_rule_that_names_one_family_says_nothing_of_the_other() -> None:
    both = "10.1.0.0/24,fd00:1::/64"
    assert len(exceptions(both, ("forward", "", ""))) == 2
    (rule,) = exceptions(both, ("forward", "", "2001:db8::1"))
    assert rule.startswith("ip6 saddr { fd00:1::/64 } ip6 daddr { 2001:db8::1/128 }")


def test_what_is_no_address_never_reaches_the_table() -> None:
    assert exceptions("10.1.0.0/24", ("forward", "10.1.0.1 } accept; #", "")) == []


def test_a_network_that_names_an_address_leaves_under_it() -> None:
    named = {BLUE: "172.18.0.2", BLUE6: "fd00:9::2"}
    first, second, *rest = lines(ruleset([BLUE, BLUE6], [BLUE, BLUE6], "ovn0", named=named), "ip")
    outside = 'daddr != @inside{} oifname != "ovn0"'
    assert first == f"ip saddr 10.1.0.0/24 ip {outside.format(4)} snat ip to 172.18.0.2"
    assert second == f"ip6 saddr fd00:1::/64 ip6 {outside.format(6)} snat ip6 to fd00:9::2"
    assert [line.rpartition(" ")[2] for line in rest] == ["masquerade", "masquerade"]


def test_a_rule_of_such_a_network_translates_to_its_address_too() -> None:
    policy = (NatOutgoingPolicyRule(match=NatOutgoingMatch(dst_ips="8.8.8.8"), action="nat"),)
    spec = SubnetSpec(cidr_block=str(BLUE), nat_outgoing=True, nat_outgoing_policy_rules=policy)
    stated = rules([Subnet(metadata=ObjectMeta(name="blue"), spec=spec)])
    table = ruleset([BLUE], [BLUE], "ovn0", stated, {BLUE: "172.18.0.2"})
    assert lines(table, "ip saddr {")[0].endswith("snat ip to 172.18.0.2")
