"""Public addresses and the rules that use them, as rows of OVN's NAT and load balancers."""

from __future__ import annotations

from typing import Any

import pytest

from controller.api.core import Node
from controller.api.kinds import (
    IPS,
    NODES,
    OVN_DNAT_RULES,
    OVN_EIPS,
    OVN_FIPS,
    OVN_SNAT_RULES,
    SUBNETS,
    VLANS,
    VPCS,
)
from controller.api.kubeovn import IP, IPSpec, Subnet, SubnetSpec, Vpc, VpcSpec
from controller.api.meta import Condition, ObjectMeta
from controller.api.names import eip_record
from controller.api.nat import (
    OvnDnatRule,
    OvnDnatRuleSpec,
    OvnEip,
    OvnEipSpec,
    OvnFip,
    OvnFipSpec,
    OvnSnatRule,
    OvnSnatRuleSpec,
)
from controller.api.underlay import Vlan, VlanSpec
from controller.engine.fragment import Fragment
from controller.engine.view import View
from controller.northbound.rows import Member, Place, Row, RowKey
from controller.reconcilers import external, public, underlay

EIP, INNER = "172.31.200.7", "10.9.0.5"
MAC = "0a:00:00:00:00:07"


def meta(name: str, **more: Any) -> ObjectMeta:
    return ObjectMeta(name=name, uid=name, **more)


def an_ip(name: str, address: str, subnet: str, **more: Any) -> IP:
    return IP(metadata=meta(name), spec=IPSpec(ip_address=address, subnet=subnet, mac_address=MAC, **more))


def a_subnet(name: str, cidr: str, **spec: Any) -> Subnet:
    return Subnet(metadata=meta(name), spec=SubnetSpec(cidr_block=cidr, **spec))


@pytest.fixture
def view() -> View:
    """VPC red with a pod, joined with an external subnet of which an address was given."""
    view = View()
    view.put(VLANS, Vlan(metadata=meta("v"), spec=VlanSpec(provider="physnet", id=204)))
    view.put(SUBNETS, a_subnet("out", "172.31.0.0/16", vlan="v", gateway="172.31.0.1"))
    view.put(SUBNETS, a_subnet("red-net", "10.9.0.0/24", vpc="red"))
    view.put(VPCS, Vpc(metadata=meta("red"), spec=VpcSpec(extra_external_subnets=("out",))))
    view.put(NODES, Node(metadata=meta("n1")))
    view.put(NODES, Node(metadata=meta("n2", labels={external.GATEWAY_LABEL: "true"})))
    view.put(OVN_EIPS, OvnEip(metadata=meta("one"), spec=OvnEipSpec(external_subnet="out")))
    view.put(IPS, an_ip(eip_record("one"), EIP, "out", pod_name="one", pod_type="OvnEip"))
    view.put(IPS, an_ip("red-out", "172.31.200.2", "out", pod_name="red", pod_type="Vpc"))
    view.put(IPS, an_ip("a.default", INNER, "red-net"))
    return view


def the_vpc(view: View, name: str = "red") -> Vpc:
    vpc = view.get(VPCS, name)
    assert vpc is not None
    return vpc


def condition(fragment: Fragment) -> Condition:
    (found,) = fragment.conditions
    return found


def rows(fragment: Fragment, table: str) -> list[Row]:
    return [row for row in fragment.rows if row.key.table == table]


def test_a_public_address_tells_what_was_given(view: View) -> None:
    status = public.eip(OvnEip(metadata=meta("one")), view).status
    assert (status["v4Ip"], status["ready"], status["type"]) == ("", True, "nat")
    assert public.eip(OvnEip(metadata=meta("other")), view).status == {}


def test_a_floating_address_stands_for_one_pod_both_ways(view: View) -> None:
    rule = OvnFip(metadata=meta("f"), spec=OvnFipSpec(ovn_eip="one", ip_name="a.default"))
    fragment = public.floating(rule, view)
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
    assert condition(fragment).status == "True"


