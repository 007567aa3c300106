"""What grows with the number of pods, up to 100,000, and what does not: one climb, with a look around at each rung.

Real API server with the controller's admission, real NB, real controller; node objects but no nodes. Times of one more
pod are of the controller's own process: everything from the watch's event to the last patch, by the kernel's clock of
that process.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from controller import ovsdb
from controller.api.kinds import PODS, SUBNETS
from controller.kubernetes import Access, Change, Client
from testbed.measure import processor
from tests.benchmarks import many_pods
from tests.benchmarks.many_pods import A_SUBNET, Ports, usual
from tests.benchmarks.test_controller import idle
from tests.system.chain import Chain

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1_800)]

RUNGS = (1_000, 10_000, 30_000, 100_000)
ALONE = 60
"""Pods that come one after the other, each to a controller that has nothing else to do."""
WARM = 10
"""Of these, the first are not counted."""
TOGETHER = 400
"""Pods that come at once."""
RESTART_S = {10_000: 3.0, 100_000: 30.0}
"""From the start of the process until all is verified, at most.

Held against what controller, API server and NB work for it one after the other, since others may use the machine too.
"""
MOST_BYTES = 2**30
"""Of memory at its peak, of the controller and of the API server."""
POD_MS = 1.0
"""Of the controller's processor time, for one more pod among 10,000."""
GROWTH = 1.5
"""What one more pod may cost among 100,000, beside one among 1,000.

Of the samples the first quartile is judged: what others do on the machine makes a cache cold, never warm.
"""

Say = Callable[[str], None]


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Say:
    """Tells whoever waits how far it is."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def say(text: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"  {time.strftime('%H:%M:%S')} {text}", flush=True)

    return say


@pytest.fixture
def chain() -> Iterator[Chain]:
    with tempfile.TemporaryDirectory() as directory:
        chain = Chain(Path(directory))
        try:
            chain.start_api("--admission", "controller.admission")
            chain.start_northbound()
            chain.start_controller()
            yield chain
        finally:
            chain.stop()


def run_ns(chain: Chain, name: str = "controller") -> int:
    return processor.read(chain.processes[name].pid).run_ns


def peak_bytes(chain: Chain, name: str) -> int:
    status = Path(f"/proc/{chain.processes[name].pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


class Climb:
    """A cluster that gets more and more pods."""

    def __init__(self, chain: Chain, api: Client, ports: Ports, say: Say) -> None:
        self.chain = chain
        self.api = api
        self.ports = ports
        self.say = say
        self.pods = 0

    async def to(self, pods: int) -> None:
        """Creates what is missing; returns when the controller has nothing left to do."""
        await many_pods.make_room(self.api, self.pods, pods)
        await many_pods.create(self.api, map(usual, range(self.pods, pods)))
        await self.ports.until(pods)
        await idle(self.chain)
        self.pods = pods

    async def rung(self, pods: int) -> dict[str, Any]:
        """Up to ``pods``, the last of them measured: some at once, then some one by one."""
        began = time.monotonic()
        await self.to(pods - ALONE - TOGETHER)
        before = run_ns(self.chain)
        await self.to(pods - ALONE)
        together_ms = (run_ns(self.chain) - before) / TOGETHER / 1e6
        compiled_ns = (await self.chain.counters())["loop"]["compile_ns"]
        alone = (await self.one_by_one(ALONE))[WARM:]
        compiled_ns = (await self.chain.counters())["loop"]["compile_ns"] - compiled_ns
        found = {
            "alone_ms_median": round(statistics.median(alone), 3),
            "alone_ms_quartile": round(statistics.quantiles(alone)[0], 3),
            "alone_ms_upper_quartile": round(statistics.quantiles(alone)[2], 3),
            "together_ms": round(together_ms, 3),
            "compile_ms": round(compiled_ns / ALONE / 1e6, 3),
            "controller_peak_mib": peak_bytes(self.chain, "controller") >> 20,
            "api_peak_mib": peak_bytes(self.chain, "api") >> 20,
        }
        self.say(f"{pods:,} pods after {time.monotonic() - began:.0f} s: {found}")
        return found

    async def one_by_one(self, count: int) -> list[float]:
        """Milliseconds of the controller's processor for each of so many pods."""
        subnet = f"subnet-{self.pods // A_SUBNET}"
        usage = aiter(self.api.follow(SUBNETS, field_selector=f"metadata.name={subnet}"))
        while (await anext(usage)).type != "SYNCED":
            pass
        spent = []
        before = run_ns(self.chain)
        for number in range(self.pods, self.pods + count):
            await self.api.create(PODS, usual(number))
            await self.ports.until_named(many_pods.port(number))
            await _last_of(usage)
            after = run_ns(self.chain)
            spent.append((after - before) / 1e6)
            before = after
        self.pods += count
        return spent

    async def restart(self) -> dict[str, Any]:
        """The controller is killed and started again: nothing has changed."""
        self.chain.kill("controller")
        others = run_ns(self.chain, "api") + run_ns(self.chain, "nb")
        began = time.monotonic()
        self.chain.start_controller()
        ready = time.monotonic() - began
        own = run_ns(self.chain)
        others = run_ns(self.chain, "api") + run_ns(self.chain, "nb") - others
        await idle(self.chain)
        counters = await self.chain.counters()
        assert counters["northbound"]["operations"] == 0
        assert counters["api"] == dict.fromkeys(counters["api"], 0)
        assert counters["state"]["pods"] == self.pods
        found = {
            "restart_s": round(ready, 2),
            "restart_processor_s": round(own / 1e9, 2),
            "restart_all_processor_s": round((own + others) / 1e9, 2),
            "restarted_peak_mib": peak_bytes(self.chain, "controller") >> 20,
        }
        self.say(f"restarted at {self.pods:,} pods: {found}")
        return found


async def _last_of(usage: Any) -> None:
    """The subnet's status is the last thing that a pod causes."""
    change: Change[Any] = await anext(usage)
    assert change.type == "MODIFIED"


def test_a_hundred_thousand_pods(benchmark: BenchmarkFixture, chain: Chain, say: Say) -> None:
    """One more pod costs what it did among a thousand; a restart and the memory stay within what was promised."""

    async def climb() -> dict[int, dict[str, Any]]:
        found: dict[int, dict[str, Any]] = {}
        async with Client(Access.load(chain.kubeconfig)) as api:
            nb = await ovsdb.Client.connect(chain.northbound, "OVN_Northbound")
            ports = Ports()
            await ports.follow(nb)
            on_the_way = Climb(chain, api, ports, say)
            for pods in RUNGS:
                found[pods] = await on_the_way.rung(pods)
                if pods in RESTART_S:
                    found[pods] |= await on_the_way.restart()
            await nb.close()
        return found

    rungs = benchmark.pedantic(lambda: asyncio.run(climb()), rounds=1)
    top, bottom = rungs[RUNGS[-1]], rungs[RUNGS[0]]
    growth = round(top["alone_ms_quartile"] / bottom["alone_ms_quartile"], 2)
    benchmark.extra_info |= {f"{pods}": found for pods, found in rungs.items()} | {"alone_growth": growth}
    print(benchmark.extra_info)
    assert rungs[10_000]["alone_ms_quartile"] < POD_MS
    assert growth < GROWTH
    for pods, seconds in RESTART_S.items():
        assert rungs[pods]["restart_all_processor_s"] <= seconds
    assert max(top["controller_peak_mib"], top["restarted_peak_mib"], top["api_peak_mib"]) << 20 < MOST_BYTES
