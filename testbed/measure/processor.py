"""Processor time of each daemon, and how long its threads were ready to run but had to wait for a processor.

Many emulated nodes share this machine's processors, so wall-clock times carry over to other machines only together
with these. Time run is read from the process's own clock (clock_getcpuclockid(3)), which keeps what ended threads
used; waiting is only told by thread (`/proc/PID/task/TID/schedstat`), so that of threads which ended between two
readings is lost from the last reading on, and their number is given instead.
"""

import contextlib
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from testbed.measure.subjects import MeasuredDaemon

PROC = Path("/proc")

CPUCLOCK_SCHED = 2
"""The clock of a process is numbered ~PID << 3 | 2 (include/linux/posix-timers.h); glibc does the same."""

START_TIME_FIELD = 22
"""Of /proc/PID/stat (proc(5)): tells a process from another that has its PID later."""


class Times(NamedTuple):
    """One reading of a process. `threads` is the waiting (ns) of each thread that lives."""

    run_ns: int
    threads: Mapping[int, int]
    started: int

    @property
    def wait_ns(self) -> int:
        """Waiting of all threads that live."""
        return sum(self.threads.values())


class Usage(NamedTuple):
    """Between two readings. `threads_ended` > 0: `wait_ns` misses what these waited since the first reading.

    `restarted`: it is another process, and the figures are those since its start.
    """

    run_ns: int
    wait_ns: int
    threads_ended: int = 0
    restarted: bool = False


DaemonRole = tuple[str, str]
"""A daemon by its machine and its role there: `("central", "northd")`, `("node1", "chassis")`."""


def read(pid: int) -> Times:
    """Read a process now. Raises ProcessLookupError when it is gone."""
    try:
        run_ns = time.clock_gettime_ns(~pid << 3 | CPUCLOCK_SCHED)
        threads = {}
        for task in (PROC / str(pid) / "task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                threads[int(task.name)] = int((task / "schedstat").read_bytes().split()[1])
        stat = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, OSError) as error:
        raise ProcessLookupError(f"process {pid} is gone") from error
    after_name = stat[stat.rindex(")") + 2 :].split()
    return Times(run_ns, threads, int(after_name[START_TIME_FIELD - 3]))


def usage(before: Times, after: Times) -> Usage:
    """What a process used between two readings."""
    if before.started != after.started:
        return Usage(after.run_ns, after.wait_ns, restarted=True)
    wait_ns = sum(now - before.threads.get(thread, 0) for thread, now in after.threads.items())
    ended = len(before.threads.keys() - after.threads.keys())
    return Usage(max(0, after.run_ns - before.run_ns), max(0, wait_ns), ended)


def snapshot(daemons: Iterable[MeasuredDaemon]) -> dict[DaemonRole, Times]:
    """Read every daemon; it disturbs none of them. Raises ProcessLookupError when one is gone."""
    return {(daemon.node, daemon.role): read(daemon.pid) for daemon in daemons}


def difference(
    before: Mapping[DaemonRole, Times], after: Mapping[DaemonRole, Times]
) -> dict[DaemonRole, Usage]:
    """What every daemon used between two snapshots; one that was not there before counts from its start."""
    return {
        daemon: usage(before[daemon], now)
        if daemon in before
        else Usage(now.run_ns, now.wait_ns, restarted=True)
        for daemon, now in after.items()
    }


def by_machine(used: Mapping[DaemonRole, Usage]) -> dict[str, int]:
    """Processor time (ns) of all daemons of each machine together."""
    machines: dict[str, int] = {}
    for (node, _), spent in used.items():
        machines[node] = machines.get(node, 0) + spent.run_ns
    return machines
