"""Counters compared exactly: work that did not vary needs no statistics.

Where the amounts of either side varied from change to change, two medians prove nothing; then a counter has become
more (or less) only if all that was seen on one side lies beyond all that was seen on the other.
"""

from __future__ import annotations

from testbed.results import Counter


def direction(before: Counter, after: Counter) -> int:
    """1: more work, -1: less, 0: no difference that is beyond doubt."""
    if before.value is None or after.value is None:
        return 0
    if _low(after) > _high(before):
        return 1
    if _high(after) < _low(before):
        return -1
    return 0


def varied(counter: Counter) -> bool:
    """Whether changes of one run differed in the amount."""
    return _low(counter) != _high(counter)


def _low(counter: Counter) -> float:
    assert counter.value is not None
    return counter.value if counter.minimum is None else counter.minimum


def _high(counter: Counter) -> float:
    assert counter.value is not None
    return counter.value if counter.maximum is None else counter.maximum
