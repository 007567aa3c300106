"""Where the time of a change goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pandas import DataFrame

from analysis.quantiles import middle
from analysis.selection import Attempts, grouped
from testbed.results import StackBar, StackPart


@dataclass(frozen=True)
class StageShare:
    """One stage: its median, its share of the sum of all medians (0 to 1), and of how many changes it is."""

    name: str
    median: float
    share: float
    n: int


def stages(selected: DataFrame, order: Sequence[str], by: str = "stage") -> tuple[StageShare, ...]:
    """The median of each stage named in ``order`` by the label ``by``; stages without a value are left out.

    Medians do not add up to the median of the whole (only means add up): shares are of their own sum. Raises
    ``ValueError`` for a stage that ``order`` does not name, for it would vanish from the plot.
    """
    known = grouped(selected, by)
    unknown = sorted(str(name) for name in known.keys() - set(order))
    if unknown:
        raise ValueError(f"stages: found {', '.join(unknown)}, allowed {', '.join(order)}")
    found = [(name, Attempts.of(known[name])) for name in order if name in known]
    medians = [(name, middle(attempts.values), attempts.n) for name, attempts in found if attempts.n]
    total = sum(value for _, value, _ in medians)
    return tuple(StageShare(name, value, value / total if total else 0.0, n) for name, value, n in medians)


def stack_bar(selected: DataFrame, name: str, order: Sequence[str], by: str = "stage") -> StackBar:
    """The stages of ``selected`` as one bar of a plot."""
    parts = tuple(StackPart(name=entry.name, value=entry.median) for entry in stages(selected, order, by))
    return StackBar(name=name, parts=parts)
