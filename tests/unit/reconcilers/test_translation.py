"""Public addresses and the rules that use them, as rows of OVN's NAT and load balancers."""

from __future__ import annotations

import pytest

from controller.api.kinds import IPS, OVN_DNAT_RULES, OVN_EIPS, OVN_FIPS, OVN_SNAT_RULES, SUBNETS, VPCS
from controller.api.kubeovn import Vpc, VpcSpec
from controller.api.names import vip_record
from controller.api.nat import (
    OvnDnatRule,
    OvnDnatRuleSpec,
    OvnEip,
    OvnFip,
    OvnFipSpec,
    OvnSnatRule,
    OvnSnatRuleSpec,
)
from controller.engine.view import View
from controller.northbound.rows import Member, Place, RowKey
from controller.reconcilers import eip, external, translation
from tests.unit.reconcilers.objects import (
    EIP,
    INNER,
    MAC,
    a_joined_vpc,
    a_subnet,
    an_ip,
    condition,
    meta,
    rows,
    the_vpc,
)


@pytest.fixture
def view() -> View:
    return a_joined_vpc()


def test_a_public_address_tells_what_was_given(view: View) -> None:
    status = eip.given(OvnEip(metadata=meta("one")), view).status
    assert (status["v4Ip"], status["ready"], status["type"]) == ("", True, "nat")
    assert eip.given(OvnEip(metadata=meta("other")), view).status == {}


def test_a_floating_address_stands_for_one_pod_both_ways(view: View) -> None:
    rule = OvnFip(metadata=meta("f"), spec=OvnFipSpec(ovn_eip="one", ip_name="a.default"))
    fragment = translation.floating(rule, view)
    (row,) = fragment.rows
    assert row.place == Place("Logical_Router", "red", "nat")
    assert row.columns == {
        "type": "dnat_and_snat",
        "external_ip": EIP,
        "logical_ip": INNER,
        "external_mac": None,
        "logical_port": None,
    }
    assert fragment.status["v4Eip"] == EIP
    assert condition(fragment, "Ready").status == "True"


def test_a_distributed_one_is_translated_on_the_pods_own_node(view: View) -> None:
    spec = OvnFipSpec(ovn_eip="one", ip_name="a.default", type="distributed")
    (row,) = translation.floating(OvnFip(metadata=meta("f"), spec=spec), view).rows
    assert (row.columns["external_mac"], row.columns["logical_port"]) == (MAC, "a.default")


def test_a_rule_keeps_its_row_whoever_stands_behind_it(view: View) -> None:
    view.put(IPS, an_ip("b.default", "10.9.0.6", "red-net"))
    keys = {
        translation.floating(OvnFip(metadata=meta("f"), spec=OvnFipSpec(ovn_eip="one", ip_name=pod)), view)
        .rows[0]
        .key
        for pod in ("a.default", "b.default")
    }
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (OvnFipSpec(ovn_eip="two", ip_name="a.default"), "OvnEip 'two'"),
        (OvnFipSpec(ovn_eip="one", ip_name="b.default"), "no IP 'b.default'"),
        (OvnFipSpec(ovn_eip="one"), "neither spec.ipName nor an address"),
        (OvnFipSpec(ovn_eip="one", ip_type="vip", ip_name="v"), "Vip 'v' does not exist"),
        (OvnFipSpec(ovn_eip="one", vpc="blue", v4_ip=INNER), "VPC blue does not reach out"),
    ],
)
def test_what_is_missing_is_said_on_the_rule(view: View, spec: OvnFipSpec, why: str) -> None:
    fragment = translation.floating(OvnFip(metadata=meta("f"), spec=spec), view)
    assert fragment.rows == ()
    assert condition(fragment, "Ready").status == "False"
    assert why in condition(fragment, "Ready").message


def test_a_whole_subnet_leaves_under_a_public_address(view: View) -> None:
    rule = OvnSnatRule(metadata=meta("s"), spec=OvnSnatRuleSpec(ovn_eip="one", vpc_subnet="red-net"))
    fragment = translation.outgoing(rule, view)
    (row,) = fragment.rows
    assert row.columns == {"type": "snat", "external_ip": EIP, "logical_ip": "10.9.0.0/24"}
    assert fragment.status["v4IpCidr"] == "10.9.0.0/24"


def test_a_port_leads_to_a_port_by_a_load_balancer_on_the_router(view: View) -> None:
    spec = OvnDnatRuleSpec(
        ovn_eip="one", ip_name="a.default", protocol="tcp", external_port="8080", internal_port="80"
    )
    fragment = translation.incoming(OvnDnatRule(metadata=meta("d"), spec=spec), view)
    (row,) = fragment.rows
    assert row.columns == {"vips": {f"{EIP}:8080": f"{INNER}:80"}, "protocol": "tcp"}
    assert fragment.members == (Member(Place("Logical_Router", "red", "load_balancer"), row.key),)


