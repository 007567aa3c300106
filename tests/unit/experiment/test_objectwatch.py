"""Waiting for what becomes of an object, by what the API says of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from controller.api.kinds import IPS
from controller.api.kubeovn import IP, IPSpec
from controller.api.meta import ObjectMeta
from controller.kubernetes import Client
from controller.kubernetes.informer import Change
from testbed.experiment.objectwatch import ObjectWatch


class Api:
    """Stands in for an API server that says what the test wants said."""

    def __init__(self) -> None:
        self.changes: asyncio.Queue[Change[IP]] = asyncio.Queue()

    async def follow(self, _kind: object) -> AsyncIterator[Change[IP]]:
        while True:
            yield await self.changes.get()

    def say(self, type_: str, name: str, accepted_ns: int | None, node: str = "") -> None:
        found = IP(metadata=ObjectMeta(name=name), spec=IPSpec(node_name=node))
        self.changes.put_nowait(Change(type_, found, accepted_ns, 999))  # type: ignore[arg-type]


@pytest.fixture
async def api() -> Api:
    return Api()


@pytest.fixture
async def watch(api: Api) -> AsyncIterator[ObjectWatch[IP]]:
    watch = ObjectWatch(cast(Client, api), IPS)
    task = asyncio.create_task(watch.run())
    yield watch
    task.cancel()


async def test_an_object_is_gone_only_if_it_was_there(api: Api, watch: ObjectWatch[IP]) -> None:
    waiting = asyncio.create_task(watch.until_gone("a", 60))
    api.say("ADDED", "b", 1)
    await watch.until("b", lambda _: True, 60)
    assert not waiting.done()
    api.say("ADDED", "a", 2)
    api.say("DELETED", "b", 3)
    await watch.until_gone("b", 60)
    assert not waiting.done()
    api.say("DELETED", "a", 4)
    assert await waiting == 4
    assert await watch.until_gone("a", 60) == 4


async def test_the_moment_is_that_of_the_state_in_which_it_holds(api: Api, watch: ObjectWatch[IP]) -> None:
    waiting = asyncio.create_task(watch.until("a", lambda found: found.spec.node_name == "node2", 60))
    api.say("ADDED", "a", 1, "node1")
    api.say("SYNCED", "", None)
    api.say("MODIFIED", "a", 2, "node2")
    assert await waiting == 2


async def test_without_a_stamp_of_the_server_the_moment_of_receipt_counts(
    api: Api, watch: ObjectWatch[IP]
) -> None:
    api.say("ADDED", "a", None)
    assert await watch.until("a", lambda _: True, 60) == 999


async def test_who_waited_in_vain_is_told_what_for(watch: ObjectWatch[IP]) -> None:
    with pytest.raises(TimeoutError, match=r"IP a was not as expected within 0\.01 s"):
        await watch.until_gone("a", 0.01)
