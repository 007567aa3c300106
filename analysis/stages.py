"""Where the time of a change goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pandas import DataFrame

from analysis.selection import Attempts, grouped
from testbed.results import StackBar, StackPart


@dataclass(frozen=True)
class StageShare:
    """One stage: its mean over all changes, its share of the sum of all means (0 to 1), and how many passed it."""

    name: str
    mean: float
    share: float
    n: int


def stages(selected: DataFrame, order: Sequence[str], by: str = "stage") -> tuple[StageShare, ...]:
    """The mean of each stage named in ``order`` by the label ``by``; stages without a value are left out.

    A change is what has one instance, block and trial. Changes may take different paths, and one that did not pass a
    stage spent nothing in it: so the means add up to the mean of the whole, as medians would not. Raises
    ``ValueError`` for a stage that ``order`` does not name, for it would vanish from the plot.
    """
    known = grouped(selected, by)
    unknown = sorted(str(name) for name in known.keys() - set(order))
    if unknown:
        raise ValueError(f"stages: found {', '.join(unknown)}, allowed {', '.join(order)}")
    measured = selected[selected["value"].notna()]
    changes = len(measured[["instance", "block", "trial"]].drop_duplicates())
    found = [(name, Attempts.of(known[name])) for name in order if name in known]
    means = [
        (name, float(attempts.values.sum()) / changes, attempts.n) for name, attempts in found if attempts.n
    ]
    total = sum(value for _, value, _ in means)
    return tuple(StageShare(name, value, value / total if total else 0.0, n) for name, value, n in means)


def stack_bar(selected: DataFrame, name: str, order: Sequence[str], by: str = "stage") -> StackBar:
    """The stages of ``selected`` as one bar of a plot."""
    parts = tuple(StackPart(name=entry.name, value=entry.mean) for entry in stages(selected, order, by))
    return StackBar(name=name, parts=parts)
