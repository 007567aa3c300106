"""Which public addresses and rules are refused, and in which words."""

from typing import Any

import pytest

from controller.api.annotations import EIP, SNAT
from controller.api.names import public_record
from tests.unit.admission.conftest import Document, World, ip, pod, subnet


def an_object(kind: str, name: str, **spec: Any) -> Document:
    return {"apiVersion": "kubeovn.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def an_eip(name: str = "one", **spec: Any) -> Document:
    return an_object("OvnEip", name, **({"externalSubnet": "outside"} | spec))


def a_dnat(name: str = "d", **spec: Any) -> Document:
    ends = {"ovnEip": "one", "ipName": "web.default", "externalPort": "8080", "internalPort": "80"}
    return an_object("OvnDnatRule", name, **(ends | spec))


@pytest.fixture
def outside() -> World:
    return World(subnet("outside", "172.31.0.0/16", vlan="v"), an_eip())


@pytest.mark.parametrize(
    ("spec", "field", "allowed"),
    [
        ({"externalSubnet": "No"}, "spec.externalSubnet", "a DNS label"),
        ({"type": "public"}, "spec.type", '"nat", "lrp", "lsp"'),
        ({"v4Ip": "172.31.0"}, "spec.v4Ip", "an IPv4 or IPv6 address"),
        ({"v4Ip": "fd00::1"}, "spec.v4Ip", "an IPv4 address"),
        ({"v4Ip": "10.0.0.1"}, "spec.v4Ip", "a host of 172.31.0.0/16"),
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
        (an_object("OvnFip", "f", ovnEip="two", ipName="a.b", ipType="pod"), "spec.ipType"),
        (an_object("OvnFip", "f", ovnEip="two", ipName="a.b", type="local"), "spec.type"),
        (an_object("OvnFip", "f", ovnEip="two"), "spec.ipName"),
        (an_object("OvnSnatRule", "s", ovnEip="two"), "spec.vpcSubnet"),
        (an_object("OvnFip", "f", ovnEip="two", v4Ip="x"), "spec.v4Ip"),
        (an_object("OvnSnatRule", "s", ovnEip="two", v4IpCidr="10.0.0.1/8"), "spec.v4IpCidr"),
        (a_dnat(protocol="icmp"), "spec.protocol"),
        (a_dnat(externalPort=""), "spec.externalPort"),
        (a_dnat(internalPort="70000"), "spec.internalPort"),
    ],
)
def test_a_rule_of_ends_that_are_none_is_refused(outside: World, rule: Document, field: str) -> None:
    assert [cause.field for cause in outside.created(rule)] == [field]


def asking(name: str, annotation: str, text: str) -> Document:
    document = pod(name)
    document["metadata"]["annotations"][annotation] = text
    return document


@pytest.fixture
def given() -> World:
    """An external subnet of which two pods have addresses, and an OvnEip has one."""
    return World(
        subnet("ovn-default", "10.16.0.0/16"),
        subnet("outside", "172.31.0.0/16", vlan="v"),
        ip("one.ovn-eip.kubeovn.io", "172.31.0.7", "outside", podName="one", podType="OvnEip"),
        *(
            ip(
                public_record(address),
                address,
                "outside",
                podName="a",
                namespace="default",
                podType=annotation,
            )
            for address, annotation in (("172.31.0.8", EIP), ("172.31.0.9", SNAT))
        ),
        pod("a"),
    )


@pytest.mark.parametrize("annotation", [EIP, SNAT])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("172.31", "an IPv4 or IPv6 address"),
        ("172.31.0.1,172.31.0.2", "one address of each family"),
        ("172.31.0.7", "IP one.ovn-eip.kubeovn.io has it"),
    ],
)
def test_a_pod_may_not_ask_for_a_public_address_that_is_none_or_anothers(
    given: World, annotation: str, text: str, why: str
) -> None:
    for found in (given.created(asking("b", annotation, text)), given.updated(asking("a", annotation, text))):
        (cause,) = found
        assert cause.field == f"metadata.annotations[{annotation}]"
        assert why in cause.message


def test_what_stands_for_one_pod_is_no_others_and_what_pods_leave_under_is_shared(given: World) -> None:
    (cause,) = given.created(asking("b", EIP, "172.31.0.8"))
    assert "IP 172.31.0.8.public.kubeovn.io has it" in cause.message
    assert len(given.created(asking("b", SNAT, "172.31.0.8"))) == 1
    assert len(given.created(asking("b", EIP, "172.31.0.9"))) == 1
    assert given.created(asking("b", SNAT, "172.31.0.9")) == ()
    assert given.created(asking("b", EIP, "172.31.0.10")) == ()
    assert given.updated(asking("a", EIP, "172.31.0.8")) == ()


def test_a_public_address_that_a_pod_has_is_no_others(given: World) -> None:
    (cause,) = given.created(an_eip("two", v4Ip="172.31.0.8"))
    assert (cause.field, cause.reason) == ("spec.v4Ip", "FieldValueDuplicate")
