"""One pod added or deleted and all that followed, measured: what every scenario about single changes is made of.

The order of steps keeps the measurement out of what it measures: counters are asked for, which wakes the daemons,
before the change and once they are at rest after it; in between the meter is listened to and nothing else is done.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from controller.api.core import Pod
from controller.api.kinds import PODS
from controller.api.names import pod_port
from controller.kubernetes import Written
from testbed.experiment.bed import Bed
from testbed.measure import Change, EndNotSeen, Ends, counters, processor, writes
from testbed.measure.counters import Counters, Counts
from testbed.measure.processing import Chassis, Northd, held
from testbed.measure.processor import DaemonRole, Times, Usage
from testbed.measure.stages import stages
from testbed.measure.writes import LogUnreadable, Position, Writes

END_TIMEOUT_S = 120.0
"""How long an end may take before the attempt has failed: ten nodes that recompute 20,000 pods share the processors."""
REST_WINDOW_S = 0.05
REST_SHARE = 0.15
"""Of one processor, over a window: a daemon below it is at rest (ovs-vswitchd looks at every port twice a second)."""
REST_TIMEOUT_S = 30.0

Act = Callable[[], Awaitable[Written[Pod]]]


class AttemptFailed(Exception):
    """The change was made, but cannot be counted as a measurement; the message says why."""


class Processing(Protocol):
    """How a change is processed by OVN's daemons."""

    async def carry(self, bed: Bed, port: str, act: Act) -> Written[Pod]:
        """Make the change by ``act`` and see to how it is processed."""


class Unforced:
    """However the daemons like, which is incrementally where the release can."""

    async def carry(self, bed: Bed, port: str, act: Act) -> Written[Pod]:
        """Make the change and leave the daemons alone."""
        return await act()


class Recomputed:
    """By a recomputation in the controller, in northd and in every ovn-controller.

    Daemons are paused, so that the change cannot be processed before the recomputation that it is to be a part of; each
    is let go on sight of its input, so that it does not wait behind one either.
    """

    async def carry(self, bed: Bed, port: str, act: Act) -> Written[Pod]:
        """Make the change and have it processed in full, stage by stage."""
        northd, chassis = Northd(bed.cluster.daemons()), Chassis(bed.cluster.daemons())
        async with held(northd, chassis):
            await bed.controller.full()
            written = await act()
            await bed.meter.until(port, "nb", END_TIMEOUT_S)
            await northd.recompute_and_resume()
            await bed.meter.until(port, "sb", END_TIMEOUT_S)
            await chassis.recompute_and_resume()
        return written


@dataclass(frozen=True)
class Measured:
    """All that followed one change. Moments are CLOCK_MONOTONIC ns."""

    accepted_ns: int
    ends: Ends
    settled_ns: int
    """Added: when the API accepted Ready=True. Deleted: when the API removed the pod."""
    stages: Mapping[str, int]
    """Intervals (ns) on the longest path to the last node; they add up to ``all_nodes_ns - accepted_ns``."""
    work: Counters
    """What the incremental engines did."""
    used: Mapping[DaemonRole, Usage]
    """Processor and run-queue-wait time of each daemon, from the change until all were at rest."""
    written: Mapping[str, int]
    """NB rows that the controller inserted, updated and removed, and its transactions."""
    logged: Mapping[str, Writes | None]
    """What reached NB and SB, whoever wrote it; None where the database compacted its log meanwhile."""

    @property
    def all_nodes_ns(self) -> int:
        """From acceptance until the last node had (or had lost) the pod."""
        assert self.ends.all_nodes_ns is not None
        return self.ends.all_nodes_ns - self.accepted_ns


def port_of(pod: Pod) -> str:
    """The pod's logical switch port, by Kube-OVN's convention."""
    return pod_port(pod.namespace, pod.name)


async def add(bed: Bed, pod: Pod, processing: Processing) -> Measured:
    """Create ``pod`` and measure what followed. Raises ``AttemptFailed`` when an end was not seen in time."""
    return await _measure(
        bed, "added", pod, processing, lambda: bed.api.create(PODS, pod), bed.pods.until_ready
    )


