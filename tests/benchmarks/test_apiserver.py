"""How fast the API server is, journal included: a real process over its Unix socket, both sharing this machine.

Bounds are half of what a prototype did on a machine of two cores (10,000 pods listed in 30 ms, 6,000 creates/s, 22,800
events/s to five watchers), held against the best round: a fall below them is a fault and no noise.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, cast

import orjson
import pytest
import uvloop
from pytest_benchmark.fixture import BenchmarkFixture

from testbed.apiserver.kinds import builtin
from testbed.apiserver.structure import faults
from tests.system.apiserver_process import ServerProcess, a_pod, running

pytestmark = pytest.mark.bench

IN_DEFAULT = "/api/v1/namespaces/default/pods"
PODS = 10_000
BATCH = 3_000
CONNECTIONS = 16
WATCHERS = 5
ROUNDS = 3
PATIENCE_S = 60

LISTED_MS = 60
CREATES_A_SECOND = 3_000
PATCHES_A_SECOND = 1_900
EVENTS_A_SECOND = 11_400
MANIFEST_US = 100

EVENT = b'"acceptedMonotonicNs"'


def raw(method: str, path: str, body: Any = None, media: str = "application/json") -> bytes:
    content = b"" if body is None else orjson.dumps(body)
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {media}\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


class Requests(asyncio.Protocol):
    """Takes request after request from a supply that many connections share, one at a time."""

    def __init__(self, supply: Iterator[bytes], done: asyncio.Future[None]) -> None:
        self.supply = supply
        self.done = done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is not registered as one
        self.send()

    def send(self) -> None:
        request = next(self.supply, None)
        self.chunks: list[bytes] = []
        self.missing: int | None = None
        if request is None:
            self.transport.close()
            self.done.set_result(None)
        else:
            self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.chunks.append(data)
        if self.missing is None:
            text = b"".join(self.chunks)
            end = text.find(b"\r\n\r\n")
            if end < 0:
                return
            if text[9:10] != b"2":
                self.done.set_exception(AssertionError(text[:1000]))
                return
            at = text.lower().index(b"content-length: ") + 16
            self.missing = int(text[at : text.index(b"\r", at)]) + end + 4 - len(text)
        else:
            self.missing -= len(data)
        if self.missing == 0:
            self.send()


class Watcher(asyncio.Protocol):
    """Counts the events of a watch: those of what is there already, then as many again."""

    def __init__(self, expected: int, loop: asyncio.AbstractEventLoop) -> None:
        self.expected = expected
        self.seen = 0
        self.tail = b""
        self.begun: asyncio.Future[None] = loop.create_future()
        self.done: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is not registered as one
        self.transport.write(raw("GET", "/api/v1/pods?watch=1"))

    def data_received(self, data: bytes) -> None:
        text = self.tail + data
        self.seen += text.count(EVENT)
        self.tail = text[1 - len(EVENT) :]  # an event's mark may come in two pieces
        if self.seen >= self.expected and not self.begun.done():
            self.begun.set_result(None)
        if self.seen >= 2 * self.expected and not self.done.done():
            self.done.set_result(None)
            self.transport.close()


async def send_all(server: ServerProcess, requests: list[bytes], connections: int = CONNECTIONS) -> None:
    loop, supply = asyncio.get_running_loop(), iter(requests)
    ends = [loop.create_future() for _ in range(connections)]
    for end in ends:
        await loop.create_unix_connection(lambda end=end: Requests(supply, end), str(server.socket))  # type: ignore[misc]
    await asyncio.wait_for(asyncio.gather(*ends), PATIENCE_S)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with running(tmp_path) as process:
        yield process


@pytest.fixture
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield runner


def creates(numbers: range) -> list[bytes]:
    return [raw("POST", IN_DEFAULT, a_pod(f"web-{number}")) for number in numbers]


def seconds(benchmark: BenchmarkFixture, which: str) -> float:
    """The ``min`` or ``median`` of the rounds."""
    assert benchmark.stats is not None
    return float(getattr(benchmark.stats.stats, which))


def rate(benchmark: BenchmarkFixture, of: str, amount: int) -> float:
    """The best round's rate, kept with the benchmark's figures."""
    found = amount / seconds(benchmark, "min")
    benchmark.extra_info[f"{of}_per_s"] = round(found)
    return found


def test_pods_listed(benchmark: BenchmarkFixture, server: ServerProcess, loop: asyncio.Runner) -> None:
    loop.run(send_all(server, creates(range(PODS))))
    benchmark.pedantic(
        lambda: loop.run(send_all(server, [raw("GET", "/api/v1/pods")], connections=1)),
        rounds=20,
        warmup_rounds=2,
    )
    assert seconds(benchmark, "min") * 1e3 < LISTED_MS


def test_pods_created(benchmark: BenchmarkFixture, server: ServerProcess, loop: asyncio.Runner) -> None:
    batches = count()

    def batch() -> tuple[tuple[list[bytes]], dict[str, Any]]:
        start = next(batches) * BATCH
        return (creates(range(start, start + BATCH)),), {}

    benchmark.pedantic(lambda requests: loop.run(send_all(server, requests)), setup=batch, rounds=ROUNDS)
    assert rate(benchmark, "creates", BATCH) > CREATES_A_SECOND


def patches(moment: int) -> list[bytes]:
    body = {"metadata": {"annotations": {"ovn.kubernetes.io/ip_address": f"10.16.0.{moment}"}}}
    media = "application/merge-patch+json"
    return [raw("PATCH", f"{IN_DEFAULT}/web-{number}", body, media) for number in range(BATCH)]


def test_pods_patched(benchmark: BenchmarkFixture, server: ServerProcess, loop: asyncio.Runner) -> None:
    loop.run(send_all(server, creates(range(BATCH))))
    moments = count()
    benchmark.pedantic(
        lambda requests: loop.run(send_all(server, requests)),
        setup=lambda: ((patches(next(moments)),), {}),
        rounds=ROUNDS,
    )
    assert rate(benchmark, "patches", BATCH) > PATCHES_A_SECOND


def test_events_to_five_watchers(
    benchmark: BenchmarkFixture, server: ServerProcess, loop: asyncio.Runner
) -> None:
    loop.run(send_all(server, creates(range(BATCH))))
    moments = count()

    async def fan_out(requests: list[bytes]) -> float:
        current = asyncio.get_running_loop()
        watchers = [Watcher(BATCH, current) for _ in range(WATCHERS)]
        for watcher in watchers:
            await current.create_unix_connection(lambda watcher=watcher: watcher, str(server.socket))  # type: ignore[misc]
            await asyncio.wait_for(watcher.begun, PATIENCE_S)
        start = time.perf_counter()
        await send_all(server, requests)
        await asyncio.wait_for(asyncio.gather(*(watcher.done for watcher in watchers)), PATIENCE_S)
        return time.perf_counter() - start

    taken: list[float] = []
    benchmark.pedantic(
        lambda requests: taken.append(loop.run(fan_out(requests))),
        setup=lambda: ((patches(next(moments)),), {}),
        rounds=ROUNDS,
    )
    benchmark.extra_info["events_per_s"] = round(WATCHERS * BATCH / min(taken))
    assert WATCHERS * BATCH / min(taken) > EVENTS_A_SECOND


def test_a_manifest_checked(benchmark: BenchmarkFixture) -> None:
    schema, pod = builtin().named("Pod").schema, a_pod("web-1")
    assert benchmark(lambda: faults(schema, pod)) == []
    assert seconds(benchmark, "median") * 1e6 < MANIFEST_US
