"""``IP`` objects that people make: an address is set aside for the pod of that name, and stays."""

from __future__ import annotations

from typing import Any

import pytest

from controller.api.annotations import IP_RESERVED
from controller.api.kinds import IPS
from controller.api.kubeovn import IP, IPSpec
from controller.api.meta import ObjectMeta
from tests.unit.runtime.allocating import World

OWNER = "address/web.default"


@pytest.fixture
def world() -> World:
    return World()


def make(world: World, name: str = "web", **spec: Any) -> None:
    """People make a record; the API tells of it."""
    stated = {"subnet": "ovn-default", "namespace": "default", "pod_name": name} | spec
    record = IP(metadata=ObjectMeta(name=f"{name}.default", uid=name), spec=IPSpec(**stated))
    world.api.records[record.name] = record
    world.view.put(IPS, record)
    world.allocation.recorded(record)


def the_record(world: World, name: str = "web.default") -> IP:
    return world.api.records[name]


async def test_an_address_is_given_to_the_record_and_marked_as_reserved(world: World) -> None:
    make(world)
    await world.settle()
    record = the_record(world)
    assert record.spec.ip_address == record.spec.v4_ip_address
    assert record.spec.ip_address.startswith("10.16.0.")
    assert record.spec.mac_address
    assert record.metadata.labels == {IP_RESERVED: "true"}


async def test_it_is_the_one_that_the_record_states(world: World) -> None:
    make(world, v4_ip_address="10.16.0.33")
    await world.settle()
    assert world.addresses("web.default") == "10.16.0.33"


async def test_a_record_that_says_all_is_only_marked(world: World) -> None:
    make(world, ip_address="10.16.0.33", v4_ip_address="10.16.0.33", mac_address="00:00:00:aa:bb:cc")
    await world.settle()
    assert the_record(world).spec.mac_address == "00:00:00:aa:bb:cc"
    assert the_record(world).metadata.labels == {IP_RESERVED: "true"}


async def test_nobody_else_gets_it_and_the_pod_of_the_name_does(world: World) -> None:
    make(world, subnet="tiny")
    await world.settle()
    other = world.put_pod("other", "small")
    await world.settle()
    assert world.said(other) == ("False", "no free address is left in 10.9.0.0/30")
    world.put_pod("web", logical_switch="tiny")
    await world.settle()
    assert the_record(world).spec.node_name == "n"
    assert world.addresses("web.default") == "10.9.0.2"


async def test_it_stays_when_the_pod_goes(world: World) -> None:
    make(world)
    await world.settle()
    before = world.addresses("web.default")
    world.put_pod("web")
    await world.settle()
    world.drop_pod("web")
    await world.settle()
    assert world.addresses("web.default") == before


async def test_a_pod_that_wants_another_is_told_and_the_record_stays(world: World) -> None:
    make(world, v4_ip_address="10.16.0.33")
    await world.settle()
    owner = world.put_pod("web", ip_address="10.16.0.44")
    await world.settle()
    said = world.said(owner)
    assert said is not None
    assert "reserves 10.16.0.33" in said[1]
    assert world.addresses("web.default") == "10.16.0.33"


async def test_one_that_is_taken_is_waited_for(world: World) -> None:
    await world.allocation.ensure([world.put_pod("first", ip_address="10.16.0.33")])
    make(world, v4_ip_address="10.16.0.33")
    await world.allocation.ensure([OWNER])
    assert "10.16.0.33" in world.troubles(OWNER)[0]
    world.drop_pod("first")
    await world.settle()
    assert world.addresses("web.default") == "10.16.0.33"
