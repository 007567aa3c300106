"""Which processes of a cluster are started again when they die, how soon, and what is remembered of it.

Our own processes keep nothing that is not in the API server's journal, NB or the kernel, so each is started again.
So are ovn-northd and ovn-controller, which compute everything anew from their databases. Database servers and
switches are only reported: a new switch process would have lost the devices of the nodes' tunnels with their
addresses, and clients of a database that comes back may judge their world by what they had not yet sent.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from testbed.cluster.cluster import Cluster
from testbed.cluster.errors import StartFailed
from testbed.cluster.processes import Process

SAFE_ROLES = ("northd", "chassis")
"""Roles of OVN's daemons (`Daemon.role`) that are started again."""

START_TIMEOUT_S = 30.0
SETTLED_S = 10.0
"""A process that lived this long is started again at once; one that dies sooner waits twice as long each time."""
FIRST_DELAY_S, LONGEST_DELAY_S = 0.2, 10.0


@dataclass(frozen=True)
class Incident:
    """Something that happened to a process: `at` is UTC in ISO 8601."""

    at: str
    process: str
    what: str


class Watch:
    """Watches every process of a cluster.

    Args:
        cluster: a cluster that is up.
        log: told each incident.
    """

    def __init__(self, cluster: Cluster, log: Callable[[Incident], None]) -> None:
        self._log = log
        self.incidents: list[Incident] = []
        self.restarts: dict[str, int] = {}
        above = () if cluster.control_plane is None else cluster.control_plane.processes
        safe = [daemon.process for daemon in cluster.daemons() if daemon.role in SAFE_ROLES]
        self._restarted = {process.name for process in (*above, *safe)}
        self._processes: tuple[Process, ...] = cluster.processes()

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            for process in self._processes:
                group.create_task(self._watch(process))

    def is_restarted(self, process: Process) -> bool:
        """Whether it is started again when it dies."""
        return process.name in self._restarted

    async def _watch(self, process: Process) -> None:
        delay = 0.0
        while True:
            began = time.monotonic()
            await ended(process.pid)
            code = process.returncode or 0
            how = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
            if process.name not in self._restarted:
                self._remember(process, f"{how}; it is not started again: see its log {process.log}")
                return
            self._remember(process, how)
            if time.monotonic() - began < SETTLED_S:
                await asyncio.sleep(delay)
                delay = min(LONGEST_DELAY_S, max(FIRST_DELAY_S, 2 * delay))
            else:
                delay = 0.0
            await self._start(process)

    async def _start(self, process: Process) -> None:
        self.restarts[process.name] = self.restarts.get(process.name, 0) + 1
        try:
            await asyncio.to_thread(process.restart, START_TIMEOUT_S)
        except StartFailed as error:
            self._remember(process, f"did not come back: {error.why}")
        else:
            self._remember(process, "was started again")

    def _remember(self, process: Process, what: str) -> None:
        incident = Incident(datetime.now(UTC).isoformat(timespec="milliseconds"), process.name, what)
        self.incidents.append(incident)
        self._log(incident)


async def ended(pid: int) -> None:
    """Wait until a child ends, without taking its status; one whose status was taken already has ended."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return

    def tell() -> None:
        loop.remove_reader(handle)
        if not over.done():
            over.set_result(None)

    loop.add_reader(handle, tell)
    try:
        await over
    finally:
        loop.remove_reader(handle)
        os.close(handle)


def states(processes: Iterable[Process], watch: Watch | None) -> list[dict[str, object]]:
    """Every process as `testbed status` shows it."""
    return [
        {
            "name": process.name,
            "state": "running" if process.returncode is None else "dead",
            "pid": process.pid,
            "restarts": 0 if watch is None else watch.restarts.get(process.name, 0),
            "log": str(process.log),
        }
        for process in processes
    ]
