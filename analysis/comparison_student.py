"""Student's t distribution, with degrees of freedom that need not be whole (Welch's are not).

With ``t = sqrt(df) tan(x)`` the density becomes ``cos(x) ** (df - 1)`` on a finite interval, so plain quadrature is
exact to many digits (Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, 26.7).
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np

_STEPS = 4001
_NORMAL = 1_000
"""Above so many degrees of freedom the normal distribution serves: its 97.5 % point is within 0.2 %."""


def two_sided(t: float, df: float) -> float:
    """The probability of a value at least as far from 0 as ``t``, 0 to 1; ``df`` is at least 1."""
    if math.isinf(t):
        return 0.0
    if df > _NORMAL:
        return 2 * NormalDist().cdf(-abs(t))
    from_zero = math.atan(abs(t) / math.sqrt(df))
    return min(1.0, _area(from_zero, df) / _half(df))


@lru_cache(maxsize=1024)
def quantile(probability: float, df: float) -> float:
    """The ``t`` that is exceeded with ``1 - probability``; ``probability`` is at least 0.5 and below 1."""
    tail = 2 * (1 - probability)
    low, high = 0.0, 1.0
    while two_sided(high, df) > tail:
        low, high = high, high * 2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided(middle, df) > tail else (low, middle)
    return (low + high) / 2


@lru_cache(maxsize=1024)
def _half(df: float) -> float:
    return _area(0.0, df)


def _area(start: float, df: float) -> float:
    x = np.linspace(start, math.pi / 2, _STEPS)
    return float(np.trapezoid(np.maximum(np.cos(x), 0.0) ** (df - 1), x))
