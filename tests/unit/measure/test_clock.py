"""The way from OVN's wall clock to the monotonic one."""

import time

from testbed.measure.clock import (
    MILLISECOND_NS,
    ClockOffset,
    jump_ns,
    monotonic_ns,
    monotonic_of_wall_ms,
    sample_offset,
)


def test_a_wall_clock_reading_of_now_is_now() -> None:
    offset = sample_offset()
    before = monotonic_ns()
    wall_ms = time.time_ns() // MILLISECOND_NS
    after = monotonic_ns()
    mapped = monotonic_of_wall_ms(wall_ms, offset)
    assert before - MILLISECOND_NS <= mapped <= after + MILLISECOND_NS


def test_the_error_of_a_cut_millisecond_is_at_most_half_of_one() -> None:
    offset = ClockOffset(offset_ns=1_000_000_000, taken_ns=0)
    for wall_ns in (5_000_000_000, 5_000_999_999):
        mapped = monotonic_of_wall_ms(wall_ns // 1_000_000, offset)
        assert abs(mapped - (wall_ns - offset.offset_ns)) <= 500_000


def test_two_offsets_of_an_undisturbed_clock_agree_within_the_bracket() -> None:
    assert jump_ns(sample_offset(), sample_offset()) < MILLISECOND_NS


def test_a_jump_counts_in_both_directions() -> None:
    assert (
        jump_ns(ClockOffset(10, 0), ClockOffset(4, 1)) == jump_ns(ClockOffset(4, 0), ClockOffset(10, 1)) == 6
    )
