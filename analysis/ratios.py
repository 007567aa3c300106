"""How many times one thing is the other, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pandas import DataFrame

from analysis.bootstrap import interval, resampled_medians, scope
from analysis.quantiles import middle
from analysis.selection import Attempts, instances_of, source_of
from testbed.results import Metric
from testbed.results.records import Better, Label


def ratio_of_medians(
    numerator: DataFrame,
    denominator: DataFrame,
    name: str,
    *,
    labels: Mapping[str, Label] | None = None,
    better: Better = "none",
    seed: int = 0,
) -> Metric:
    """median(numerator) / median(denominator), with the 95 % interval of the ratio.

    The interval comes from drawing both at once, from the same drawn instances: what makes a whole cluster slow is in
    both and cancels. No value if either has no sample or the denominator's median is 0; no interval below two
    samples on either side. ``n`` is the smaller number of samples, ``attempts`` and ``failed`` count both sides.
    """
    instances = instances_of(numerator, denominator)
    above, below = Attempts.of(numerator, instances), Attempts.of(denominator, instances)
    top, bottom = middle(above.values), middle(below.values)
    value = top / bottom if above.n and below.n and bottom != 0 else None
    sources = source_of(numerator), source_of(denominator)
    ci95 = None
    if value is not None and min(above.n, below.n) > 1:
        tops, bottoms = resampled_medians([above.by_instance, below.by_instance], seed)
        with np.errstate(divide="ignore", invalid="ignore"):
            ci95 = interval(tops / bottoms)
    return Metric(
        name=name,
        labels=dict(labels or {}),
        value=value,
        better=better,
        n=min(above.n, below.n),
        attempts=above.attempts + below.attempts,
        failed=above.failed + below.failed,
        instances=len(instances),
        ci95=ci95,
        scope=scope(len(instances)),
        sources=tuple(source for source in sources if source) if all(sources) else (),
    )
