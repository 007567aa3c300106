"""How late the meter says that it is."""

import asyncio
import time

from hypothesis import given
from hypothesis import strategies as st

from testbed.measure.lateness import LatenessSampler


async def test_a_loop_that_was_kept_busy_is_late_by_that_much() -> None:
    sampler = LatenessSampler(lambda late_ns: None)
    sampler.start()
    await asyncio.sleep(0.02)
    sampler.drain()
    time.sleep(0.05)  # noqa: ASYNC251 - the loop is to be kept from reading
    await asyncio.sleep(0.02)
    sampler.stop()
    lateness = sampler.drain()
    assert lateness.max_ns >= 40_000_000
    assert lateness.looks >= 2


@given(st.lists(st.integers(min_value=0, max_value=10**10), min_size=1, max_size=300))
def test_the_percentile_is_never_below_the_true_one_and_at_most_a_quarter_above(late: list[int]) -> None:
    sampler = LatenessSampler(lambda late_ns: None)
    for each in late:
        sampler.take(each)
    told = sampler.drain()
    true = sorted(late)[-(-99 * len(late) // 100) - 1]
    assert true <= told.p99_ns <= max(true * 1.25 + 4, true)
    assert told.max_ns == max(late)


def test_one_outlier_in_a_hundred_is_the_maximum_and_not_the_percentile() -> None:
    sampler = LatenessSampler(lambda late_ns: None)
    for late in [1_000] * 99 + [10**9]:
        sampler.take(late)
    told = sampler.drain()
    assert (told.max_ns, told.looks) == (10**9, 100)
    assert 1_000 <= told.p99_ns <= 1_250


def test_what_was_told_is_not_told_again() -> None:
    sampler = LatenessSampler(lambda late_ns: None)
    sampler.take(5)
    sampler.drain()
    assert sampler.drain().looks == 0
