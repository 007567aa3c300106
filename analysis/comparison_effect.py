"""By how much a median (or a ratio of medians) differs between two sides, and how sure that is.

The unit that repeats is the instance: samples of one cluster resemble each other, and treating them as independent
calls every second pair of equal builds different (Kalibera and Jones, "Rigorous Benchmarking in Reasonable Time", ISMM
2013). So each instance gives one number, the logarithm of its statistic, and sides are compared by Welch's test ("The
Generalization of 'Student's' Problem", 1947): the difference of their means, which is the logarithm of a ratio.

The variance of a side's mean is the greater of what its instances differ by and what their own samples are uncertain
by (the standard error of a median of Maritz and Jarrett, 1978), so that instances that agree by chance claim no
certainty. Sides are taken as independent; releases interleaved in one run share the machine's drift, which makes this
err on the safe side.

The median of all samples of a side would be nearer to what the run's own table says, but where samples are of two kinds
it jumps between them: five equal clusters a side then alarmed in two of five comparisons at a level of 5 %.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import mstats, t

from analysis.quantiles import middle
from analysis.selection import Floats

POWER = 0.8
"""The chance with which an effect called detectable is found (Cohen, "Statistical Power Analysis", 1988)."""

MOST_REPEATS = 100
FEWEST_FOR_ERROR = 3
"""Samples from which the standard error of their median can be told."""

Quantities = Sequence[Sequence[Floats]]
"""Samples by instance: of one median, or of those above and below the line of a ratio."""


@dataclass(frozen=True)
class Spread:
    """The logarithm of a statistic: its mean over instances, the variance of that mean, from how many instances."""

    log: float
    variance: float
    instances: int

    @property
    def value(self) -> float:
        """The statistic: the geometric mean over instances."""
        return math.exp(self.log)


@dataclass(frozen=True)
class Effect:
    """``after`` over ``before``: how far apart, and how sure that is."""

    before: Spread
    after: Spread

    @property
    def judged(self) -> bool:
        """Whether both sides built more than one cluster: else nothing is known of the next one."""
        return min(self.before.instances, self.after.instances) > 1

    @property
    def ci95(self) -> tuple[float, float]:
        """The 95 % interval of the ratio; within the run alone where there is one instance."""
        reach = float(t.ppf(0.975, self._df)) * self._error
        return math.exp(self._log - reach), math.exp(self._log + reach)

    @property
    def p(self) -> float | None:
        """How likely equal builds differ at least so much; None if it cannot be judged."""
        if not self.judged:
            return None
        if self._error == 0:
            return 1.0 if self._log == 0 else 0.0
        return float(2 * t.sf(abs(self._log) / self._error, self._df))

    def smallest(self, level: float) -> float | None:
        """The smallest relative change that these samples show at ``level`` with a chance of ``POWER``.

        ``exp((t(1 - level / 2) + t(POWER)) * error) - 1`` (Bloom, "Minimum Detectable Effects", 1995).
        """
        return _detectable(self._error, self._df, level) if self.judged else None

    def repeats(self, level: float, least: float) -> int | None:
        """How many instances a side would show the change seen, or ``least`` (0.05: 5 %) if it is smaller.

        Instances are taken to differ as these do. None: more than ``MOST_REPEATS``, or unknown from one instance.
        """
        if not self.judged:
            return None
        wanted = max(abs(self._log), math.log1p(least))
        one = sum(side.variance * side.instances for side in (self.before, self.after))

        def shows(count: int) -> bool:
            return math.log1p(_detectable(math.sqrt(one / count), 2 * (count - 1), level)) <= wanted

        first = bisect.bisect_left(range(2, MOST_REPEATS + 1), True, key=shows) + 2
        return first if first <= MOST_REPEATS else None

    @property
    def _log(self) -> float:
        return self.after.log - self.before.log

    @property
    def _error(self) -> float:
        return math.sqrt(self.before.variance + self.after.variance)

    @property
    def _df(self) -> float:
        """Of Welch and Satterthwaite; infinite within one cluster of many samples."""
        if not self.judged:
            return math.inf
        sides = self.before, self.after
        terms = sum(side.variance**2 / (side.instances - 1) for side in sides)
        return self._error**4 / terms if terms > 0 else sum(side.instances - 1 for side in sides)


def spread(quantities: Quantities) -> Spread | None:
    """The spread of a median, or of a ratio of two; None if there is no instance to tell it from.

    An instance counts if it has positive medians; if it is the only one, it must have ``FEWEST_FOR_ERROR`` samples.
    """
    instances = [
        groups for groups in zip(*quantities, strict=True) if all(_usable(group) for group in groups)
    ]
    if not instances or (len(instances) == 1 and min(map(len, instances[0])) < FEWEST_FOR_ERROR):
        return None
    logs = [_log(groups) for groups in instances]
    within = float(np.mean([sum(map(_variance, groups)) for groups in instances]))
    across = float(np.var(logs, ddof=1)) if len(logs) > 1 else 0.0
    return Spread(float(np.mean(logs)), max(within, across) / len(logs), len(logs))


def _usable(group: Floats) -> bool:
    return len(group) > 0 and middle(group) > 0


def _log(groups: Sequence[Floats]) -> float:
    """Of the median of one quantity, or of the ratio of those of two."""
    above, *below = (math.log(middle(group)) for group in groups)
    return above - sum(below)


def _variance(group: Floats) -> float:
    """Of the logarithm of the median; 0 from too few samples to know."""
    if len(group) < FEWEST_FOR_ERROR:
        return 0.0
    (error,) = mstats.mjci(group, [0.5])
    return float(error / middle(group)) ** 2


def _detectable(error: float, df: float, level: float) -> float:
    reach = float(t.ppf(1 - level / 2, df) + t.ppf(POWER, df)) * error
    return math.expm1(min(reach, 50.0))