async def delete(bed: Bed, pod: Pod, processing: Processing) -> Measured:
    """Delete ``pod`` and measure what followed. Raises ``AttemptFailed`` when an end was not seen in time."""
    return await _measure(
        bed,
        "deleted",
        pod,
        processing,
        lambda: bed.api.delete(PODS, pod.name, namespace=pod.namespace),
        bed.pods.until_gone,
    )


async def rest(bed: Bed) -> dict[DaemonRole, Times]:
    """Wait until no daemon of the cluster has work left; its processor clocks at the moment when that began.

    Raises ``AttemptFailed`` if that takes too long.
    """
    deadline = time.monotonic() + REST_TIMEOUT_S
    now = processor.snapshot(bed.cluster.daemons())
    while True:
        began, before = time.monotonic_ns(), now
        await asyncio.sleep(REST_WINDOW_S)
        now = processor.snapshot(bed.cluster.daemons())
        allowed = REST_SHARE * (time.monotonic_ns() - began)
        used = processor.difference(before, now)
        busy = [daemon for daemon, spent in used.items() if spent.run_ns > allowed]
        if not busy:
            return before
        if time.monotonic() > deadline:
            raise AttemptFailed(f"not at rest within {REST_TIMEOUT_S:g} s: {busy[0][1]} on {busy[0][0]}")


async def _measure(
    bed: Bed,
    change: Change,
    pod: Pod,
    processing: Processing,
    act: Act,
    settled: Callable[[str, float], Awaitable[int]],
) -> Measured:
    port, daemons = port_of(pod), bed.cluster.daemons()
    async with bed.window():
        rows = (await bed.controller.counters())["northbound"]
        work = await counters.snapshot(daemons)
        files = bed.cluster.central.database_files
        logs = {name: writes.position(file) for name, file in files.items()}
        used = processor.snapshot(daemons)
        await bed.meter.expect(port, change)
        bed.attempts += 1
        fault = ""
        try:
            made = await processing.carry(bed, port, act)
            settled_ns = await settled(pod.path, END_TIMEOUT_S)
        except (EndNotSeen, TimeoutError) as error:
            fault = str(error)
        ends = await bed.meter.ends(port, 0 if fault else END_TIMEOUT_S)
        at_rest = await rest(bed)  # also after a failed attempt: the next one begins at rest
        if fault:
            raise AttemptFailed(fault)
        work_after = await counters.snapshot(daemons)
        rows_after = (await bed.controller.counters())["northbound"]
        logged = {name: _logged(file, logs[name]) for name, file in files.items()}
    if ends.lost:
        bed.lost += 1
        raise AttemptFailed(f"the meter lost events: {'; '.join(ends.lost)}")
    seen = bed.pods.get(pod.path)
    accepted_ns = made.accepted_ns or ends.armed_ns
    parts = stages(ends, "all_nodes", accepted_ns=accepted_ns, allocated=seen.allocated_ns if seen else None)
    if parts is None:
        missing = [name for name, node in ends.nodes.items() if node.reached_ns is None]
        raise AttemptFailed(f"{change}: flows not seen within {END_TIMEOUT_S:g} s on {', '.join(missing)}")
    return Measured(
        accepted_ns=accepted_ns,
        ends=ends,
        settled_ns=settled_ns,
        stages=parts,
        work=counters.difference(work, work_after),
        used=processor.difference(used, at_rest),
        written={name: count - rows[name] for name, count in rows_after.items()},
        logged=logged,
    )


def _logged(file: Path, before: Position) -> Writes | None:
    try:
        return writes.between(file, before, writes.position(file))
    except LogUnreadable:
        return None


def most_on_any_machine(work: Counters) -> dict[tuple[str, str], Counts]:
    """By daemon and engine node, the most that any machine did: nodes do the same work, the busiest is the bound."""
    most: dict[tuple[str, str], Counts] = {}
    for (_, daemon, engine_node), counts in work.items():
        before = most.get((daemon, engine_node), Counts())
        most[daemon, engine_node] = Counts(*map(max, before, counts))
    return most


def most_used(used: Mapping[DaemonRole, Usage]) -> dict[str, Usage]:
    """By role, the processor and waiting time of the machine whose daemon used most."""
    most: dict[str, Usage] = {}
    for (_, role), spent in used.items():
        if role not in most or spent.run_ns > most[role].run_ns:
            most[role] = spent
    return most
