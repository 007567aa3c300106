"""How a figure grows with a size: a ladder of rungs, and the power law through them.

On two logarithmic axes ``y = a x^b`` is a line of slope ``b``: 0 is independent of the size, 1 proportional to it.
"""

from __future__ import annotations

import numpy as np
from pandas import DataFrame

from analysis.bootstrap import interval, resampled_medians
from analysis.quantiles import middle, quantile
from analysis.selection import Attempts, Floats, grouped, instances_of
from testbed.results import GrowthPoint, GrowthSeries, PowerLaw


def rungs(selected: DataFrame, by: str) -> tuple[GrowthPoint, ...]:
    """Median and quartiles of ``selected`` for each value of the label ``by``, in ascending order.

    A rung at which every attempt failed has no point (its attempts are in the metrics).
    """
    points = []
    for size, rows in _by_size(selected, by):
        values = Attempts.of(rows).values
        if len(values):
            low, high = quantile(values, 0.25), quantile(values, 0.75)
            points.append(GrowthPoint(x=size, y=middle(values), low=low, high=high, n=len(values)))
    return tuple(points)


def power_law(selected: DataFrame, by: str, seed: int = 0) -> PowerLaw | None:
    """``y = factor * x ** exponent`` by least squares through the logarithms of the rungs' medians.

    The exponent's interval comes from drawing instances and samples anew (nested bootstrap) and fitting each draw.
    None below two rungs with positive sizes and medians; no interval if a rung has a single sample.
    """
    instances = instances_of(selected)
    ladder = [
        (size, attempts)
        for size, rows in _by_size(selected, by)
        if (attempts := Attempts.of(rows, instances)).n and size > 0 and middle(attempts.values) > 0
    ]
    if len(ladder) < 2:
        return None
    sizes = np.log([size for size, _ in ladder])
    exponent, offset = _line(sizes, np.log([[middle(attempts.values)] for _, attempts in ladder]))
    ci95 = None
    if all(attempts.n > 1 for _, attempts in ladder):
        drawn = np.array(resampled_medians([attempts.by_instance for _, attempts in ladder], seed))
        usable = drawn[:, np.all(np.isfinite(drawn) & (drawn > 0), axis=0)]
        ci95 = interval(_line(sizes, np.log(usable))[0])
    return PowerLaw(factor=float(np.exp(offset[0])), exponent=float(exponent[0]), ci95=ci95)


def growth(selected: DataFrame, name: str, by: str, seed: int = 0) -> GrowthSeries:
    """The rungs of ``selected`` and the power law through them, as a plot wants them."""
    return GrowthSeries(name=name, points=rungs(selected, by), fit=power_law(selected, by, seed))


def _by_size(selected: DataFrame, by: str) -> list[tuple[float, DataFrame]]:
    return sorted(
        ((float(size), rows) for size, rows in grouped(selected, by).items()), key=lambda rung: rung[0]
    )


def _line(x: Floats, columns: Floats) -> tuple[Floats, Floats]:
    """Slope and offset of the least-squares line through (x, column) for each column of ``columns``."""
    centred = x - x.mean()
    slope = centred @ columns / (centred @ centred)
    return slope, columns.mean(axis=0) - slope * x.mean()
