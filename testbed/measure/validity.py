"""Whether a run may be believed: judged by what is not the cluster's own doing.

A machine that is shared, a meter that was late, a clock that was set: none of these is a property of OVN, and a figure
taken under them says something else than it seems to. That the cluster's own daemons fill the machine is recorded
beside the figures and condemns nothing.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from testbed.measure.clock import MILLISECOND_NS, jump_ns
from testbed.measure.wire import Health
from testbed.results import Validity

STEAL_SUSPECT, STEAL_INVALID = 0.02, 0.10
"""Of the machine's processor time, taken by the hypervisor. A few percent are below the spread of repeated runs; with a
tenth gone, every latency is stretched by about as much as the differences that people look for (10 %)."""

FOREIGN_SUSPECT, FOREIGN_INVALID = 0.05, 0.25
"""Of the machine's processor time, used by processes outside the cluster. A daemon that finds a processor busy waits a
scheduling slice (some ms); a quarter of the machine gone is a different machine."""

LATENESS_SUSPECT_NS, LATENESS_INVALID_NS = 5 * MILLISECOND_NS, 50 * MILLISECOND_NS
"""99th percentile of how late the meter read. The shortest latencies that are published are about 100 ms: 5 ms are 5 %
of them, 50 ms half."""

LOST_INVALID_SHARE = 0.05
"""Of the attempts. One lost sample is worth a word; with one in twenty lost, the 95th percentile means nothing."""

JUMP_SUSPECT_NS = 1 * MILLISECOND_NS
"""Of the wall clock against the monotonic one: more than the resolution of `ovn-installed-ts`, the only end that is
read off the wall clock (slewing moves both clocks alike)."""


class Observations(msgspec.Struct, frozen=True):
    """What a verdict rests on. Shares are of the machine's processor time between start and end."""

    steal_share: float
    foreign_share: float
    lateness_p99_ns: int
    clock_jump_ns: int
    attempts: int
    lost: int
    meter_losses: tuple[str, ...] = ()


class ProcessorTimes(msgspec.Struct, frozen=True):
    """Ticks since boot: of the whole machine, and of the processes that are the cluster's (or ours)."""

    total: int
    steal: int
    processes: int
    own: int


def judge(seen: Observations) -> Validity:
    """The verdict, with one reason for each bound that was passed."""
    suspect: list[str] = []
    invalid: list[str] = []

    def bound(figure: float, suspect_above: float, invalid_above: float, words: str) -> None:
        if figure > invalid_above:
            invalid.append(f"{words} (allowed {_percent_or_ms(suspect_above)})")
        elif figure > suspect_above:
            suspect.append(f"{words} (allowed {_percent_or_ms(suspect_above)})")

    bound(
        seen.steal_share,
        STEAL_SUSPECT,
        STEAL_INVALID,
        f"the hypervisor took {seen.steal_share:.1%} of the processors",
    )
    bound(
        seen.foreign_share,
        FOREIGN_SUSPECT,
        FOREIGN_INVALID,
        f"processes outside the cluster took {seen.foreign_share:.1%} of the processors",
    )
    bound(
        seen.lateness_p99_ns,
        LATENESS_SUSPECT_NS,
        LATENESS_INVALID_NS,
        f"the meter was {seen.lateness_p99_ns / MILLISECOND_NS:.1f} ms late at the 99th percentile",
    )
    if seen.lost:
        words = f"{seen.lost} of {seen.attempts} samples were lost by the meter"
        (invalid if seen.lost > LOST_INVALID_SHARE * seen.attempts else suspect).append(words)
    if seen.attempts:  # of a meter that nothing was asked of, nothing was lost
        suspect += [f"the meter: {loss}" for loss in dict.fromkeys(seen.meter_losses)]
    if seen.clock_jump_ns > JUMP_SUSPECT_NS:
        suspect.append(
            f"the wall clock jumped by {seen.clock_jump_ns / MILLISECOND_NS:.1f} ms: ends from ovn-installed-ts are off"
        )
    reasons = tuple(invalid + suspect)
    if invalid:
        return Validity(verdict="invalid", reasons=reasons)
    return Validity(verdict="suspect" if suspect else "valid", reasons=reasons)


def observe(
    before: ProcessorTimes, after: ProcessorTimes, health: Health, *, attempts: int, lost: int
) -> Observations:
    """What to judge, from two readings of the processors and the meter's own state."""
    total = max(1, after.total - before.total)
    foreign = (after.processes - before.processes) - (after.own - before.own)
    return Observations(
        steal_share=(after.steal - before.steal) / total,
        foreign_share=max(0, foreign) / total,
        lateness_p99_ns=health.lateness.p99_ns,
        clock_jump_ns=jump_ns(health.started, health.now),
        attempts=attempts,
        lost=lost,
        meter_losses=health.lost,
    )


def read_processor_times(proc: Path = Path("/proc")) -> ProcessorTimes:
    """The machine's and the cluster's processor time, read within the cluster's enclosure.

    There /proc lists the cluster's processes alone, while /proc/stat tells of the machine. Time of processes that ended
    is found with the parent that waited for them. Time in interrupts belongs to no process and counts for nobody.
    """
    total, steal, processes = parse_stat((proc / "stat").read_text())
    own = sum(_process_ticks(entry) for entry in proc.iterdir() if entry.name.isdigit())
    return ProcessorTimes(total, steal, processes, own)


def parse_stat(text: str) -> tuple[int, int, int]:
    """Of /proc/stat (proc(5)): all ticks, those stolen, those spent by processes (user, nice, system)."""
    fields = [int(value) for value in text.partition("\n")[0].split()[1:9]]
    user, nice, system, _idle, _iowait, _irq, _softirq, steal = fields
    return sum(fields), steal, user + nice + system


def _process_ticks(process: Path) -> int:
    """User and system time of a process and of the children that it has waited for; 0 if it just ended."""
    try:
        stat = (process / "stat").read_text()
    except OSError:
        return 0
    fields = stat[stat.rindex(")") + 2 :].split()
    utime_to_cstime: Sequence[str] = fields[11:15]
    return sum(map(int, utime_to_cstime))


def _percent_or_ms(bound: float) -> str:
    return f"{bound:.0%}" if bound < 1 else f"{bound / MILLISECOND_NS:g} ms"
