"""A promise that still holds is as good as a record: its address is nobody else's."""

import asyncio

import msgspec

from controller.api.kinds import PODS, Kind
from controller.api.kubeovn import IP
from controller.kubernetes import Written
from tests.unit.runtime.allocating import World

PROMISE = {
    "allocated": "true",
    "ip_address": "10.9.0.2",
    "mac_address": "0e:00:00:00:00:01",
    "logical_switch": "tiny",
}


async def test_what_a_running_pod_was_promised_is_held_at_a_start_although_no_record_says_so() -> None:
    world = World()
    world.put_pod("old", "small", **PROMISE)
    world.allocation.survey()
    late = world.put_pod("late", "small")
    await world.allocation.ensure([late])
    assert "late.small" not in world.api.records
    await world.settle()
    assert world.addresses("old.small") == "10.9.0.2"


async def test_what_a_pod_was_promised_that_has_ended_is_free() -> None:
    world = World()
    world.put_pod("old", "small", phase="Failed", **PROMISE)
    world.allocation.survey()
    world.put_pod("late", "small")
    await world.settle()
    assert world.addresses("late.small") == "10.9.0.2"


async def test_a_pod_that_is_being_deleted_keeps_its_record_until_it_is_gone() -> None:
    world = World()
    world.put_pod("leaving", "small", **PROMISE)
    await world.settle()
    world.drop_record("leaving.small")
    pod = world.view.get(PODS, "small/leaving")
    assert pod is not None
    meta = msgspec.structs.replace(
        pod.metadata, annotations=_said(), deletion_timestamp="2026-01-01T00:00:00Z"
    )
    world.view.put(PODS, msgspec.structs.replace(pod, metadata=meta))
    await world.settle()
    assert world.addresses("leaving.small") == "10.9.0.2"


async def test_what_was_held_for_a_pod_is_not_held_for_the_next_of_its_name() -> None:
    world = World()
    world.put_pod("web", "small", **PROMISE)
    world.allocation.survey()
    world.drop_pod("web", "small")
    world.put_pod("web", "small", ip_address="10.16.0.7")  # which waits, as it is of another subnet
    world.put_pod("other", "small")
    await world.settle()
    assert world.addresses("other.small") == "10.9.0.2"


async def test_who_lost_the_record_while_others_were_served_is_asked_again() -> None:
    world = World()
    web, other = world.put_pod("web"), world.put_pod("other")
    create = world.api.create

    async def create_and_lose(kind: Kind[IP], record: IP) -> Written[IP]:
        written = await create(kind, record)
        if record.name == "other.default":
            world.drop_record("web.default")  # by somebody else, and heard of at once
        return written

    world.api.create = create_and_lose  # type: ignore[method-assign]
    owners = world.engine.take(100)
    assert {web, other} <= set(owners)
    await world.allocation.ensure(owners)
    world.engine.plan(owners, "now")
    world.api.create = create  # type: ignore[method-assign]
    woken = asyncio.Event()
    world.engine.woken = woken.set
    async with asyncio.timeout(30):
        while "web.default" not in world.api.records:
            await woken.wait()
            woken.clear()
            await world.settle()
    assert "other.default" in world.api.records


async def test_a_record_that_was_made_for_a_pod_that_moved_meanwhile_says_where_it_is() -> None:
    world = World()
    web = world.put_pod("web", node="one")
    create = world.api.create

    async def create_while_it_moves(kind: Kind[IP], record: IP) -> Written[IP]:
        world.drop_pod("web")
        world.put_pod("web", node="two")
        return await create(kind, record)

    world.api.create = create_while_it_moves  # type: ignore[method-assign]
    await world.allocation.ensure([web])
    world.engine.plan(world.engine.take(100), "now")
    woken = asyncio.Event()
    world.engine.woken = woken.set
    async with asyncio.timeout(30):
        while world.api.records["web.default"].spec.node_name != "two":
            await woken.wait()
            woken.clear()
            await world.settle()


async def test_a_pod_that_is_being_deleted_before_it_had_an_address_gets_none() -> None:
    world = World()
    world.put_pod("leaving", "small")
    pod = world.view.get(PODS, "small/leaving")
    assert pod is not None
    meta = msgspec.structs.replace(pod.metadata, deletion_timestamp="2026-01-01T00:00:00Z")
    world.view.put(PODS, msgspec.structs.replace(pod, metadata=meta))
    await world.settle()
    assert world.api.records == {}


def _said() -> dict[str, str]:
    return {f"ovn.kubernetes.io/{key}": value for key, value in PROMISE.items()}
