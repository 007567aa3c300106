"""How late the meter itself runs: what its own stamps can be wrong by.

A stamp is taken when the meter gets to read, so a meter that waits for a processor reports everything late. A timer
that should fire every few milliseconds tells by how much it did not.
"""

import asyncio
from collections.abc import Callable

import msgspec

from testbed.measure.clock import MILLISECOND_NS, monotonic_ns

PERIOD_NS = 5 * MILLISECOND_NS
"""Between two looks: often enough that no wait of more than this goes unseen, rare enough to cost under 1 % of a core."""

BUCKETS_PER_OCTAVE = 4


class Lateness(msgspec.Struct):
    """Looks taken, and how late (ns) the worst and the 99th percentile of them were."""

    looks: int = 0
    max_ns: int = 0
    p99_ns: int = 0


class LatenessSampler:
    """Feels the event loop's pulse until its task is cancelled; `on_late` is told of each look's lateness (ns)."""

    def __init__(self, on_late: Callable[[int], None]) -> None:
        self._on_late = on_late
        self._histogram: dict[int, int] = {}
        self._max_ns = 0

    async def run(self) -> None:
        due = monotonic_ns() + PERIOD_NS
        while True:
            await asyncio.sleep(max(0, due - monotonic_ns()) / 1e9)
            now = monotonic_ns()
            self.take(max(0, now - due))
            due = max(due + PERIOD_NS, now)

    def take(self, late_ns: int) -> None:
        """One look that was this late."""
        self._max_ns = max(self._max_ns, late_ns)
        bucket = late_ns.bit_length() * BUCKETS_PER_OCTAVE + _quarter(late_ns)
        self._histogram[bucket] = self._histogram.get(bucket, 0) + 1
        self._on_late(late_ns)

    def drain(self) -> Lateness:
        """What was felt since the last call; the percentile is rounded up by at most a quarter of an octave."""
        looks = sum(self._histogram.values())
        lateness = Lateness(looks, self._max_ns, min(self._max_ns, self._percentile(looks * 0.99)))
        self._histogram.clear()
        self._max_ns = 0
        return lateness

    def _percentile(self, rank: float) -> int:
        seen = 0
        for bucket in sorted(self._histogram):
            seen += self._histogram[bucket]
            if seen >= rank:
                return _upper_edge(bucket)
        return 0


def _quarter(value: int) -> int:
    """Which quarter of its octave [2^(n-1), 2^n) a number lies in."""
    if value < BUCKETS_PER_OCTAVE:
        return 0
    octave = value.bit_length() - 1
    return (value >> (octave - 2)) & 3


def _upper_edge(bucket: int) -> int:
    length, quarter = divmod(bucket, BUCKETS_PER_OCTAVE)
    if length < 3:
        return BUCKETS_PER_OCTAVE
    return (1 << (length - 1)) + ((quarter + 1) << (length - 3))
