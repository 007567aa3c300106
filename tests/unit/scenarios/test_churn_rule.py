"""When a rate is kept up, which is tried next, what is due when."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from scenarios._churn_rule import BLOCK, SLOWEST, Kind, Search, Span, Step, plan


def queue(rate: float, served: float, seconds: float = 30.0, latency: float = 0.1) -> Step:
    """Changes of a queue that gets ``served`` of them done a second, each at least ``latency`` after it was due."""
    spans, free = [], 0.0
    for number in range(round(rate * seconds)):
        due = number / rate
        free = max(due, free) + 1 / served
        spans.append(Span(due, free + latency))
    return Step(seconds, spans)


def test_the_backlog_is_the_mean_number_of_changes_that_are_due_and_not_done() -> None:
    step = Step(10, [Span(0, 10), Span(2, 4), Span(3, None)])
    assert step.backlog(2, 4) == 1 + 1 + 0.5
    assert step.backlog(4, 10) == 1 + 0 + 1


@pytest.mark.parametrize("latency", [0.01, 1.0, 4.0])
def test_a_queue_that_is_fast_enough_keeps_up_whatever_its_latency(latency: float) -> None:
    assert queue(rate=20, served=25, latency=latency).keeps_up


@pytest.mark.parametrize(("served", "keeps_up"), [(10, False), (16, False), (19.5, True)])
def test_a_queue_that_gets_less_than_nine_tenths_done_does_not_keep_up(served: float, keeps_up: bool) -> None:
    step = queue(rate=20, served=served, seconds=60)
    assert step.keeps_up is keeps_up
    assert step.done_share == pytest.approx(served / 20, abs=0.02)


def test_a_queue_without_time_to_reach_its_balance_does_not_keep_up() -> None:
    assert not queue(rate=20, served=1_000, latency=40).keeps_up


def test_one_change_that_failed_is_enough() -> None:
    step = queue(rate=20, served=25)
    assert not Step(step.seconds, [*step.spans, Span(1, None)]).keeps_up


def test_a_few_changes_more_are_chance_at_a_slow_rate() -> None:
    slow = [Span(due, due + 0.1) for due in range(6)]
    assert Step(9, [*slow, Span(6, 9), Span(7, 9)]).keeps_up


def test_a_step_without_changes_is_kept_up_and_has_no_share() -> None:
    assert Step(9, []).keeps_up
    assert Step(9, []).done_share is None


def tried(search: Search, capacity: float) -> list[float]:
    rates = []
    while (rate := search.next) is not None:
        rates.append(rate)
        search.tell(rate <= capacity)
    return rates


def test_the_search_goes_up_until_it_tips_and_then_between() -> None:
    search = Search(10, 2, 1_000, 2)
    assert tried(search, 50) == [10, 20, 40, 80, 57, 48]
    assert search.sustained == 48


def test_the_search_goes_down_where_the_first_rate_is_too_much() -> None:
    search = Search(10, 2, 1_000, 1)
    assert tried(search, 3) == [10, 5, 2.5, 3.5]
    assert search.sustained == 2.5


def test_the_search_ends_at_the_fastest_and_at_the_slowest() -> None:
    fast, slow = Search(10, 2, 30, 3), Search(1, 2, 30, 3)
    assert tried(fast, 1_000) == [10, 20, 30]
    assert fast.sustained == 30
    assert tried(slow, 0)[-1] == SLOWEST
    assert slow.sustained is None


def test_the_search_ends_where_two_digits_do_not_tell_rates_apart() -> None:
    assert len(tried(Search(10, 2, 1_000, 1_000), 50)) < 15


def planned(rate: float, seconds: float, every: float = 1e9, replaced: int = 0) -> list[tuple[float, Kind]]:
    return list(plan(rate, seconds, every, replaced, random.Random(1)))


def test_changes_are_evenly_spaced() -> None:
    due = [moment for moment, _ in planned(20, 10)]
    assert due == pytest.approx([number / 20 for number in range(200)])


def test_as_many_pods_come_as_go_in_each_way() -> None:
    counts = Counter(kind for _, kind in planned(20, 10.05) if kind != "restarted")
    blocks = Counter(BLOCK)
    assert counts == {kind: 10 * number for kind, number in blocks.items()}
    assert counts["created"] == counts["deleted"] + counts["evicted"] + counts["completed"]


def test_a_restart_takes_the_places_of_the_changes_that_it_makes() -> None:
    due = planned(10, 10, every=5, replaced=3)
    restarts = [moment for moment, kind in due if kind == "restarted"]
    assert restarts == [0, 5]
    assert not [moment for moment, kind in due if kind != "restarted" and (moment % 5) < 0.6 - 1e-9]
    assert len(due) == 100 - 2 * 6 + 2
