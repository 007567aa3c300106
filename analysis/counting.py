"""Exact amounts of work a change: the same each time, or else the extremes say that it was not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pandas import DataFrame

from analysis.quantiles import middle
from analysis.selection import Attempts, label
from testbed.results import Counter
from testbed.results.records import Better, Label


def count(
    selected: DataFrame, name: str, *, labels: Mapping[str, Label] | None = None, better: Better = "lower"
) -> Counter:
    """The amount a change: the median of ``selected``, with the smallest and greatest amount seen."""
    attempts = Attempts.of(selected)
    values = attempts.values
    amount = middle(values)
    return Counter(
        name=name,
        labels=dict(labels or {}),
        value=None if math.isnan(amount) else amount,
        better=better,
        n=attempts.n,
        attempts=attempts.attempts,
        failed=attempts.failed,
        instances=attempts.instances,
        minimum=float(values[0]) if len(values) else None,
        maximum=float(values[-1]) if len(values) else None,
    )


def counts_by(
    selected: DataFrame, name: str, keys: Sequence[str], *, better: Better = "lower"
) -> tuple[Counter, ...]:
    """One counter for each combination of ``keys``, which are labels of the samples or ``"mode"``; sorted by them."""
    columns = [list(selected["mode"]) if key == "mode" else label(selected, key) for key in keys]
    rows = list(zip(*columns, strict=True))
    counters = []
    for combination in sorted(set(rows), key=lambda entry: [str(part) for part in entry]):
        labels = {key: part for key, part in zip(keys, combination, strict=True) if part is not None}
        chosen = selected[[row == combination for row in rows]]
        counters.append(count(chosen, name, labels=labels, better=better))
    return tuple(counters)
