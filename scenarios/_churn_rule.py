"""When a rate of changes is kept up, which rates are tried, and which changes a rate is made of. Pure.

The rule is Little's law turned round: at a steady rate the changes under way are rate times latency, so both grow or
neither does. A queue that falls behind grows by the difference between what is asked for and what gets done.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["created", "deleted", "evicted", "completed", "restarted"]

BLOCK: tuple[Kind, ...] = (*("created",) * 10, *("deleted",) * 8, "evicted", "completed")
"""Shuffled and repeated: as many pods come as go, and of ten that go one is evicted and one has completed."""

BEHIND_SHARE = 0.1
"""A queue that gets done less than nine tenths of what is asked for does not keep up."""
BEHIND_FEW = 3
"""So few changes more under way are chance, however slow the rate."""
SLOWEST = 0.25
"""Below this rate (a second) nothing is tried."""


class Span(NamedTuple):
    """A change from when it was due until it was done (s since the step began), None if it never was."""

    due: float
    done: float | None


@dataclass(frozen=True)
class Step:
    """Changes that were due at one rate for a while."""

    seconds: float
    spans: Sequence[Span]

    @property
    def failed(self) -> int:
        """Changes that were never done."""
        return sum(span.done is None for span in self.spans)

    @property
    def done_share(self) -> float | None:
        """Of the changes due in the last two thirds, how many were done meanwhile; None if none was due.

        Those due earlier and done in that time make up for those that are still on their way at its end.
        """
        begin = self.seconds / 3
        due = sum(span.due >= begin for span in self.spans)
        done = sum(span.done is not None and begin <= span.done < self.seconds for span in self.spans)
        return done / due if due else None

    def backlog(self, begin: float, end: float) -> float:
        """The mean number of changes under way, overdue ones included, from ``begin`` to ``end`` (s)."""
        return sum(_overlap(span, begin, end) for span in self.spans) / (end - begin)

    @property
    def growth(self) -> float:
        """By how many changes the mean backlog of the last third exceeds that of the middle third."""
        third = self.seconds / 3
        return self.backlog(2 * third, self.seconds) - self.backlog(third, 2 * third)

    @property
    def keeps_up(self) -> bool:
        """Whether nothing failed and the backlog did not grow by more than chance and a tenth of what was due."""
        allowed = max(BEHIND_FEW, BEHIND_SHARE * len(self.spans) / 3)
        return not self.failed and self.growth <= allowed


def _overlap(span: Span, begin: float, end: float) -> float:
    done = math.inf if span.done is None else span.done
    return max(0.0, min(done, end) - max(span.due, begin))


class Search:
    """Which rate is tried next: up (or down) by a factor until it tips, then between the two, halving the distance."""

    def __init__(self, first: float, factor: float, fastest: float, refinements: int) -> None:
        self._next: float | None = first
        self._factor = factor
        self._fastest = fastest
        self._refinements = refinements
        self._kept: float | None = None
        self._missed: float | None = None

    @property
    def next(self) -> float | None:
        """The rate (a second) to try; None when all is known."""
        return self._next

    @property
    def sustained(self) -> float | None:
        """The highest rate that was kept up, below the lowest that was not; None if none was."""
        return self._kept

    def tell(self, kept_up: bool) -> None:
        """How it went with the rate that was next."""
        rate = self._next
        assert rate is not None
        if kept_up:
            self._kept = rate
        else:
            self._missed = rate
        self._next = self._choose()

    def _choose(self) -> float | None:
        if self._missed is None:
            assert self._kept is not None
            faster = min(legible(self._kept * self._factor), self._fastest)
            return faster if faster > self._kept else None
        if self._kept is None:
            slower = legible(self._missed / self._factor)
            return slower if slower >= SLOWEST else None
        between = legible(math.sqrt(self._kept * self._missed))
        if self._refinements == 0 or not self._kept < between < self._missed:
            return None
        self._refinements -= 1
        return between


def legible(rate: float) -> float:
    """Two digits are as much as a rate can be told by."""
    return float(f"{rate:.2g}")


def plan(
    rate: float, seconds: float, restart_every_s: float, replaced: int, rng: random.Random
) -> Iterator[tuple[float, Kind]]:
    """What is due when (s since the step began), evenly spaced.

    A restart of a workload comes first and then every so often. It takes the places of two changes for each of the
    ``replaced`` pods, one that goes and one that comes, as it makes these itself.
    """
    block: list[Kind] = []
    restart_at = 0.0
    slot = 0
    while slot < round(rate * seconds):
        due = slot / rate
        if due >= restart_at:
            yield due, "restarted"
            restart_at += restart_every_s
            slot += max(1, 2 * replaced)
            continue
        if not block:
            block = list(BLOCK)
            rng.shuffle(block)
        yield due, block.pop()
        slot += 1
