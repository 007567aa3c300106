"""An informer tells every change once, whatever happens to the connection or the server."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import msgspec
import orjson
import pytest
from aiohttp import web

from controller.api.core import Pod
from controller.api.kinds import PODS
from controller.kubernetes import Backoff, Change, Client, Informer
from tests.unit.kubernetes.conftest import SmallServer, status

Stream = AsyncIterator[Change[Pod]]


@pytest.fixture
def informer(client: Client) -> Informer[Pod]:
    return Informer(client, PODS, backoff=Backoff(0.001, 0.01))


@pytest.fixture
def stream(informer: Informer[Pod]) -> Stream:
    return aiter(informer)


async def told(stream: Stream, count: int) -> list[tuple[str, str]]:
    async with asyncio.timeout(30):
        changes = [await anext(stream) for _ in range(count)]
    return [(change.type, change.object.name) for change in changes]


async def test_first_what_is_there_then_synced_then_each_change(stream: Stream, server: SmallServer) -> None:
    server.put("a")
    assert await told(stream, 2) == [("ADDED", "a"), ("SYNCED", "")]
    server.put("b")
    server.put("a", nodeName="node1")
    server.remove("b")
    assert await told(stream, 3) == [("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]


async def test_a_change_tells_when_it_was_accepted_and_received(stream: Stream, server: SmallServer) -> None:
    await told(stream, 1)
    server.put("a")
    change = await anext(stream)
    assert change.accepted_ns == 1_000
    assert change.received_ns > 0


async def test_a_broken_connection_goes_on_from_the_last_revision(
    stream: Stream, server: SmallServer
) -> None:
    await told(stream, 1)
    server.put("a")
    assert await told(stream, 1) == [("ADDED", "a")]
    server.cut()
    server.put("b")
    assert await told(stream, 1) == [("ADDED", "b")]
    assert sum("watch" not in path for _, path, _, _ in server.requests) == 1, "no second list"


async def test_a_revision_that_is_too_old_leads_to_the_differences_alone(
    stream: Stream, server: SmallServer
) -> None:
    for name in ("stays", "changes", "goes"):
        server.put(name)
    await told(stream, 4)
    waiting = asyncio.ensure_future(told(stream, 3))
    await server.watching.wait()
    server.remove("goes", silent=True)
    server.put("changes", silent=True)
    server.put("comes", silent=True)
    server.forget_history()
    server.cut()
    assert await waiting == [("DELETED", "goes"), ("MODIFIED", "changes"), ("ADDED", "comes")]


async def test_a_pod_made_anew_under_its_name_is_deleted_and_added(
    stream: Stream, server: SmallServer
) -> None:
    server.put("a")
    await told(stream, 2)
    waiting = asyncio.ensure_future(told(stream, 2))
    await server.watching.wait()
    server.remove("a", silent=True)
    server.put("a", silent=True)
    server.forget_history()
    server.cut()
    assert await waiting == [("DELETED", "a"), ("ADDED", "a")]


async def test_the_end_is_told_of_what_the_caller_made_and_no_watch_ever_showed(
    informer: Informer[Pod], stream: Stream, server: SmallServer
) -> None:
    await told(stream, 1)
    waiting = asyncio.ensure_future(told(stream, 1))
    await server.watching.wait()
    made = msgspec.convert(server.put("a", silent=True), Pod)
    assert informer.knows(made)
    server.remove("a", silent=True)
    server.forget_history()
    server.cut()
    assert await waiting == [("DELETED", "a")]


async def test_what_the_caller_made_is_not_taken_for_gone_by_a_list_that_is_older(
    informer: Informer[Pod], stream: Stream, server: SmallServer
) -> None:
    await told(stream, 1)
    made = msgspec.convert(
        {"metadata": {"name": "a", "namespace": "default", "uid": "later", "resourceVersion": "1000"}}, Pod
    )
    assert informer.knows(made)
    waiting = asyncio.ensure_future(told(stream, 1))
    await server.watching.wait()
    server.put("b", silent=True)
    server.forget_history()
    server.cut()
    assert await waiting == [("ADDED", "b")]


async def test_what_came_and_went_before_its_maker_heard_of_it_is_not_known(
    informer: Informer[Pod], stream: Stream, server: SmallServer
) -> None:
    await told(stream, 1)
    made = msgspec.convert(server.put("a"), Pod)
    server.remove("a")
    server.put("b")
    assert await told(stream, 3) == [("ADDED", "a"), ("DELETED", "a"), ("ADDED", "b")]
    assert not informer.knows(made)


async def test_a_server_that_is_killed_and_started_again_is_followed_on(
    stream: Stream, server: SmallServer
) -> None:
    server.put("a")
    await told(stream, 2)
    waiting = asyncio.ensure_future(told(stream, 1))
    await server.watching.wait()
    await server.stop()
    server.put("b")
    await server.start()
    assert await waiting == [("ADDED", "b")]


async def test_a_server_that_refuses_is_asked_again(stream: Stream, server: SmallServer) -> None:
    server.put("a")
    refusal = orjson.dumps(status(503, "ServiceUnavailable"))
    server.refuse += [web.Response(status=503, body=refusal) for _ in range(3)]
    assert await told(stream, 2) == [("ADDED", "a"), ("SYNCED", "")]


def test_backoff_doubles_its_ceiling_until_it_is_reset() -> None:
    backoff = Backoff(first=1, ceiling=4, rng=random.Random(1))
    waits = [[backoff.failed() for _ in range(8)]]
    for _ in range(200):
        backoff.succeeded()
        waits.append([backoff.failed() for _ in range(8)])
    highest = [max(column) for column in zip(*waits, strict=True)]
    assert highest[0] <= 1 < highest[1] <= 2 < highest[2] <= 4
    assert max(highest) <= 4
