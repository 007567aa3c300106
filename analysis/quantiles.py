"""Order statistics, and from how many samples on one may be named.

A p99 of 20 samples is their maximum by another name, so it is called the maximum until there are 100.
"""

from __future__ import annotations

import math

import numpy as np

from analysis.selection import Floats

FEWEST_FOR_P99 = 100
"""From here on 1 % of the samples is at least one whole sample."""


def quantile(ascending: Floats, q: float) -> float:
    """The smallest observed value that at least a share ``q`` of the samples does not exceed: x[ceil(q n)].

    Definition 1 (inverse of the empirical distribution) of Hyndman and Fan, "Sample Quantiles in Statistical
    Packages", 1996: always a value that was seen, never one between two. NaN without samples. ``0 < q <= 1``.
    """
    if not 0 < q <= 1:
        raise ValueError(f"quantile: found {q}, allowed above 0 and at most 1")
    if len(ascending) == 0:
        return math.nan
    return float(ascending[_rank(q, len(ascending)) - 1])


def middle(values: Floats) -> float:
    """The median: the middle value, or the mean of the two middle ones. NaN without samples."""
    return float(np.median(values)) if len(values) else math.nan


def _rank(q: float, n: int) -> int:
    return max(1, math.ceil(round(q * n, 9)))  # 0.07 * 100 is 7.000000000000001
