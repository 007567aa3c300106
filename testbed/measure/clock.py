"""Two clocks and the way from one to the other.

Everything here is stamped with CLOCK_MONOTONIC, which every process of a machine shares and nobody sets. OVN's
`ovn-installed-ts` alone is wall time; it is mapped by the offset between the clocks, taken at the start and the end of
a measurement, so that a wall clock that was stepped in between is noticed instead of believed.
"""

import time

import msgspec

MILLISECOND_NS = 1_000_000

OFFSET_TRIES = 5
"""An offset is read between two readings of the monotonic clock; of several tries the narrowest bracket is the best."""


class ClockOffset(msgspec.Struct, frozen=True):
    """CLOCK_REALTIME minus CLOCK_MONOTONIC (ns), and the monotonic moment (ns) at which it was taken."""

    offset_ns: int
    taken_ns: int


def monotonic_ns() -> int:
    """CLOCK_MONOTONIC in nanoseconds."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def sample_offset() -> ClockOffset:
    """The offset between the clocks now, to within the narrowest of a few brackets (well below a microsecond)."""
    best: tuple[int, ClockOffset] | None = None
    for _ in range(OFFSET_TRIES):
        before = monotonic_ns()
        wall = time.clock_gettime_ns(time.CLOCK_REALTIME)
        after = monotonic_ns()
        middle = (before + after) // 2
        if best is None or after - before < best[0]:
            best = after - before, ClockOffset(wall - middle, middle)
    assert best is not None
    return best[1]


def monotonic_of_wall_ms(wall_ms: int, offset: ClockOffset) -> int:
    """The monotonic moment (ns) of a wall clock reading that was cut to whole milliseconds.

    The middle of the millisecond is taken: the error is then at most half a millisecond either way.
    """
    return wall_ms * MILLISECOND_NS + MILLISECOND_NS // 2 - offset.offset_ns


def jump_ns(first: ClockOffset, last: ClockOffset) -> int:
    """By how much (ns, absolute) the wall clock moved against the monotonic one between two samples."""
    return abs(last.offset_ns - first.offset_ns)
