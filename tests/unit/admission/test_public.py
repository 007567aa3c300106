"""Which public addresses and rules are refused, and in which words."""

from typing import Any

import pytest

from tests.unit.admission.conftest import Document, World, subnet


def an_object(kind: str, name: str, **spec: Any) -> Document:
    return {"apiVersion": "kubeovn.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def an_eip(name: str = "one", **spec: Any) -> Document:
    return an_object("OvnEip", name, **({"externalSubnet": "outside"} | spec))


def a_dnat(name: str = "d", **spec: Any) -> Document:
    ends = {"ovnEip": "one", "ipName": "web.default", "externalPort": "8080", "internalPort": "80"}
    return an_object("OvnDnatRule", name, **(ends | spec))


@pytest.fixture
def outside() -> World:
    return World(subnet("outside", "172.31.0.0/16"), an_eip())


@pytest.mark.parametrize(
    ("spec", "field", "allowed"),
    [
        ({"externalSubnet": ""}, "spec.externalSubnet", "the name of the subnet"),
        ({"type": "public"}, "spec.type", '"nat", "lrp", "lsp"'),
        ({"v4Ip": "172.31.0"}, "spec.v4Ip", "an IPv4 or IPv6 address"),
        ({"v4Ip": "fd00::1"}, "spec.v4Ip", "an IPv4 address"),
        ({"v4Ip": "10.0.0.1"}, "spec.v4Ip", "an address of 172.31.0.0/16"),
        ({"macAddress": "x"}, "spec.macAddress", "six pairs"),
    ],
)
def test_a_public_address_that_cannot_be_is_refused(
    outside: World, spec: dict[str, Any], field: str, allowed: str
) -> None:
    (cause,) = outside.created(an_eip("two", **spec))
    assert cause.field == field
    assert allowed in cause.message


def test_a_public_address_stays_what_it_is(outside: World) -> None:
    (cause,) = outside.updated(an_eip(v4Ip="172.31.0.9"))
    assert cause.field == "spec.v4Ip"


def test_a_public_address_stays_as_long_as_a_rule_uses_it(outside: World) -> None:
    assert outside.deleted("OvnEip", "one") == ()
    used = World(an_eip(), an_object("OvnFip", "f", ovnEip="one", ipName="web.default"))
    (cause,) = used.deleted("OvnEip", "one")
    assert "OvnFip f" in cause.message


def test_a_floating_address_never_belongs_to_two() -> None:
    world = World(an_eip(), an_object("OvnFip", "f", ovnEip="one", ipName="web.default"))
    for other in (
        an_object("OvnFip", "g", ovnEip="one", ipName="db.default"),
        an_object("OvnSnatRule", "s", ovnEip="one", vpcSubnet="blue"),
        a_dnat(),
    ):
        (cause,) = world.created(other)
        assert (cause.field, "OvnFip f has it" in cause.message) == ("spec.ovnEip", True)
    assert world.updated(an_object("OvnFip", "f", ovnEip="one", ipName="db.default")) == ()


def test_a_port_of_a_public_address_leads_to_one_place() -> None:
    world = World(an_eip(), a_dnat())
    (cause,) = world.created(a_dnat("e", protocol="TCP"))
    assert cause.field == "spec.externalPort"
    assert world.created(a_dnat("e", externalPort="8081")) == ()
    assert world.created(a_dnat("e", protocol="udp")) == ()
    assert world.created(an_object("OvnSnatRule", "s", ovnEip="one", vpcSubnet="blue")) == ()


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (an_object("OvnFip", "f", ipName="web.default"), "spec.ovnEip"),
        (an_object("OvnFip", "f", ovnEip="two", ipType="pod"), "spec.ipType"),
        (an_object("OvnFip", "f", ovnEip="two", type="local"), "spec.type"),
        (an_object("OvnFip", "f", ovnEip="two", v4Ip="x"), "spec.v4Ip"),
        (an_object("OvnSnatRule", "s", ovnEip="two", v4IpCidr="10.0.0.1/8"), "spec.v4IpCidr"),
        (a_dnat(protocol="icmp"), "spec.protocol"),
        (a_dnat(externalPort=""), "spec.externalPort"),
        (a_dnat(internalPort="70000"), "spec.internalPort"),
    ],
)
def test_a_rule_of_ends_that_are_none_is_refused(outside: World, rule: Document, field: str) -> None:
    assert [cause.field for cause in outside.created(rule)] == [field]
