"""What a selection of samples amounts to: median and tail, with attempts and failures beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pandas import DataFrame

from analysis.bootstrap import interval, resampled_medians, scope
from analysis.quantiles import FEWEST_FOR_P99, middle, quantile
from analysis.selection import Attempts, source_of
from testbed.results import EcdfSeries, Metric, Source
from testbed.results.records import Better, Label


def latency(
    selected: DataFrame,
    stem: str,
    *,
    unit: str = "ms",
    labels: Mapping[str, Label] | None = None,
    seed: int = 0,
) -> tuple[Metric, ...]:
    """``<stem>_p50_<unit>``, ``<stem>_p99_<unit>`` (from 100 samples on) and ``<stem>_max_<unit>``; lower is better.

    Figures are of the attempts that succeeded; ``attempts`` and ``failed`` say how many did not.
    """
    p50 = median(selected, f"{stem}_p50_{unit}", labels=labels, better="lower", seed=seed)
    last = maximum(selected, f"{stem}_max_{unit}", labels=labels, better="lower")
    end = tail(selected, stem, unit=unit, labels=labels)
    return (p50, last) if end.name == last.name else (p50, end, last)


def median(
    selected: DataFrame,
    name: str,
    *,
    labels: Mapping[str, Label] | None = None,
    better: Better = "lower",
    seed: int = 0,
) -> Metric:
    """The median with its 95 % interval (nested bootstrap; none below two samples)."""
    attempts = Attempts.of(selected)
    ci95 = None
    if attempts.n > 1:
        ci95 = interval(resampled_medians([attempts.by_instance], seed)[0])
    return _metric(attempts, name, middle(attempts.values), labels, better, ci95, source_of(selected))


def tail(
    selected: DataFrame, stem: str, *, unit: str = "ms", labels: Mapping[str, Label] | None = None
) -> Metric:
    """``<stem>_p99_<unit>`` from 100 samples on, below that ``<stem>_max_<unit>``.

    Without an interval: the bootstrap is inconsistent for extremes (Bickel and Freedman, 1981).
    """
    attempts = Attempts.of(selected)
    if attempts.n < FEWEST_FOR_P99:
        return maximum(selected, f"{stem}_max_{unit}", labels=labels, better="lower")
    return _metric(attempts, f"{stem}_p99_{unit}", quantile(attempts.values, 0.99), labels, "lower")


def maximum(
    selected: DataFrame, name: str, *, labels: Mapping[str, Label] | None = None, better: Better = "none"
) -> Metric:
    """The greatest value seen, without an interval (``tail`` says why)."""
    attempts = Attempts.of(selected)
    return _metric(attempts, name, quantile(attempts.values, 1.0), labels, better)


def minimum(
    selected: DataFrame, name: str, *, labels: Mapping[str, Label] | None = None, better: Better = "none"
) -> Metric:
    """The smallest value seen, without an interval (``tail`` says why)."""
    attempts = Attempts.of(selected)
    least = float(attempts.values[0]) if attempts.n else math.nan
    return _metric(attempts, name, least, labels, better)


def total(
    selected: DataFrame, name: str, *, labels: Mapping[str, Label] | None = None, better: Better = "none"
) -> Metric:
    """All values together, without an interval: it is a count of this run, not an estimate."""
    attempts = Attempts.of(selected)
    return _metric(attempts, name, float(attempts.values.sum()) if attempts.n else math.nan, labels, better)


def ecdf_series(selected: DataFrame, name: str) -> EcdfSeries:
    """The distribution of ``selected`` as a plot wants it, with the attempts that have no value counted."""
    attempts = Attempts.of(selected)
    return EcdfSeries(name=name, values=tuple(attempts.values.tolist()), failed=attempts.failed)


def _metric(
    attempts: Attempts,
    name: str,
    value: float,
    labels: Mapping[str, Label] | None,
    better: Better,
    ci95: tuple[float, float] | None = None,
    source: Source | None = None,
) -> Metric:
    return Metric(
        name=name,
        labels=dict(labels or {}),
        value=None if math.isnan(value) else value,
        better=better,
        n=attempts.n,
        attempts=attempts.attempts,
        failed=attempts.failed,
        instances=attempts.instances,
        ci95=ci95,
        scope=scope(attempts.instances),
        sources=(source,) if source else (),
    )
