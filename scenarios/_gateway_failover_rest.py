"""What BFD costs a cluster at rest: the processor time of each node's ovs-vswitchd, with it and without, in turns.

OVN runs BFD while a router's port has more than one chassis to be on: a subnet with one gateway node needs none.
"""

from __future__ import annotations

import asyncio
import time
from typing import Literal

from scenarios._gateway_failover_trial import prefer
from testbed.experiment.bed import Bed
from testbed.experiment.bfd import until_in_step, until_silent
from testbed.experiment.provision import settle
from testbed.measure import processor

BFD_TIMEOUT_S = 90.0

Mode = Literal["bfd_on", "bfd_off"]


async def rest(bed: Bed, seconds: float, rounds: int, interval_ms: int) -> None:
    """Measure each mode once a round, in an order drawn for each; BFD is on at the end."""
    modes: list[Mode] = ["bfd_on", "bfd_off"]
    for number in range(1, rounds + 1):
        bed.rng.shuffle(modes)
        for mode in modes:
            bed.progress(f"at rest, {mode.replace('_', ' ')}", number - 1, rounds)
            await _turn(bed, mode, interval_ms)
            await _window(bed, mode, number, seconds)
    await _turn(bed, "bfd_on", interval_ms)


async def _turn(bed: Bed, mode: Mode, interval_ms: int) -> None:
    first, second, *_ = bed.cluster.nodes
    if mode == "bfd_on":
        await prefer(bed, first, second)
        await until_in_step(bed.cluster, interval_ms, BFD_TIMEOUT_S)
    else:
        await prefer(bed, first)
        await until_silent(bed.cluster, BFD_TIMEOUT_S)


async def _window(bed: Bed, mode: Mode, number: int, seconds: float) -> None:
    await settle(bed)
    switches = [node.switch for node in bed.cluster.nodes]
    async with bed.window():
        start_ns, before = time.monotonic_ns(), processor.snapshot(switches)
        await asyncio.sleep(seconds)
        end_ns, after = time.monotonic_ns(), processor.snapshot(switches)
    gateways = {node.name for node in bed.cluster.nodes[:2]}
    for (node, _), used in processor.difference(before, after).items():
        bed.record(
            "vswitchd_cpu_ms_per_s",
            used.run_ns / 1e6 / ((end_ns - start_ns) / 1e9),
            mode=mode,
            trial=number,
            labels={"node": node, "role": "gateway" if node in gateways else "other"},
            start_ns=start_ns,
        )
