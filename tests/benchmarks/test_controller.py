"""What the controller costs: from the API to NB in bulk, one change among many, and a restart.

Each figure names the process whose processor time it is: API server, controller, NB and this driver share two cores.
"""

import asyncio
import gc
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from controller import ovsdb
from controller.__main__ import GC_THRESHOLDS
from controller.api.kinds import IPS, PODS, SUBNETS
from controller.engine.engine import Engine
from controller.engine.view import View
from controller.kubernetes import Access, Client
from controller.northbound.delta import Delta, differ
from controller.northbound.replica import Replica
from controller.northbound.rows import Place, Row, RowKey
from controller.northbound.writer import Writer
from controller.reconcilers import RECONCILERS
from controller.runtime.clock import timestamp
from controller.runtime.loop import DATABASE, OWNERS_A_BATCH
from tests.benchmarks.many_pods import (
    A_SUBNET,
    Ports,
    create,
    make_room,
    port,
    record,
    small,
    surroundings,
    typed_pod,
)
from tests.benchmarks.test_ovsdb import address, bare, northbound, one_by_one
from tests.system.chain import Chain
from tests.system.private_ovsdb import Server

pytestmark = pytest.mark.bench

PODS_IN_BULK = 10_000
ROUNDS = 3


@pytest.fixture
def chain() -> Iterator[Chain]:
    with tempfile.TemporaryDirectory() as directory:
        chain = Chain(Path(directory))
        try:
            chain.start_api()
            chain.start_northbound()
            yield chain
        finally:
            chain.stop()


def processor_seconds(chain: Chain) -> dict[str, float]:
    """User and system time so far of each process of the chain."""
    seconds = {}
    for name, process in chain.processes.items():
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        seconds[name] = (int(fields[11]) + int(fields[12])) / 100
    return seconds


async def filled(chain: Chain, pods: int) -> AsyncIterator[tuple[Client, Ports, dict[str, Any]]]:
    async with Client(Access.load(chain.kubeconfig)) as api:
        await make_room(api, 0, pods)
        nb = await ovsdb.Client.connect(chain.northbound, DATABASE)
        ports = Ports()
        await ports.follow(nb)
        before, started = processor_seconds(chain), time.monotonic()
        await create(api, map(small, range(pods)))
        accepted = time.monotonic()
        await ports.until(pods)
        committed = time.monotonic()
        after = processor_seconds(chain)
        yield (
            api,
            ports,
            {
                "pods": pods,
                "accepted_per_s": round(pods / (accepted - started)),
                "committed_per_s": round(pods / (committed - started)),
                "processor_s": {name: round(after[name] - before[name], 2) for name in after},
            },
        )
        await nb.close()


def test_from_the_api_to_northbound_in_bulk(benchmark: BenchmarkFixture, chain: Chain) -> None:
    """10,000 pods accepted by the API until all are committed in NB."""
    chain.start_controller()

    async def measure() -> dict[str, Any]:
        async for _, _, figures in filled(chain, PODS_IN_BULK):
            return figures
        raise AssertionError

    benchmark.extra_info |= benchmark.pedantic(lambda: asyncio.run(measure()), rounds=1)
    print(benchmark.extra_info)


