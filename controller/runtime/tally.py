"""How much the loop has worked, and how long each step of it took: exact counts and the last batches' times."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

REMEMBERED = 1_000
"""Batches whose times are kept."""


@dataclass(frozen=True)
class Batch:
    """One batch: how many owners were asked, and CLOCK_MONOTONIC nanoseconds at the end of each step."""

    owners: int
    started_ns: int
    allocated_ns: int
    compiled_ns: int
    committed_ns: int


@dataclass
class Tally:
    """Counts since the start, and the latest batches."""

    batches: int = 0
    full_batches: int = 0
    owners: int = 0
    compile_ns: int = 0
    latest: deque[Batch] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def batch(self, owners: int, started: int, allocated: int, compiled: int, committed: int) -> None:
        """Counts one batch; times are CLOCK_MONOTONIC nanoseconds."""
        self.batches += 1
        self.owners += owners
        self.compile_ns += compiled - allocated
        self.latest.append(Batch(owners, started, allocated, compiled, committed))