def test_in_the_default_vpc_who_has_a_public_address_leaves_by_its_network(view: View) -> None:
    view.put(VPCS, Vpc(metadata=meta("ovn-cluster"), spec=VpcSpec(extra_external_subnets=("out",))))
    view.put(SUBNETS, a_subnet("ovn-default", "10.16.0.0/16"))
    view.put(IPS, an_ip("c.default", "10.16.0.9", "ovn-default"))
    rule = OvnFip(metadata=meta("f"), spec=OvnFipSpec(ovn_eip="one", ip_name="c.default"))
    sources = RowKey("Address_Set", "external.out.ip4")
    assert translation.floating(rule, view).members == (
        Member(Place("Address_Set", sources.name, "addresses"), "10.16.0.9"),
    )
    view.put(IPS, an_ip("ovn-cluster-out", "172.31.200.3", "out"))
    fragment = external.attachments(the_vpc(view, "ovn-cluster"), view)
    (policy,) = rows(fragment, "Logical_Router_Policy")
    assert policy.columns["match"] == "ip4.src == $external.out.ip4"
    assert policy.columns["nexthops"] == frozenset(("172.31.0.1",))
    assert sources in {row.key for row in fragment.rows}


def test_of_two_that_got_past_admission_the_first_by_name_has_the_address(view: View) -> None:
    spec = OvnFipSpec(ovn_eip="one", ip_name="a.default")
    first, second = (OvnFip(metadata=meta(name), spec=spec) for name in ("a", "b"))
    leaving = OvnSnatRule(metadata=meta("a"), spec=OvnSnatRuleSpec(ovn_eip="one", vpc_subnet="red-net"))
    view.put(OVN_FIPS, second)
    assert translation.floating(second, view).rows
    view.put(OVN_FIPS, first)
    view.put(OVN_SNAT_RULES, leaving)
    assert translation.floating(first, view).rows
    for fragment in (translation.floating(second, view), translation.outgoing(leaving, view)):
        assert fragment.rows == ()
        assert condition(fragment, "Ready").message == "spec.ovnEip: one is taken by OvnFip a"
    view.drop(OVN_FIPS, "a")
    assert translation.floating(second, view).rows


def test_of_two_rules_for_a_port_the_first_by_name_has_it(view: View) -> None:
    ports = {"external_port": "80", "internal_port": "80", "ip_name": "a.default"}
    rules = [
        OvnDnatRule(metadata=meta(name), spec=OvnDnatRuleSpec(ovn_eip="one", protocol=protocol, **ports))
        for name, protocol in (("a", "tcp"), ("b", "TCP"), ("c", "udp"))
    ]
    for rule in rules:
        view.put(OVN_DNAT_RULES, rule)
    found = [translation.incoming(rule, view) for rule in rules]
    assert [bool(fragment.rows) for fragment in found] == [True, False, True]
    assert condition(found[1], "Ready").message == "spec.externalPort: 80 is taken by OvnDnatRule a"


def test_rules_of_a_public_address_that_is_gone_translate_nothing(view: View) -> None:
    rule = OvnFip(metadata=meta("f"), spec=OvnFipSpec(ovn_eip="one", ip_name="a.default"))
    view.drop(OVN_EIPS, "one")
    assert translation.floating(rule, view).rows == ()


def a_virtual_address(view: View) -> None:
    record = an_ip(vip_record("v"), "10.9.0.100", "red-net", v4_ip_address="10.9.0.100", mac_address=MAC)
    view.put(IPS, record)


@pytest.mark.proves("OvnFip.spec.ipType")
def test_a_floating_address_may_stand_for_a_virtual_one_which_is_on_no_node(view: View) -> None:
    a_virtual_address(view)
    spec = OvnFipSpec(ovn_eip="one", ip_type="vip", ip_name="v", type="distributed")
    fragment = translation.floating(OvnFip(metadata=meta("f"), spec=spec), view)
    (row,) = fragment.rows
    assert (row.columns["logical_ip"], row.columns["logical_port"]) == ("10.9.0.100", None)
    assert condition(fragment, "Ready").message == translation.BY_GATEWAY
    stated = OvnFipSpec(ovn_eip="one", ip_type="vip", vpc="red", v4_ip="10.9.0.7")
    (row,) = translation.floating(OvnFip(metadata=meta("f"), spec=stated), view).rows
    assert row.columns["logical_ip"] == "10.9.0.7"


@pytest.mark.proves("OvnDnatRule.spec.ipType")
def test_a_port_may_lead_to_a_virtual_address(view: View) -> None:
    a_virtual_address(view)
    spec = OvnDnatRuleSpec(
        ovn_eip="one", ip_type="vip", ip_name="v", external_port="80", internal_port="8080"
    )
    fragment = translation.incoming(OvnDnatRule(metadata=meta("d"), spec=spec), view)
    (balancer,) = rows(fragment, "Load_Balancer")
    assert balancer.columns["vips"] == {f"{EIP}:80": "10.9.0.100:8080"}


def test_a_rule_says_what_of_it_is_not_carried(view: View) -> None:
    spec = OvnDnatRuleSpec(ovn_eip="one", service_name="shop", external_port="80", internal_port="8080")
    fragment = translation.incoming(OvnDnatRule(metadata=meta("d"), spec=spec), view)
    assert condition(fragment, "Supported").message.endswith(": spec.serviceName")
