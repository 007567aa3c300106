"""How far a median may be off, by drawing the samples again and again: nested bootstrap.

Samples of one cluster resemble each other more than those of two clusters, so drawing only samples understates the
spread. Instances are drawn first, then samples within each drawn instance (Davison and Hinkley, "Bootstrap Methods and
their Application", 1997, section 3.8). With one instance only the second level is left, and the interval says nothing
about the next cluster: it is marked ``within-run only``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.selection import Floats
from testbed.results.records import Scope

RESAMPLES = 2000
"""Enough for the 2.5 % and 97.5 % points (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13)."""


def scope(instances: int) -> Scope:
    """What an interval from so many instances covers."""
    return "across instances" if instances > 1 else "within-run only"


def resampled_medians(
    quantities: Sequence[Sequence[Floats]], seed: int, resamples: int = RESAMPLES
) -> list[Floats]:
    """For each quantity (its samples by instance, the same instances for all) ``resamples`` medians.

    The instances drawn are the same for all quantities, so that a ratio of two keeps what they share. A draw in which a
    quantity has no sample is NaN. Medians are of the pooled samples of the drawn instances.
    """
    generator = np.random.default_rng(seed)
    instances = len(quantities[0])
    picks = generator.integers(0, instances, size=(instances, resamples))
    return [_medians_of_draws(groups, picks, generator) for groups in quantities]


def interval(draws: Floats) -> tuple[float, float] | None:
    """The central 95 % of ``draws`` (percentile interval, Efron 1979); None if none of them is a number."""
    numbers = draws[np.isfinite(draws)]
    if len(numbers) == 0:
        return None
    low, high = np.percentile(numbers, (2.5, 97.5))
    return float(low), float(high)


def _medians_of_draws(
    groups: Sequence[Floats],
    picks: np.ndarray[tuple[int, int], np.dtype[np.int64]],
    generator: np.random.Generator,
) -> Floats:
    sizes = np.array([len(group) for group in groups])
    padded = _padded(groups)
    width = padded.shape[1]
    drawn = []
    for pick in picks:
        size = sizes[pick][:, np.newaxis]
        index = (generator.random((len(pick), width)) * size).astype(int)
        values = padded[pick[:, np.newaxis], index]
        values[np.arange(width)[np.newaxis, :] >= size] = np.nan
        drawn.append(values)
    return _medians_of_rows(np.concatenate(drawn, axis=1))


def _padded(groups: Sequence[Floats]) -> Floats:
    """Groups of different sizes as the rows of a table, NaN behind them."""
    padded = np.full((len(groups), max(1, *map(len, groups))), np.nan)
    for row, group in zip(padded, groups, strict=True):
        row[: len(group)] = group
    return padded


def _medians_of_rows(table: Floats) -> Floats:
    """The median of each row, NaN left out (they sort to the end); NaN for a row of nothing else."""
    ordered = np.sort(table, axis=1)
    counts = np.sum(~np.isnan(ordered), axis=1)
    rows = np.arange(len(ordered))
    lower = ordered[rows, np.maximum(counts - 1, 0) // 2]
    upper = ordered[rows, np.minimum(counts // 2, ordered.shape[1] - 1)]
    return np.where(counts > 0, (lower + upper) / 2, np.nan)
