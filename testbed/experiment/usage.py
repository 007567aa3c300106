"""What each daemon uses, over the time of the run: memory, processor time, the size of its database.

Reading a large process's PSS takes its memory lock for milliseconds: no sample is taken within a measured window.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from testbed.cluster import Daemon
from testbed.experiment.bed import Bed
from testbed.experiment.channel import Message
from testbed.measure import processor
from testbed.results import Resource

INTERVAL_S = 5.0


class UsageSampler:
    """Samples every daemon of the bed's cluster, every ``INTERVAL_S`` seconds between measured windows."""

    def __init__(self, bed: Bed) -> None:
        self._bed = bed

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            for daemon in self._bed.cluster.daemons():
                async with self._bed.quiet:
                    usage = await asyncio.to_thread(self._sample, daemon)
                self._bed.sender.send(Message(resource=usage))
            await asyncio.sleep(INTERVAL_S)

    def _sample(self, daemon: Daemon) -> Resource:
        times = processor.read(daemon.pid)
        return Resource(
            instance=self._bed.instance,
            monotonic_ns=time.monotonic_ns(),
            daemon=daemon.name,
            node=daemon.node,
            pss_mib=pss_mib(daemon.pid),
            processor_ns=times.run_ns,
            wait_ns=times.wait_ns,
            database_bytes=database_bytes(daemon),
        )


def pss_mib(pid: int, proc: Path = Path("/proc")) -> float | None:
    """The proportional set size of a process in MiB (shared pages divided among sharers); None if it is gone."""
    try:
        lines = (proc / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return None


def database_bytes(daemon: Daemon) -> int | None:
    """The size of an ovsdb-server's database files beside its control socket; None for other daemons."""
    if not daemon.name.startswith("ovsdb-server"):
        return None
    return sum(entry.stat().st_size for entry in daemon.control.parent.glob("*.db"))
