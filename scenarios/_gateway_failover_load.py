"""Gateways under full load: pods come and go as fast as they can, and nobody may think that a gateway is lost."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence

from controller.api.kinds import PODS
from testbed.experiment.bed import Bed
from testbed.experiment.gatewaywatch import GatewayWatch, Move
from testbed.experiment.provision import Tenant, pod
from testbed.measure.validity import ProcessorTimes, read_processor_times
from testbed.probes.echo import Echo, outages

AT_ONCE = 32
"""So many pods are on their way at any time: northd and every ovn-controller have always something to do."""
POD_TIMEOUT_S = 120.0


async def watch_under_load(
    bed: Bed, echo: Echo, watch: GatewayWatch, towns: Sequence[Tenant], seconds: float
) -> None:
    """Record each false alarm, the load that there was, and the datagrams that were lost meanwhile."""
    begin, start_ns = len(echo.sent), time.monotonic_ns()
    before = await asyncio.to_thread(read_processor_times)
    changes = await _come_and_go(bed, towns, seconds)
    after = await asyncio.to_thread(read_processor_times)
    alarms = watch.alarms(start_ns)
    values = {
        "false_failovers": len(alarms),
        "false_moves": sum(isinstance(alarm, Move) for alarm in alarms),
        "load_changes": changes,
        "load_s": seconds,
        "load_cpu_share": _share(before, after, after.own - before.own),
        "load_foreign_cpu_share": _share(
            before, after, (after.processes - before.processes) - (after.own - before.own)
        ),
        "load_lost_packets": sum(outage.lost for outage in outages(echo.sent[begin:])),
    }
    for metric, value in values.items():
        bed.record(metric, float(value), mode="load", start_ns=start_ns)


async def _come_and_go(bed: Bed, towns: Sequence[Tenant], seconds: float) -> int:
    """Create stub pods and delete each once it is Ready; returns how many were."""
    bed.progress(f"full load for {seconds:g} s")
    nodes = [node.name for node in bed.cluster.nodes]
    numbers = itertools.count()
    deadline = time.monotonic() + seconds
    done = 0

    async def one_after_another() -> None:
        nonlocal done
        while time.monotonic() < deadline:
            number = next(numbers)
            one = pod(f"load-{number}", towns[number % len(towns)].name, nodes[number % len(nodes)])
            await bed.api.create(PODS, one)
            await bed.pods.until_ready(one.path, POD_TIMEOUT_S)
            await bed.api.delete(PODS, one.name, namespace=one.namespace)
            await bed.pods.until_gone(one.path, POD_TIMEOUT_S)
            done += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(one_after_another())
    return done


def _share(before: ProcessorTimes, after: ProcessorTimes, ticks: int) -> float:
    return max(0, ticks) / max(1, after.total - before.total)
