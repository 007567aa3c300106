"""By how much a median (or a ratio of medians) differs between two sides, and how sure that is.

The unit that repeats is the instance: samples of one cluster resemble each other, and treating them as independent
calls every second pair of equal builds different (Kalibera and Jones, "Rigorous Benchmarking in Reasonable Time", ISMM
2013). Sides are compared by the logarithm of their ratio. Its variance is, for each side, the greater of

* what drawing instances anew gives, times k / (k - 1), because drawing k of k understates the variance by that factor
  (Davison and Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8), and
* what drawing samples within the instances gives, so that instances that agree by chance claim no certainty.

Few instances make the bootstrap's own percentiles too narrow (Cameron, Gelbach and Miller, "Bootstrap-Based
Improvements for Inference with Clustered Errors", 2008), so the interval is of Student's t with the degrees of freedom
of Welch (1947) and Satterthwaite (1946). Sides are taken as independent; releases interleaved in one run share the
machine's drift, which makes this err on the safe side.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.bootstrap import medians_over_instances, medians_within_instances
from analysis.comparison_student import quantile, two_sided
from analysis.quantiles import middle
from analysis.selection import Floats

POWER = 0.8
"""The chance with which an effect called detectable is found (Cohen, "Statistical Power Analysis", 1988)."""

RESAMPLES = 1000
MOST_REPEATS = 100

Quantities = Sequence[Sequence[Floats]]
"""Samples by instance: of one median, or of those above and below the line of a ratio."""


@dataclass(frozen=True)
class Spread:
    """The logarithm of a statistic: its value, its variance, and from how many instances."""

    log: float
    variance: float
    instances: int


@dataclass(frozen=True)
class Effect:
    """The newer side over the older one, as the logarithm of the ratio, with its standard error."""

    log: float
    error: float
    df: float
    instances: tuple[int, int]
    variances: tuple[float, float]

    @property
    def judged(self) -> bool:
        """Whether both sides built more than one cluster: else nothing is known of the next one."""
        return min(self.instances) > 1

    @property
    def ci95(self) -> tuple[float, float]:
        """The 95 % interval of the ratio; within the run alone where there is one instance."""
        reach = quantile(0.975, self.df) * self.error
        return math.exp(self.log - reach), math.exp(self.log + reach)

    @property
    def p(self) -> float | None:
        """How likely equal builds differ at least so much; None if it cannot be judged."""
        if not self.judged:
            return None
        if self.error == 0:
            return 1.0 if self.log == 0 else 0.0
        return two_sided(self.log / self.error, self.df)

    def smallest(self, level: float) -> float | None:
        """The smallest relative change that these samples show at ``level`` with a chance of ``POWER``.

        ``exp((t(1 - level / 2) + t(POWER)) * error) - 1`` (Bloom, "Minimum Detectable Effects", 1995).
        """
        if not self.judged:
            return None
        return _detectable(self.error, self.df, level)

    def repeats(self, level: float, least: float) -> int | None:
        """How many instances a side would show the change seen, or ``least`` (0.05: 5 %) if it is smaller.

        Instances are taken to differ as these do. None: more than ``MOST_REPEATS``, or unknown from one instance.
        """
        if not self.judged:
            return None
        wanted = max(abs(self.log), math.log1p(least))
        one = sum(v * k for v, k in zip(self.variances, self.instances, strict=True))

        def shows(count: int) -> bool:
            return math.log1p(_detectable(math.sqrt(one / count), 2 * (count - 1), level)) <= wanted

        first = bisect.bisect_left(range(2, MOST_REPEATS + 1), True, key=shows) + 2
        return first if first <= MOST_REPEATS else None


def effect(before: Spread, after: Spread) -> Effect:
    """``after`` against ``before``."""
    variances = before.variance, after.variance
    instances = before.instances, after.instances
    terms = [
        variance**2 / (count - 1) for variance, count in zip(variances, instances, strict=True) if count > 1
    ]
    total = sum(variances)
    judged = min(instances) > 1
    df = total**2 / sum(terms) if judged and sum(terms) > 0 else float(max(1, sum(instances) - 2))
    if not judged:
        df = 1e6  # nothing but the many samples of one cluster: the normal distribution
    return Effect(after.log - before.log, math.sqrt(total), df, instances, variances)


def spread(quantities: Quantities, seed: int = 0) -> Spread | None:
    """The spread of a median, or of a ratio of two; None without positive values on every side."""
    values = [np.concatenate(list(groups)) for groups in quantities]
    if any(len(found) < 2 or middle(found) <= 0 for found in values):
        return None
    log = _log([np.array([middle(found)]) for found in values])[0]
    instances = len(quantities[0])
    variance = _variance(medians_within_instances(quantities, seed, RESAMPLES))
    if instances > 1:
        across = _variance(medians_over_instances(quantities, seed, RESAMPLES))
        variance = max(variance, across * instances / (instances - 1))
    return Spread(float(log), variance, instances)


def _variance(draws: Sequence[Floats]) -> float:
    logs = _log(draws)
    finite = logs[np.isfinite(logs)]
    return float(np.var(finite)) if len(finite) else math.inf


def _log(draws: Sequence[Floats]) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = [np.log(draw) for draw in draws]
        return logs[0] - logs[1] if len(logs) == 2 else logs[0]


def _detectable(error: float, df: float, level: float) -> float:
    reach = (quantile(1 - level / 2, df) + quantile(POWER, df)) * error
    return math.expm1(min(reach, 50.0))
