"""Addresses of objects that state them or leave them open, and of pods that want one family alone."""

from __future__ import annotations

from typing import Any

import pytest

from controller.api.kinds import IPS, OVN_EIPS, VIPS
from controller.api.meta import ObjectMeta
from controller.api.nat import OvnEip, OvnEipSpec
from controller.api.reservations import Vip, VipSpec
from controller.engine.settings import Settings
from tests.unit.runtime.allocating import World

BOTH = "10.7.0.0/24,fd00:7::/120"


@pytest.fixture
def world() -> World:
    world = World(Settings(external_gateway_switch="outside"))
    world.put_subnet("both", BOTH)
    world.put_subnet("outside", "172.31.0.0/24", vlan="v")
    return world


def put_vip(world: World, name: str, **spec: Any) -> str:
    world.view.put(VIPS, Vip(metadata=ObjectMeta(name=name, uid=name), spec=VipSpec(**spec)))
    return f"vip/{name}"


async def test_a_virtual_address_is_any_of_its_subnet_or_the_one_that_it_states(world: World) -> None:
    await world.allocation.ensure(
        [
            put_vip(world, "any", subnet="ovn-default"),
            put_vip(world, "fixed", subnet="both", v4ip="10.7.0.9", mac_address="00:00:00:AA:BB:CC"),
        ]
    )
    assert world.addresses("any.vip.kubeovn.io").startswith("10.16.0.")
    spec = world.api.records["fixed.vip.kubeovn.io"].spec
    assert (spec.v4_ip_address, spec.mac_address) == ("10.7.0.9", "00:00:00:aa:bb:cc")
    assert spec.v6_ip_address.startswith("fd00:7::")
    assert (spec.pod_name, spec.pod_type, spec.subnet) == ("fixed", "Vip", "both")


async def test_it_is_nobody_elses_until_the_virtual_address_goes(world: World) -> None:
    await world.allocation.ensure([put_vip(world, "v", subnet="tiny")])
    owner = world.put_pod("web", "small")
    await world.allocation.ensure([owner])
    assert world.troubles(owner) == ["no free address is left in 10.9.0.0/30"]
    world.view.drop(VIPS, "v")
    await world.settle()
    assert world.addresses("web.small") == "10.9.0.2"


async def test_one_of_a_subnet_that_comes_later_is_served_then(world: World) -> None:
    owner = put_vip(world, "v", subnet="late")
    await world.allocation.ensure([owner])
    world.put_subnet("late", "10.8.0.0/24")
    await world.settle()
    assert world.addresses("v.vip.kubeovn.io").startswith("10.8.0.")


async def test_a_public_address_of_no_subnet_is_of_the_clusters_external_one(world: World) -> None:
    world.view.put(OVN_EIPS, OvnEip(metadata=ObjectMeta(name="e", uid="e"), spec=OvnEipSpec()))
    await world.allocation.ensure(["ovn-eip/e"])
    record = world.view.get(IPS, "e.ovn-eip.kubeovn.io")
    assert record is not None
    assert record.spec.subnet == "outside"


@pytest.mark.proves("ovn.kubernetes.io/ip_family")
@pytest.mark.parametrize(("family", "beginning"), [("ipv4", "10.7.0."), ("ipv6", "fd00:7::")])
async def test_a_pod_may_want_an_address_of_one_family_alone(
    world: World, family: str, beginning: str
) -> None:
    owner = world.put_pod("web", logical_switch="both", ip_family=family)
    await world.allocation.ensure([owner])
    found = world.addresses("web.default")
    assert (found.startswith(beginning), "," in found) == (True, False)
    (effect,) = (entry for entry in world.engine.plan([owner], "now").effects if entry.owner == owner)
    said = effect.patch.annotations
    assert said["ovn.kubernetes.io/cidr"] == BOTH.split(",")[family == "ipv6"]
    assert said["ovn.kubernetes.io/gateway"] == ("fd00:7::1" if family == "ipv6" else "10.7.0.1")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"ip_family": "ipv6"}, "found 'IPv6', allowed: a family of 10.16.0.0/24"),
        ({"ip_family": "ipx"}, "allowed: ipv4 or ipv6"),
        (
            {"ip_family": "ipv6", "logical_switch": "both", "ip_address": "10.7.0.9"},
            "an address of the family that is asked for",
        ),
    ],
)
async def test_a_family_that_cannot_be_had_is_told(world: World, said: dict[str, str], why: str) -> None:
    owner = world.put_pod("web", **said)
    await world.allocation.ensure([owner])
    assert world.api.records == {}
    (message,) = world.troubles(owner)
    assert why in message


async def test_who_wants_one_family_waits_for_that_alone(world: World) -> None:
    world.put_subnet("narrow", "10.6.0.0/30,fd00:6::/120")
    await world.allocation.ensure([world.put_pod("first", logical_switch="narrow")])
    second = world.put_pod("second", logical_switch="narrow", ip_family="ipv4")
    await world.allocation.ensure([second, world.put_pod("third", logical_switch="narrow", ip_family="ipv6")])
    assert world.addresses("third.default").startswith("fd00:6::")
    world.drop_pod("first")
    await world.settle()
    assert world.addresses("second.default") == "10.6.0.2"
