import math

import numpy as np
import pytest

from analysis.quantiles import middle, quantile


@pytest.mark.parametrize(
    ("n", "rank"),
    [(1, 1), (2, 2), (99, 99), (100, 99), (101, 100), (200, 198), (1000, 990)],
)
def test_p99_is_the_smallest_value_that_99_percent_do_not_exceed(n: int, rank: int) -> None:
    assert quantile(np.arange(1.0, n + 1), 0.99) == rank


@pytest.mark.parametrize(("q", "rank"), [(0.07, 7), (0.29, 29), (0.57, 57), (0.58, 58), (1.0, 100)])
def test_a_quantile_is_not_moved_by_the_rounding_of_its_rank(q: float, rank: int) -> None:
    assert quantile(np.arange(1.0, 101), q) == rank


def test_a_quantile_is_a_value_that_was_seen_and_a_median_may_lie_between_two() -> None:
    values = np.array([1.0, 4.0])
    assert quantile(values, 0.5) == 1.0
    assert middle(values) == 2.5


def test_of_nothing_there_is_no_quantile() -> None:
    assert math.isnan(quantile(np.empty(0), 0.5))
    assert math.isnan(middle(np.empty(0)))


@pytest.mark.parametrize("q", [0.0, -0.1, 1.01])
def test_a_quantile_is_above_0_and_at_most_1(q: float) -> None:
    with pytest.raises(ValueError, match="allowed"):
        quantile(np.array([1.0]), q)
