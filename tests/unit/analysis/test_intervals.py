"""Intervals are judged by what they promise: how often they hold what they are of."""

from collections.abc import Callable

import numpy as np
import pytest
from pandas import DataFrame

from analysis import growth, median, power_law, ratio_of_medians, rungs
from analysis.bootstrap import resampled_medians
from tests.unit.analysis.conftest import Samples


def test_a_median_s_interval_holds_the_true_median_about_95_times_in_100(a_table: Samples) -> None:
    generator = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        ci95 = median(a_table(generator.normal(100, 10, 25)), "ready_p50_ms").ci95
        assert ci95 is not None
        held += ci95[0] <= 100 <= ci95[1]
    assert 180 <= held <= 199


def test_clusters_that_differ_widen_the_interval(
    a_table: Samples, together: Callable[..., DataFrame]
) -> None:
    generator = np.random.default_rng(2)
    noise = generator.normal(0, 1, (4, 30))
    alike = together(*(a_table(100 + noise[number], instance=number) for number in range(4)))
    apart = together(*(a_table(100 + 10 * number + noise[number], instance=number) for number in range(4)))
    assert width(median(apart, "ready_p50_ms").ci95) > 8 * width(median(alike, "ready_p50_ms").ci95)


def test_what_makes_a_whole_cluster_slow_cancels_in_a_ratio(
    a_table: Samples, together: Callable[..., DataFrame]
) -> None:
    generator = np.random.default_rng(3)
    slowness = (1.0, 2.0, 4.0)
    full, incremental = (
        together(
            *(
                a_table(whole * slow * generator.lognormal(0, 0.02, 20), instance=number)
                for number, slow in enumerate(slowness)
            )
        )
        for whole in (300.0, 30.0)
    )
    ratio = ratio_of_medians(full, incremental, "full_over_incremental")
    assert ratio.value == pytest.approx(10, rel=0.05)
    assert width(ratio.ci95) < 2.5
    assert ratio.scope == "across instances"


def test_a_draw_takes_as_many_samples_of_an_instance_as_it_has() -> None:
    many, one = np.zeros(30), np.ones(1)
    (medians,) = resampled_medians([[many, one]], seed=5)
    assert set(medians) == {0.0, 1.0}
    assert np.mean(medians) == pytest.approx(1 / 4, abs=0.04)


def test_the_median_of_a_draw_of_two_lies_between_them() -> None:
    (medians,) = resampled_medians([[np.array([0.0, 1.0])]], seed=6)
    assert [np.mean(medians == value) for value in (0, 0.5, 1)] == pytest.approx([0.25, 0.5, 0.25], abs=0.04)


def test_a_ratio_is_of_the_medians(a_table: Samples) -> None:
    ratio = ratio_of_medians(a_table([10.0, 20.0, 900.0]), a_table([1.0, 2.0, 90.0]), "a_over_b")
    assert ratio.value == 10
    assert ratio.unit == ""


def test_a_ratio_counts_the_attempts_of_both_sides(a_table: Samples) -> None:
    ratio = ratio_of_medians(a_table([4.0, None]), a_table([2.0, 2.0, None]), "a_over_b")
    assert (ratio.value, ratio.n, ratio.attempts, ratio.failed, ratio.ci95) == (2, 1, 5, 2, None)


@pytest.mark.parametrize(("above", "below"), [([], [1.0]), ([1.0], []), ([None], [1.0]), ([1.0], [0.0])])
def test_without_one_of_its_sides_there_is_no_ratio(
    a_table: Samples, above: list[float | None], below: list[float | None]
) -> None:
    assert ratio_of_medians(a_table(above), a_table(below), "a_over_b").value is None


def test_rungs_are_medians_and_quartiles_in_ascending_order(
    a_table: Samples, together: Callable[..., DataFrame]
) -> None:
    table = together(
        a_table([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 90.0], labels={"pods": 1000}),
        a_table([1.0, None], labels={"pods": 500}),
        a_table([None], labels={"pods": 2000}),
    )
    first, second = rungs(table, "pods")
    assert (first.x, first.y, first.n) == (500, 1.0, 1)
    assert (second.x, second.y, second.low, second.high, second.n) == (1000, 4.5, 2.0, 6.0, 8)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 2.0])
def test_a_power_law_is_recovered_with_its_exponent_in_the_interval(
    a_table: Samples, together: Callable[..., DataFrame], exponent: float
) -> None:
    generator = np.random.default_rng(4)
    table = together(
        *(
            a_table(3 * size**exponent * generator.lognormal(0, 0.1, 40), labels={"pods": size})
            for size in (500, 1000, 2000, 4000)
        )
    )
    law = power_law(table, "pods")
    assert law is not None
    assert law.ci95 is not None
    assert law.exponent == pytest.approx(exponent, abs=0.06)
    assert law.ci95[0] <= law.exponent <= law.ci95[1]
    assert width(law.ci95) < 0.15


def test_a_power_law_through_exact_rungs_is_exact(
    a_table: Samples, together: Callable[..., DataFrame]
) -> None:
    table = together(*(a_table([0.5 * size], labels={"pods": size}) for size in (100, 300)))
    law = power_law(table, "pods")
    assert law is not None
    assert [law.exponent, law.factor] == pytest.approx([1, 0.5])
    assert law.ci95 is None


def test_one_rung_is_no_growth(a_table: Samples) -> None:
    series = growth(a_table([1.0, 2.0], labels={"pods": 500}), "full", "pods")
    assert (len(series.points), series.fit) == (1, None)


def width(ci95: tuple[float, float] | None) -> float:
    assert ci95 is not None
    return ci95[1] - ci95[0]