def test_a_distributed_one_is_translated_on_the_pods_own_node(view: View) -> None:
    spec = OvnFipSpec(ovn_eip="one", ip_name="a.default", type="distributed")
    (row,) = public.floating(OvnFip(metadata=meta("f"), spec=spec), view).rows
    assert (row.columns["external_mac"], row.columns["logical_port"]) == (MAC, "a.default")


def test_a_rule_keeps_its_row_whoever_stands_behind_it(view: View) -> None:
    view.put(IPS, an_ip("b.default", "10.9.0.6", "red-net"))
    keys = {
        public.floating(OvnFip(metadata=meta("f"), spec=OvnFipSpec(ovn_eip="one", ip_name=pod)), view)
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
        (OvnFipSpec(ovn_eip="one", ip_type="vip", ip_name="v"), "vip is not carried"),
        (OvnFipSpec(ovn_eip="one", vpc="blue", v4_ip=INNER), "VPC blue does not reach out"),
    ],
)
def test_what_is_missing_is_said_on_the_rule(view: View, spec: OvnFipSpec, why: str) -> None:
    fragment = public.floating(OvnFip(metadata=meta("f"), spec=spec), view)
    assert fragment.rows == ()
    assert condition(fragment).status == "False"
    assert why in condition(fragment).message


def test_a_whole_subnet_leaves_under_a_public_address(view: View) -> None:
    rule = OvnSnatRule(metadata=meta("s"), spec=OvnSnatRuleSpec(ovn_eip="one", vpc_subnet="red-net"))
    fragment = public.outgoing(rule, view)
    (row,) = fragment.rows
    assert row.columns == {"type": "snat", "external_ip": EIP, "logical_ip": "10.9.0.0/24"}
    assert fragment.status["v4IpCidr"] == "10.9.0.0/24"


def test_a_port_leads_to_a_port_by_a_load_balancer_on_the_router(view: View) -> None:
    spec = OvnDnatRuleSpec(
        ovn_eip="one", ip_name="a.default", protocol="tcp", external_port="8080", internal_port="80"
    )
    fragment = public.incoming(OvnDnatRule(metadata=meta("d"), spec=spec), view)
    (row,) = fragment.rows
    assert row.columns == {"vips": {f"{EIP}:8080": f"{INNER}:80"}, "protocol": "tcp"}
    assert fragment.members == (Member(Place("Logical_Router", "red", "load_balancer"), row.key),)


def test_in_the_default_vpc_who_has_a_public_address_leaves_by_its_network(view: View) -> None:
    view.put(VPCS, Vpc(metadata=meta("ovn-cluster"), spec=VpcSpec(extra_external_subnets=("out",))))
    view.put(SUBNETS, a_subnet("ovn-default", "10.16.0.0/16"))
    view.put(IPS, an_ip("c.default", "10.16.0.9", "ovn-default"))
    rule = OvnFip(metadata=meta("f"), spec=OvnFipSpec(ovn_eip="one", ip_name="c.default"))
    sources = RowKey("Address_Set", "external.out.ip4")
    assert public.floating(rule, view).members == (
        Member(Place("Address_Set", sources.name, "addresses"), "10.16.0.9"),
    )
    view.put(IPS, an_ip("ovn-cluster-out", "172.31.200.3", "out"))
    fragment = external.attachments(the_vpc(view, "ovn-cluster"), view)
    (policy,) = rows(fragment, "Logical_Router_Policy")
    assert policy.columns["match"] == "ip4.src == $external.out.ip4"
    assert policy.columns["nexthops"] == frozenset(("172.31.0.1",))
    assert sources in {row.key for row in fragment.rows}


