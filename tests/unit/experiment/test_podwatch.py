import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from controller.api.annotations import ALLOCATED
from controller.api.core import Pod, PodStatus
from controller.api.meta import Condition, ObjectMeta
from controller.kubernetes import Client
from controller.kubernetes.informer import Change
from testbed.experiment.podwatch import PodWatch


class Api:
    """Stands in for an API server that says what the test wants said."""

    def __init__(self) -> None:
        self.changes: asyncio.Queue[Change[Pod]] = asyncio.Queue()

    async def follow(self, _kind: object) -> AsyncIterator[Change[Pod]]:
        while True:
            yield await self.changes.get()

    def say(self, type_: str, pod: Pod, accepted_ns: int | None) -> None:
        self.changes.put_nowait(Change(type_, pod, accepted_ns, 999))  # type: ignore[arg-type]


@pytest.fixture
async def api() -> Api:
    return Api()


@pytest.fixture
async def watch(api: Api) -> AsyncIterator[PodWatch]:
    watch = PodWatch(cast(Client, api))
    task = asyncio.create_task(watch.run())
    yield watch
    task.cancel()


def a_pod(name: str = "one", *, uid: str = "u1", allocated: bool = False, ready: bool = False) -> Pod:
    return Pod(
        metadata=ObjectMeta(
            name=name, namespace="ns", uid=uid, annotations={ALLOCATED: "true"} if allocated else {}
        ),
        status=PodStatus(
            pod_ip="10.0.0.1", conditions=(Condition(type="Ready", status="True" if ready else "False"),)
        ),
    )


async def test_a_pod_is_ready_from_the_first_moment_at_which_the_api_accepted_it(
    api: Api, watch: PodWatch
) -> None:
    api.say("ADDED", a_pod(), 1)
    api.say("MODIFIED", a_pod(allocated=True), 2)
    api.say("MODIFIED", a_pod(allocated=True, ready=True), 3)
    assert await watch.until_ready("ns/one", 5) == 3
    api.say("MODIFIED", a_pod(allocated=True, ready=True), 4)
    api.say("ADDED", a_pod("two", ready=True), 5)
    await watch.until_ready("ns/two", 5)
    assert await watch.until_ready("ns/one", 5) == 3
    seen = watch.get("ns/one")
    assert seen is not None
    assert (seen.allocated_ns, seen.address) == (2, "10.0.0.1")
    assert (watch.count, watch.ready) == (2, 2)


async def test_a_pod_that_is_no_longer_ready_is_waited_for_anew(api: Api, watch: PodWatch) -> None:
    api.say("ADDED", a_pod(ready=True), 1)
    await watch.until_ready("ns/one", 5)
    api.say("MODIFIED", a_pod(ready=False), 2)
    api.say("ADDED", a_pod("two", ready=True), 2)
    await watch.until_ready("ns/two", 5)
    assert watch.ready == 1
    api.say("MODIFIED", a_pod(ready=True), 3)
    assert await watch.until_ready("ns/one", 5) == 3


async def test_where_the_server_tells_no_moment_that_of_receipt_stands_in(api: Api, watch: PodWatch) -> None:
    api.say("ADDED", a_pod(ready=True), None)
    assert await watch.until_ready("ns/one", 5) == 999


async def test_a_pod_is_gone_from_the_moment_of_its_deletion(api: Api, watch: PodWatch) -> None:
    api.say("ADDED", a_pod(ready=True), 1)
    api.say("DELETED", a_pod(ready=True), 7)
    assert await watch.until_gone("ns/one", 5) == 7
    assert (watch.count, watch.ready) == (0, 0)


async def test_a_pod_that_came_again_under_its_name_is_another(api: Api, watch: PodWatch) -> None:
    api.say("ADDED", a_pod(ready=True), 1)
    api.say("ADDED", a_pod(uid="u2"), 2)
    api.say("MODIFIED", a_pod(uid="u2", ready=True), 3)
    api.say("ADDED", a_pod("two", ready=True), 4)
    await watch.until_ready("ns/two", 5)
    assert await watch.until_ready("ns/one", 5) == 3
    assert watch.ready == 2


async def test_what_does_not_come_is_named(api: Api, watch: PodWatch) -> None:
    api.say("ADDED", a_pod(), 1)
    with pytest.raises(TimeoutError, match="pod ns/one was not Ready within"):
        await watch.until_ready("ns/one", 0.01)
    with pytest.raises(TimeoutError, match="pod ns/one was not gone within"):
        await watch.until_gone("ns/one", 0.01)


async def test_waiting_for_many_ends_with_the_last(api: Api, watch: PodWatch) -> None:
    told: list[tuple[int, int]] = []
    waiting = asyncio.create_task(
        watch.until_all_ready(["ns/one", "ns/two"], 5, lambda done, total: told.append((done, total)))
    )
    api.say("ADDED", a_pod(ready=True), 1)
    api.say("ADDED", a_pod("two", ready=True), 2)
    await waiting
    assert told[-1] == (2, 2)


async def test_waiting_for_many_gives_up_when_none_becomes_ready(watch: PodWatch) -> None:
    with pytest.raises(TimeoutError, match="1 of 1 pods were not Ready and none became so for 0 s: ns/one"):
        await watch.until_all_ready(["ns/one"], 0, lambda done, total: None)
