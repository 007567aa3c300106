"""How late the meter itself runs: what its own stamps can be wrong by.

A stamp is taken when the meter gets to read, so a meter that waits for a processor reports everything late. A timer
that should fire every few milliseconds tells by how much it did not.
"""

import asyncio
import ctypes
import os
import sys
import time
from collections.abc import Callable

import msgspec

from testbed.measure.clock import MILLISECOND_NS, monotonic_ns

PERIOD_NS = 5 * MILLISECOND_NS
"""Between two looks: often enough that no longer wait goes unseen, rare enough to cost under 1 % of a core."""

BUCKETS_PER_OCTAVE = 4


class Lateness(msgspec.Struct):
    """Looks taken, and how late (ns) the worst and the 99th percentile of them were."""

    looks: int = 0
    max_ns: int = 0
    p99_ns: int = 0


class LatenessSampler:
    """Feels the event loop's pulse; `on_late` is told of each look's lateness (ns).

    A timer of the kernel is read, not one of the event loop: epoll rounds to whole milliseconds, which is more than
    the lateness that is looked for.
    """

    def __init__(self, on_late: Callable[[int], None]) -> None:
        self._on_late = on_late
        self._histogram: dict[int, int] = {}
        self._max_ns = 0
        self._timer: int | None = None
        self._due_ns = 0

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._timer = _periodic_timer(PERIOD_NS)
        self._due_ns = monotonic_ns() + PERIOD_NS
        asyncio.get_running_loop().add_reader(self._timer, self._fired)

    def stop(self) -> None:
        """End; safe to call twice."""
        if self._timer is not None:
            asyncio.get_running_loop().remove_reader(self._timer)
            os.close(self._timer)
            self._timer = None

    def _fired(self) -> None:
        assert self._timer is not None
        now = monotonic_ns()
        periods = int.from_bytes(os.read(self._timer, 8), sys.byteorder)
        self.take(max(0, now - self._due_ns))
        self._due_ns += periods * PERIOD_NS

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


class _Moment(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _TimerSetting(ctypes.Structure):
    _fields_ = (("interval", _Moment), ("value", _Moment))


def _periodic_timer(period_ns: int) -> int:
    """A timerfd(2) that fires every period; Python has these from 3.13 on."""
    libc = ctypes.CDLL(None, use_errno=True)
    timer: int = libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
    period = _Moment(*divmod(period_ns, 1_000_000_000))
    setting = _TimerSetting(period, period)
    if timer < 0 or libc.timerfd_settime(timer, 0, ctypes.byref(setting), None) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return timer