def test_one_change_among_many(benchmark: BenchmarkFixture, chain: Chain) -> None:
    """An idle controller with 10,000 pods: the work of one more, and that nothing waits on purpose."""
    chain.start_controller()
    changes = 50
    first = PODS_IN_BULK - changes
    subnet = f"metadata.name=subnet-{first // A_SUBNET}"

    async def measure() -> dict[str, Any]:
        async for api, ports, _ in filled(chain, first):
            await idle(chain)
            usage = api.follow(SUBNETS, field_selector=subnet).__aiter__()
            while (await anext(usage)).type != "SYNCED":
                pass
            before = processor_seconds(chain)
            latencies = []
            for number in range(first, PODS_IN_BULK):
                started = time.monotonic()
                await api.create(PODS, small(number))
                await ports.until_named(port(number))
                latencies.append((time.monotonic() - started) * 1e3)
                await anext(usage)  # the subnet's status is the last thing that a change causes
            after = processor_seconds(chain)
            batches = await chain.admin("GET", "batches")
            waits = sorted(
                (batch["compiled_ns"] - batch["allocated_ns"]) / 1e6 for batch in batches[-2 * changes :]
            )
            latencies.sort()
            return {
                "changes": changes,
                "api_to_nb_p50_ms": round(latencies[changes // 2], 2),
                "compile_p50_ms": round(waits[len(waits) // 2], 3),
                "processor_ms_a_change": {
                    name: round((after[name] - before[name]) * 1e3 / changes, 2) for name in after
                },
            }
        raise AssertionError

    figures = benchmark.pedantic(lambda: asyncio.run(measure()), rounds=1)
    benchmark.extra_info |= figures
    print(figures)
    assert figures["processor_ms_a_change"]["controller"] < 25, (
        "watching, allocating, compiling, committing, patching"
    )


def test_a_restart_verifies_everything(benchmark: BenchmarkFixture, chain: Chain) -> None:
    """From start to ready with 10,000 pods of which nothing changed: no row written, nothing patched."""
    chain.start_controller()

    async def measure() -> dict[str, Any]:
        async for _ in filled(chain, PODS_IN_BULK):
            await idle(chain)
            chain.kill("controller")
            started = time.monotonic()
            chain.start_controller()
            ready = time.monotonic() - started
            counters = await chain.counters()
            assert counters["northbound"]["transactions"] == 0
            return {"ready_s": round(ready, 2), "processor_s": processor_seconds(chain)["controller"]}
        raise AssertionError

    figures = benchmark.pedantic(lambda: asyncio.run(measure()), rounds=1)
    benchmark.extra_info |= figures
    print(figures)
    assert figures["processor_s"] < 3  # and no longer, on a machine that has nothing else to do


def test_pods_that_end_free_their_addresses_within_a_second(
    benchmark: BenchmarkFixture, chain: Chain
) -> None:
    """One pod after the other fails or is deleted in a cluster of 10,000: until its IP object is gone."""
    chain.start_controller()
    ends = 100
    freed = "ovn_controller_address_freed_seconds"

    async def measure() -> dict[str, Any]:
        async for api, _, _ in filled(chain, PODS_IN_BULK):
            await idle(chain)
            for number in range(ends):
                if number % 2:
                    await api.delete(PODS, f"pod-{number}", namespace="ns-0", grace_seconds=0)
                else:
                    status = {"status": {"phase": "Failed", "reason": "Evicted"}}
                    await api.patch(PODS, f"pod-{number}", status, namespace="ns-0", subresource="status")
                await until_more(chain, f"{freed}_count", number)
            found = await chain.metrics()
            return {
                "ends": ends,
                "mean_ms": round(found[f"{freed}_sum"] / ends * 1e3, 1),
                "within_100_ms": found[f'{freed}_bucket{{le="0.1"}}'],
                "within_1_s": found[f'{freed}_bucket{{le="1.0"}}'],
            }
        raise AssertionError

    figures = benchmark.pedantic(lambda: asyncio.run(measure()), rounds=1)
    benchmark.extra_info |= figures
    print(figures)
    assert figures["within_1_s"] == ends


async def until_more(chain: Chain, metric: str, than: int) -> None:
    """Waits until a metric of the controller has passed a value."""
    async with asyncio.timeout(60):
        while True:
            if (await chain.metrics())[metric] > than:
                return
            await asyncio.sleep(0.005)


async def idle(chain: Chain) -> None:
    """Waits until the controller has nothing to do."""
    async with asyncio.timeout(60):
        while True:
            state = (await chain.counters())["state"]
            if not state["due"] and not state["api_pending"]:
                return
            await asyncio.sleep(0.01)


def test_objects_to_northbound_against_bare_json_and_a_transaction_a_pod(benchmark: BenchmarkFixture) -> None:
    """10,000 pods: compiled, diffed and written, 20 times ovsdbapp's rate; the writer alone, half of bare JSON's.

    Both also follow NB, as they must to diff; bare JSON is sent and forgotten.
    """

    def measure() -> dict[str, float]:
        ways: dict[str, Callable[[Server], float]] = {
            "bare": bare,
            "writer": lambda server: asyncio.run(through_the_writer(server.endpoint)),
            "objects": lambda server: asyncio.run(from_objects(server.endpoint)),
            "one_by_one": one_by_one,
        }
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                with northbound() as server:
                    rates[name].append(way(server))
        best = {name: max(found) for name, found in rates.items()}
        return {
            **{f"{name}_per_s": round(rate) for name, rate in best.items()},
            "writer_over_bare": round(best["writer"] / best["bare"], 2),
            "writer_over_one_by_one": round(best["writer"] / best["one_by_one"], 1),
            "objects_over_one_by_one": round(best["objects"] / best["one_by_one"], 1),
        }

    figures = benchmark.pedantic(measure, rounds=1)
    benchmark.extra_info |= figures
    print(figures)
    assert figures["writer_over_bare"] >= 0.5
    assert figures["objects_over_one_by_one"] >= 20


async def from_objects(endpoint: str) -> float:
    """Pods and their addresses as the API tells of them, until NB has committed all that they need: pods a second.

    That is what the controller does with them, by its own parts in its own order: every reconciler is asked.
    """
    client = await ovsdb.Client.connect(endpoint, DATABASE)
    view, replica = View(), Replica()
    await replica.follow(client)
    engine, writer = Engine(view, replica, RECONCILERS), Writer(replica)

    async def settle() -> None:
        while engine.due:
            plan = engine.plan(engine.take(OWNERS_A_BATCH), timestamp())
            written = await writer.commit(client, plan.deltas)
            assert len(written.committed) == len(plan.deltas)

    for kind, thing in surroundings(PODS_IN_BULK):
        view.put(kind, thing)
    await settle()
    told = [(typed_pod(number), record(number)) for number in range(PODS_IN_BULK)]
    before = writer.tally.rows_inserted
    gc.set_threshold(*GC_THRESHOLDS)
    started = time.monotonic()
    for pod, address_of_pod in told:
        view.put(PODS, pod)
        view.put(IPS, address_of_pod)
    await settle()
    rate = PODS_IN_BULK / (time.monotonic() - started)
    assert writer.tally.rows_inserted - before == PODS_IN_BULK
    assert writer.tally.members_changed == PODS_IN_BULK, "each leaves by its own node"
    await client.close()
    return rate


async def through_the_writer(endpoint: str) -> float:
    """The rows of ``bare``, diffed with a replica and committed: pods a second."""
    client = await ovsdb.Client.connect(endpoint, DATABASE)
    replica = Replica()
    await replica.follow(client)
    only = [frozenset((address(number),)) for number in range(PODS_IN_BULK)]
    rows = [
        Row(
            RowKey("Logical_Switch_Port", f"pod-{number}.ns"),
            {"addresses": only[number], "port_security": only[number]},
            Place("Logical_Switch", "s", "ports"),
            {"pod": f"ns/pod-{number}", "ls": "s"},
        )
        for number in range(PODS_IN_BULK)
    ]
    gc.set_threshold(*GC_THRESHOLDS)
    started = time.monotonic()
    owners = [f"pod/ns/{row.key.name}" for row in rows]
    deltas = [
        Delta(owner, tuple(differ(owner, [row], replica))) for owner, row in zip(owners, rows, strict=True)
    ]
    written = await Writer(replica).commit(client, deltas)
    rate = PODS_IN_BULK / (time.monotonic() - started)
    assert len(written.committed) == PODS_IN_BULK
    await client.close()
    return rate
