from collections.abc import Callable

import pytest
from pandas import DataFrame

from analysis import count, counts_by, ecdf_series, latency, maximum, median, minimum, select, stages, tail
from testbed.results import Metric
from tests.unit.analysis.conftest import Samples


def names(metrics: tuple[Metric, ...]) -> list[str]:
    return [entry.name for entry in metrics]


@pytest.mark.parametrize("n", [1, 2, 99])
def test_below_100_samples_the_tail_is_the_maximum_and_is_named_so(a_table: Samples, n: int) -> None:
    end = tail(a_table(float(value) for value in range(1, n + 1)), "ready")
    assert (end.name, end.value) == ("ready_max_ms", n)


def test_from_100_samples_on_the_tail_is_p99(a_table: Samples) -> None:
    end = tail(a_table(float(value) for value in range(1, 101)), "ready")
    assert (end.name, end.value) == ("ready_p99_ms", 99)


def test_failed_attempts_do_not_help_to_reach_100_samples(a_table: Samples) -> None:
    end = tail(a_table([*(float(value) for value in range(99)), None]), "ready")
    assert (end.name, end.n, end.attempts, end.failed) == ("ready_max_ms", 99, 100, 1)


def test_a_latency_is_its_median_its_p99_if_it_has_one_and_its_maximum(a_table: Samples) -> None:
    few, many = a_table([1.0, 2.0, 9.0]), a_table(float(value) for value in range(100))
    assert names(latency(few, "ready")) == ["ready_p50_ms", "ready_max_ms"]
    assert names(latency(many, "ready")) == ["ready_p50_ms", "ready_p99_ms", "ready_max_ms"]


def test_failures_are_counted_beside_every_figure(a_table: Samples) -> None:
    for entry in latency(a_table([1.0, None, 3.0, None, None]), "ready"):
        assert (entry.n, entry.attempts, entry.failed) == (2, 5, 3)


def test_when_every_attempt_failed_there_is_no_value_and_the_failures_are_told(a_table: Samples) -> None:
    for entry in latency(a_table([None, None]), "ready"):
        assert (entry.value, entry.ci95, entry.n, entry.attempts, entry.failed) == (None, None, 0, 2, 2)


def test_of_no_attempt_there_is_no_value(a_table: Samples) -> None:
    for entry in (*latency(a_table([]), "ready"), maximum(a_table([]), "x"), minimum(a_table([]), "x")):
        assert (entry.value, entry.n, entry.attempts) == (None, 0, 0)


def test_a_single_sample_is_its_own_median_without_an_interval(a_table: Samples) -> None:
    entry = median(a_table([7.0]), "ready_p50_ms")
    assert (entry.value, entry.ci95) == (7.0, None)


def test_a_median_lies_within_its_interval_and_that_within_the_samples(a_table: Samples) -> None:
    entry = median(a_table(float(value) for value in range(1, 31)), "ready_p50_ms")
    assert entry.ci95 is not None
    assert entry.value is not None
    assert 1 <= entry.ci95[0] < entry.value < entry.ci95[1] <= 30


def test_an_interval_is_the_same_each_time_it_is_computed(a_table: Samples) -> None:
    table = a_table(float(value) for value in range(30))
    assert median(table, "ready_p50_ms", seed=3) == median(table, "ready_p50_ms", seed=3)


def test_with_one_instance_an_interval_is_within_run_only(
    a_table: Samples, together: Callable[..., DataFrame]
) -> None:
    one = a_table([1.0, 2.0])
    assert median(one, "ready_p50_ms").scope == "within-run only"
    two = median(together(one, a_table([1.0, 2.0], instance=2)), "ready_p50_ms")
    assert (two.scope, two.instances) == ("across instances", 2)


def test_a_selection_is_by_metric_mode_and_labels_and_keeps_failures(
    a_table: Samples, together: Callable[..., DataFrame]
) -> None:
    table = together(
        a_table([1.0, None], labels={"pods": 500, "release": "system"}),
        a_table([2.0], labels={"pods": 1000, "release": "system"}),
        a_table([3.0], mode="incremental", labels={"pods": 500}),
        a_table([4.0], metric="flows", labels={"pods": 500}),
    )
    assert len(select(table, "ready_ms")) == 4
    assert len(select(table, "ready_ms", mode="full", labels={"pods": 500})) == 2
    assert select(table, "ready_ms", labels={"pods": 1000})["value"].tolist() == [2.0]
    assert len(select(table, "ready_ms", labels={"pods": "500"})) == 0


def test_a_label_that_is_true_is_not_the_number_1(a_table: Samples) -> None:
    table = a_table([1.0], labels={"leader": True})
    assert len(select(table, "ready_ms", labels={"leader": 1})) == 0
    assert len(select(table, "ready_ms", labels={"leader": True})) == 1


def test_a_distribution_keeps_count_of_the_attempts_without_a_value(a_table: Samples) -> None:
    series = ecdf_series(a_table([3.0, None, 1.0]), "full")
    assert (series.values, series.failed) == ((1.0, 3.0), 1)


def test_a_counter_shows_whether_each_change_cost_the_same(a_table: Samples) -> None:
    exact, varied = count(a_table([1.0, 1.0]), "rows"), count(a_table([1.0, 1.0, 3.0]), "rows")
    assert (exact.value, exact.minimum, exact.maximum) == (1, 1, 1)
    assert (varied.value, varied.minimum, varied.maximum) == (1, 1, 3)


def test_counters_are_told_apart_by_mode_and_labels(
    a_table: Samples, together: Callable[..., DataFrame]
) -> None:
    table = together(
        a_table([1.0], metric="recomputes", labels={"daemon": "northd"}),
        a_table([0.0, 0.0], metric="recomputes", mode="incremental", labels={"daemon": "northd"}),
        a_table([2.0], metric="recomputes", labels={"daemon": "ovn-controller"}),
    )
    found = {
        tuple(entry.labels.values()): (entry.value, entry.n)
        for entry in counts_by(select(table, "recomputes"), "recomputes_per_change", ("mode", "daemon"))
    }
    assert found == {
        ("full", "northd"): (1, 1),
        ("incremental", "northd"): (0, 2),
        ("full", "ovn-controller"): (2, 1),
    }


def test_stages_keep_their_order_and_add_up_to_the_mean_of_the_whole(
    a_table: Samples, together: Callable[..., DataFrame]
) -> None:
    table = together(
        a_table([6.0, 6.0, 60.0], labels={"stage": "flows"}),
        a_table([12.0, None], labels={"stage": "northd"}),
        a_table([None], labels={"stage": "claimed"}),
    )
    first, second = stages(table, ("northd", "claimed", "flows"))
    assert (first.name, first.mean, first.n) == ("northd", 4.0, 1)
    assert (second.name, second.mean, second.n) == ("flows", 24.0, 3)
    wholes = [6.0 + 12.0, 6.0, 60.0]
    assert first.mean + second.mean == sum(wholes) / 3
    assert first.share == pytest.approx(4 / 28)


def test_a_stage_that_the_order_forgot_is_refused(a_table: Samples) -> None:
    with pytest.raises(ValueError, match="found flows, allowed northd"):
        stages(a_table([1.0], labels={"stage": "flows"}), ("northd",))
