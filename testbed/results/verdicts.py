"""What became of each expectation. A metric that was not measured never passes: losing it is a failure too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, Protocol

import msgspec

from testbed.results.records import Counter, Label, Metric, lookup

Outcome = Literal["met", "failed", "not measured"]


class Bound(Protocol):
    """An expectation as its author writes it; ``str`` gives it as people read it (``name{labels} >= 3``)."""

    @property
    def metric(self) -> str:
        """Name of the metric or counter that is bound."""

    @property
    def labels(self) -> Mapping[str, Label]:
        """Its labels; none for the headline."""

    @property
    def why(self) -> str:
        """Where the bound comes from."""

    def holds(self, value: float | None) -> bool:
        """Whether ``value`` keeps the bound."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The expectation in words, the ``value`` found (None: not measured) and what follows."""

    expectation: str
    metric: str
    outcome: Outcome
    value: float | None = None
    labels: dict[str, Label] = {}
    why: str = ""

    @property
    def passed(self) -> bool:
        """Whether the bound was kept."""
        return self.outcome == "met"


def judge(
    bounds: Iterable[Bound], metrics: Iterable[Metric], counters: Iterable[Counter] = ()
) -> tuple[Verdict, ...]:
    """Hold each bound against the metric, else the counter, of its name and exactly its labels."""
    metrics, counters = tuple(metrics), tuple(counters)
    return tuple(_verdict(bound, metrics, counters) for bound in bounds)


def _verdict(bound: Bound, metrics: tuple[Metric, ...], counters: tuple[Counter, ...]) -> Verdict:
    found = lookup(metrics, bound.metric, bound.labels) or lookup(counters, bound.metric, bound.labels)
    value = found.value if found else None
    outcome: Outcome = "not measured" if value is None else "met" if bound.holds(value) else "failed"
    return Verdict(
        expectation=str(bound),
        metric=bound.metric,
        outcome=outcome,
        value=value,
        labels=dict(bound.labels),
        why=bound.why,
    )
