"""Which records of allocations are refused, and in which words."""

import pytest

from tests.unit.admission.conftest import World, ip, subnet, vpc


def test_a_record_of_a_free_address_is_accepted(world: World) -> None:
    assert world.created(ip("new.default", "10.16.0.10", mac="0a:00:00:00:00:10")) == ()
    assert world.created(ip("node-node1", "100.64.0.2", "join")) == ()


def test_a_pair_is_accepted_with_its_parts() -> None:
    world = World(subnet("dual", "10.1.0.0/16,fd00::/64"))
    pair = ip("a.b", "10.1.0.2,fd00::2", "dual", v4IpAddress="10.1.0.2", v6IpAddress="fd00::2")
    assert world.created(pair) == ()


@pytest.mark.parametrize(
    ("address", "spec", "field", "allowed"),
    [
        ("10.17.0.9", {}, "spec.ipAddress", "a host of 10.16.0.0/16, the range of subnet ovn-default"),
        ("10.16.0.0", {}, "spec.ipAddress", "a host of 10.16.0.0/16"),
        ("10.16.255.255", {}, "spec.ipAddress", "a host of 10.16.0.0/16"),
        ("10.16.0.1", {}, "spec.ipAddress", "other than the gateway"),
        ("fd00::1", {}, "spec.ipAddress", "a host of 10.16.0.0/16"),
        ("10.16", {"v4IpAddress": ""}, "spec.ipAddress", "an IPv4 or IPv6 address"),
        (
            "10.16.0.7",
            {"v4IpAddress": "10.16.0.8"},
            "spec.v4IpAddress",
            '"10.16.0.7", as spec.ipAddress says',
        ),
        ("10.16.0.7", {"v6IpAddress": "fd00::7"}, "spec.v6IpAddress", '"", as spec.ipAddress says'),
        ("10.16.0.7", {"subnet": "nowhere"}, "spec.subnet", "a subnet that exists"),
        ("10.16.0.7", {"macAddress": "x"}, "spec.macAddress", "six pairs of hexadecimal digits"),
        ("10.16.0.7", {"macAddress": "01:00:5e:00:00:01"}, "spec.macAddress", "a unicast MAC address"),
    ],
)
def test_one_fault_is_one_cause(
    world: World, address: str, spec: dict[str, str], field: str, allowed: str
) -> None:
    (cause,) = world.created(ip("new.default", address, **spec))
    assert cause.field == field
    assert allowed in cause.message


def test_what_is_missing_is_said(world: World) -> None:
    document = ip("new.default", "")
    document["spec"] = {}
    assert [(cause.field, cause.reason) for cause in world.created(document)] == [
        ("spec.ipAddress", "FieldValueRequired"),
        ("spec.subnet", "FieldValueRequired"),
    ]


def test_a_pair_needs_its_parts_by_which_it_is_found() -> None:
    world = World(subnet("dual", "10.1.0.0/16,fd00::/64"))
    causes = world.created(ip("a.b", "10.1.0.2,fd00::2", "dual"))
    assert [(cause.field, cause.reason) for cause in causes] == [
        ("spec.v4IpAddress", "FieldValueRequired"),
        ("spec.v6IpAddress", "FieldValueRequired"),
    ]


def test_an_address_and_a_mac_belong_to_one(world: World) -> None:
    causes = world.created(ip("new.default", "10.16.0.9", mac="0A:00:00:00:00:09"))
    assert [(cause.field, cause.reason) for cause in causes] == [
        ("spec.ipAddress", "FieldValueDuplicate"),
        ("spec.macAddress", "FieldValueDuplicate"),
    ]
    assert all("IP web.default has it" in cause.message for cause in causes)


def test_a_half_of_a_pair_belongs_to_one_too() -> None:
    world = World(
        subnet("dual", "10.1.0.0/16,fd00::/64"),
        ip("a.b", "10.1.0.2,fd00::2", "dual", v4IpAddress="10.1.0.2", v6IpAddress="fd00::2"),
    )
    (cause,) = world.created(ip("c.d", "fd00::2", "dual"))
    assert "IP a.b has it" in cause.message


def test_subnets_of_two_vpcs_have_the_same_address_each() -> None:
    world = World(
        vpc("tenant"),
        subnet("a", "10.1.0.0/16"),
        subnet("b", "10.1.0.0/16", vpc="tenant"),
        ip("p.x", "10.1.0.2", "a"),
    )
    assert world.created(ip("p.y", "10.1.0.2", "b")) == ()


def test_a_record_does_not_stand_in_its_own_way(world: World) -> None:
    assert world.updated(ip("web.default", "10.16.0.9", mac="0a:00:00:00:00:09", nodeName="node2")) == ()
    (cause,) = world.updated(ip("web.default", "10.17.0.9"))
    assert cause.field == "spec.ipAddress"
    assert world.deleted("IP", "web.default") == ()


def test_the_ten_thousandth_record_is_no_dearer_than_the_first(world: World) -> None:
    world.created(ip("new.default", "10.16.0.10", mac="0a:00:00:00:00:10"))
    assert world.lists == {}, "it is looked up by name and value, never searched for"
