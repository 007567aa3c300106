"""The figures of a run: metrics (statistics, with their spread) and counters (exact amounts of work).

Both are flat lists of records with labels, so that a rung of a ladder, a release or a fault is one more record of the
same name, and comparing runs is matching (name, labels).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypeVar

import msgspec

from testbed.results.names import unit_of

Label = str | int | float | bool
Better = Literal["lower", "higher", "none"]
Scope = Literal["", "within-run only", "across instances"]


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    value: float | None
    labels: dict[str, Label] = {}
    unit: str = ""
    better: Better = "none"
    n: int = 1
    attempts: int = 1
    failed: int = 0
    instances: int = 1

    def __post_init__(self) -> None:
        unit = unit_of(self.name)
        if self.unit not in ("", unit):
            raise ValueError(f"{self.name}: found unit {self.unit!r}, allowed {unit!r}, which the name says")
        msgspec.structs.force_setattr(self, "unit", unit)
        if self.value is not None and self.value != self.value:
            raise ValueError(f"{self.name}: found NaN, allowed a number, or None if it was not measured")

    @property
    def is_headline(self) -> bool:
        """Whether it has no labels and so stands for the run."""
        return not self.labels


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Which samples a statistic was made of: those of ``metric`` and ``mode`` that carry at least these ``labels``.

    ``first_block`` leaves out what comes before it (warm-ups). With it a comparison finds the samples of a figure
    without the scenario's code.
    """

    metric: str
    mode: str = ""
    labels: dict[str, Label] = {}
    first_block: int = 0


class Metric(_Record, frozen=True, kw_only=True):
    """A statistic: ``value`` in ``unit`` (which the name's suffix says) from ``n`` samples.

    ``value`` is None if nothing could be measured; ``attempts`` and ``failed`` say how often it was tried. ``ci95`` is
    the 95 % interval of the statistic, ``scope`` what it covers: ``across instances``, or ``within-run only`` if one
    cluster was built, in which case it says nothing about the next one. ``sources`` are the samples of a median, or
    those above and below the line of a ratio of medians; none for other statistics. Raises ``ValueError`` if name and
    unit differ.
    """

    ci95: tuple[float, float] | None = None
    scope: Scope = ""
    sources: tuple[Source, ...] = ()


class Counter(_Record, frozen=True, kw_only=True):
    """An exact amount of work that a change caused; free of noise, so one observation suffices to judge it.

    ``value`` is the amount a change (the median if changes differed); ``minimum`` and ``maximum`` are the extremes
    seen, equal to ``value`` when the work is indeed exact.
    """

    minimum: float | None = None
    maximum: float | None = None


R = TypeVar("R", Metric, Counter)


def lookup(records: Iterable[R], name: str, labels: Mapping[str, Label] | None = None) -> R | None:
    """The record with this name and exactly these labels (none: the headline), or None."""
    wanted = dict(labels or {})
    return next((entry for entry in records if entry.name == name and entry.labels == wanted), None)
