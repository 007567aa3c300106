"""The rules by which a node translates what leaves the cluster."""

from ipaddress import ip_network

from controller.daemon.egress import ruleset

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
