"""How fast the API client is: against a real API server process on the same machine, and decoding alone.

Bounds are what controller and kubelets need for a bulk of 10,000 pods within seconds; they are held against the best
round. On two cores shared with the server a request takes 35 to 50 us of the client's processor (with aiohttp 128).
"""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path

import orjson
import pytest
import uvloop
from pytest_benchmark.fixture import BenchmarkFixture

from controller.api.kinds import PODS
from controller.kubernetes import Access, Client, wire
from tests.system.apiserver_process import a_pod, running

pytestmark = pytest.mark.bench

BATCH = 2_000
ROUNDS = 3
REQUESTS_A_SECOND = 2_000
"""Two thirds of the aim of 3,000: the machine may be shared."""
EVENTS_A_SECOND = 30_000
OBJECTS_A_SECOND = 50_000


def fastest(benchmark: BenchmarkFixture) -> float:
    """Seconds of the best round."""
    assert benchmark.stats is not None
    return float(benchmark.stats.stats.min)


def an_event() -> bytes:
    metadata = {"name": "a", "namespace": "default", "uid": "u1", "resourceVersion": "7"}
    pod = a_pod("a")
    pod["metadata"] |= metadata
    return orjson.dumps({"type": "MODIFIED", "object": pod, "acceptedMonotonicNs": 1})


def test_requests(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    names = count()

    async def create_many(socket: Path) -> None:
        async with Client(Access(f"unix:{socket}")) as client:
            pods = [a_pod(f"p{next(names)}") for _ in range(BATCH)]
            await asyncio.gather(*(client.create(PODS, pod, namespace="default") for pod in pods))

    with running(tmp_path) as server:
        benchmark.pedantic(lambda: uvloop.run(create_many(server.socket)), rounds=ROUNDS)
    assert BATCH / fastest(benchmark) > REQUESTS_A_SECOND


def test_decoding_a_watch(benchmark: BenchmarkFixture) -> None:
    chunk = b"\n".join([an_event()] * BATCH) + b"\n"

    def decode() -> int:
        return sum(wire.decode_line(PODS, line, 1).received_ns for line in wire.Lines().feed(chunk))

    assert benchmark.pedantic(decode, rounds=ROUNDS) == BATCH
    assert BATCH / fastest(benchmark) > EVENTS_A_SECOND


def test_decoding_a_list(benchmark: BenchmarkFixture) -> None:
    body = orjson.dumps({"metadata": {"resourceVersion": "7"}, "items": [a_pod("a")] * BATCH})
    items, revision, _ = benchmark.pedantic(lambda: wire.decode_page(PODS, body), rounds=ROUNDS)
    assert (len(items), revision) == (BATCH, "7")
    assert BATCH / fastest(benchmark) > OBJECTS_A_SECOND
