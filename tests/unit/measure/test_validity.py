"""Which observations make a run suspect or invalid."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from testbed.measure.clock import MILLISECOND_NS, ClockOffset
from testbed.measure.lateness import Lateness
from testbed.measure.validity import (
    Observations,
    ProcessorTimes,
    judge,
    observe,
    parse_stat,
    read_processor_times,
)
from testbed.measure.wire import Health

FINE = Observations(
    steal_share=0.0, foreign_share=0.01, lateness_p99_ns=300_000, clock_jump_ns=50, attempts=100, lost=0
)


def test_an_undisturbed_run_is_valid() -> None:
    assert judge(FINE).verdict == "valid"
    assert judge(FINE).reasons == ()


@pytest.mark.parametrize(
    ("disturbance", "verdict", "word"),
    [
        ({"steal_share": 0.03}, "suspect", "hypervisor"),
        ({"steal_share": 0.11}, "invalid", "hypervisor"),
        ({"foreign_share": 0.06}, "suspect", "outside the cluster"),
        ({"foreign_share": 0.26}, "invalid", "outside the cluster"),
        ({"lateness_p99_ns": 6 * MILLISECOND_NS}, "suspect", "late"),
        ({"lateness_p99_ns": 51 * MILLISECOND_NS}, "invalid", "late"),
        ({"lost": 1}, "suspect", "1 of 100"),
        ({"lost": 6}, "invalid", "6 of 100"),
        ({"clock_jump_ns": 2 * MILLISECOND_NS}, "suspect", "clock"),
        ({"meter_losses": ("connection lost", "connection lost")}, "suspect", "connection lost"),
    ],
)
def test_each_disturbance_is_named(disturbance: dict[str, Any], verdict: str, word: str) -> None:
    judged = judge(msgspec.structs.replace(FINE, **disturbance))
    assert judged.verdict == verdict
    assert len(judged.reasons) == 1
    assert word in judged.reasons[0]


def test_the_worst_disturbance_decides_and_all_are_named() -> None:
    judged = judge(msgspec.structs.replace(FINE, steal_share=0.2, foreign_share=0.06))
    assert judged.verdict == "invalid"
    assert len(judged.reasons) == 2


def test_shares_are_of_the_whole_machine_and_own_time_is_not_foreign() -> None:
    health = Health(Lateness(10, 900, 800), ClockOffset(5, 0), ClockOffset(9, 1), ())
    seen = observe(
        ProcessorTimes(total=1000, steal=10, processes=500, own=300),
        ProcessorTimes(total=2000, steal=30, processes=1100, own=850),
        health,
        attempts=4,
        lost=1,
    )
    assert (seen.steal_share, seen.foreign_share) == (0.02, 0.05)
    assert (seen.lateness_p99_ns, seen.clock_jump_ns, seen.attempts, seen.lost) == (800, 4, 4, 1)


def test_interrupts_belong_to_no_process() -> None:
    assert parse_stat("cpu  10 20 30 40 50 60 70 80 5 6\ncpu0 1 2 3\n") == (360, 80, 60)


def test_own_time_holds_that_of_children_that_were_waited_for(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("cpu  10 20 30 40 50 60 70 80 0 0\n")
    (tmp_path / "7").mkdir()
    head = "7 (a (strange) name) S 1 7 7 0 -1 4194560 100 200 0 0"
    (tmp_path / "7" / "stat").write_text(f"{head} 11 22 33 44 20 0 1 0 100\n")
    assert read_processor_times(tmp_path).own == 110
