"""Whether a change was processed in full or incrementally, as the counters of OVN's engines tell it.

A latency says nothing about how a change was processed: a change may slip through before the recomputation that was
asked for, or wait behind one that it is no part of. So every attempt is held against the counters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from testbed.measure import counters
from testbed.measure.counters import FLOW_OUTPUT, LOGICAL_FLOWS, Counters

Machine = str
Engine = tuple[str, Machine]
"""The daemon and the machine it runs on."""


@dataclass
class Habits:
    """What a release recomputes of its own accord at a kind of change, learned from changes that nothing was forced on.

    ovn-northd before 23.09 recomputes at almost every change; its attempts cannot be told apart by its counters.
    """

    _seen: dict[str, set[Engine]] = field(default_factory=dict)

    def learn(self, kind: str, work: Counters) -> None:
        """Take note of the engines that recomputed at a change of this kind."""
        found = self._seen.setdefault(kind, set())
        found.update(
            engine for engine, recomputed in recomputed_by(work) if recomputed and engine[0] == "ovn-northd"
        )

    def of(self, kind: str) -> frozenset[Engine]:
        """The engines that recompute of their own accord."""
        return frozenset(self._seen.get(kind, ()))


def recomputed_by(work: Counters) -> Iterator[tuple[Engine, int]]:
    """How often each engine recomputed what it makes: logical flows in northd, OpenFlow flows on each node."""
    for role in (LOGICAL_FLOWS, FLOW_OUTPUT):
        found: Mapping[Machine, counters.Counts] = counters.of_role(work, role)
        for machine, counts in found.items():
            yield (role.daemon, machine), counts.recompute


def fault_of_incremental(work: Counters, habitual: frozenset[Engine]) -> str:
    """Why a change was not processed incrementally; empty if it was."""
    return "; ".join(
        f"{daemon} on {machine} recomputed {times} times"
        for (daemon, machine), times in recomputed_by(work)
        if times and (daemon, machine) not in habitual
    )


def fault_of_full(work: Counters, habitual: frozenset[Engine]) -> str:
    """Why a change was not processed by one recomputation of every engine; empty if it was."""
    return "; ".join(
        f"{daemon} on {machine} recomputed {times} times"
        for (daemon, machine), times in recomputed_by(work)
        if times != 1 and not (times > 1 and (daemon, machine) in habitual)
    )