def test_a_vpc_has_a_port_in_its_external_subnet_on_the_labelled_nodes(view: View) -> None:
    fragment = external.attachments(the_vpc(view), view)
    (port,) = rows(fragment, "Logical_Router_Port")
    assert port.columns["networks"] == frozenset(("172.31.200.2/16",))
    assert [row.columns["chassis_name"] for row in rows(fragment, "Gateway_Chassis")] == ["n2"]
    (route,) = rows(fragment, "Logical_Router_Static_Route")
    assert (route.columns["ip_prefix"], route.columns["nexthop"]) == ("0.0.0.0/0", "172.31.0.1")


def test_a_vpc_without_an_address_there_has_no_port_yet(view: View) -> None:
    view.drop(IPS, "red-out")
    assert rows(external.attachments(the_vpc(view), view), "Logical_Router_Port") == []


@pytest.mark.proves("Vpc.spec.enableExternal")
def test_enable_external_means_the_controllers_own_external_subnet(view: View) -> None:
    view.put(SUBNETS, a_subnet("external", "172.30.0.0/16", vlan="v"))
    vpc = Vpc(metadata=meta("red"), spec=VpcSpec(enable_external=True, extra_external_subnets=("out",)))
    assert [subnet.name for subnet in external.external_subnets(vpc, view)] == ["external", "out"]


def test_an_underlay_subnet_has_a_tagged_port_into_its_provider_network(view: View) -> None:
    subnet = view.get(SUBNETS, "out")
    assert subnet is not None
    (row,) = underlay.port(subnet, view).rows
    assert row.columns == {
        "type": "localnet",
        "addresses": frozenset(("unknown",)),
        "options": {"network_name": "physnet"},
        "tag": 204,
    }


def test_a_vlan_that_does_not_exist_is_said_on_the_subnet(view: View) -> None:
    fragment = underlay.port(a_subnet("x", "10.0.0.0/24", vlan="none"), view)
    assert fragment.rows == ()
    assert "'none'" in condition(fragment).message


def test_of_two_that_got_past_admission_the_first_by_name_has_the_address(view: View) -> None:
    spec = OvnFipSpec(ovn_eip="one", ip_name="a.default")
    first, second = (OvnFip(metadata=meta(name), spec=spec) for name in ("a", "b"))
    leaving = OvnSnatRule(metadata=meta("a"), spec=OvnSnatRuleSpec(ovn_eip="one", vpc_subnet="red-net"))
    view.put(OVN_FIPS, second)
    assert public.floating(second, view).rows
    view.put(OVN_FIPS, first)
    view.put(OVN_SNAT_RULES, leaving)
    assert public.floating(first, view).rows
    for fragment in (public.floating(second, view), public.outgoing(leaving, view)):
        assert fragment.rows == ()
        assert condition(fragment).message == "spec.ovnEip: one is taken by OvnFip a"
    view.drop(OVN_FIPS, "a")
    assert public.floating(second, view).rows


def test_of_two_rules_for_a_port_the_first_by_name_has_it(view: View) -> None:
    ports = {"external_port": "80", "internal_port": "80", "ip_name": "a.default"}
    rules = [
        OvnDnatRule(metadata=meta(name), spec=OvnDnatRuleSpec(ovn_eip="one", protocol=protocol, **ports))
        for name, protocol in (("a", "tcp"), ("b", "TCP"), ("c", "udp"))
    ]
    for rule in rules:
        view.put(OVN_DNAT_RULES, rule)
    found = [public.incoming(rule, view) for rule in rules]
    assert [bool(fragment.rows) for fragment in found] == [True, False, True]
    assert condition(found[1]).message == "spec.externalPort: 80 is taken by OvnDnatRule a"


def test_rules_of_a_public_address_that_is_gone_translate_nothing(view: View) -> None:
    rule = OvnFip(metadata=meta("f"), spec=OvnFipSpec(ovn_eip="one", ip_name="a.default"))
    view.drop(OVN_EIPS, "one")
    assert public.floating(rule, view).rows == ()
