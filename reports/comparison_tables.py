"""The tables of a comparison: its foremost figures in words, all figures, where the time went, exact work.

A run has hundreds of records. What is equal on both sides is only counted, and a column that says nothing is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reports.comparison_words import word_of
from reports.numbers import number, quantity, span
from reports.pivots import across, values_of
from reports.table import Table, plain, words_of
from reports.words import plain as in_words

if TYPE_CHECKING:
    from analysis.comparison import Comparison, CounterChange, MetricChange

FOREMOST = 5
UNTOLD = ("within-run only", "not judged")
"""Verdicts that say nothing of a single figure."""


def tables(comparison: Comparison) -> tuple[Table, ...]:
    """Those that have rows, in the order in which they are read."""
    found = (foremost(comparison), figures(comparison), stages(comparison), counters(comparison))
    return tuple(filter(None, found))


def foremost(comparison: Comparison) -> Table:
    """What changed beyond noise, then what the run names first: in words, with how many times the older figure."""
    order = {"worse": 0, "lost": 0, "better": 1}
    led = sorted(
        (
            entry
            for entry in comparison.metrics
            if not entry.labels and (entry.ci95 or entry.verdict in order)
        ),
        key=lambda entry: order.get(entry.verdict, len(order)),
    )
    rows = tuple(
        (
            in_words(entry.name),
            f"{quantity(entry.after, entry.unit)} instead of {quantity(entry.before, entry.unit)}",
            f"{number(entry.ratio)} times" if entry.ratio is not None else "",
            _verdict(entry),
            f"in stage {entry.stage.name.replace('_', ' ')}" if entry.stage else "",
        )
        for entry in led[:FOREMOST]
    )
    return _without_empty(Table("", ("",) * 5, rows, text_columns=5))


def figures(comparison: Comparison) -> Table:
    """All headline figures that were judged or differ, and whatever became worse or better."""
    shown = [entry for entry in comparison.metrics if _is_shown(entry)]
    rows = tuple(
        (
            _name(entry),
            _verdict(entry),
            quantity(entry.before, entry.unit),
            quantity(entry.after, entry.unit),
            number(entry.ratio),
            span(entry.ci95),
            _smallest(entry.smallest),
            "" if entry.smallest is None else number(entry.repeats) if entry.repeats else "over 100",
        )
        for entry in shown
    )
    failed = [
        f"{_name(entry)} {entry.failed[0]}, then {entry.failed[1]}" for entry in shown if any(entry.failed)
    ]
    note = f"Attempts that failed: {'; '.join(failed)}." if failed else ""
    header = ("metric", "verdict", *_sides(comparison), "ratio", "95 % interval", "shows from", "needs")
    return _without_empty(Table("Figures", header, rows, text_columns=2, note=note))


def stages(comparison: Comparison) -> Table:
    """Where the time of figures that became worse went."""
    rows = tuple(
        (
            _name(entry),
            entry.stage.name,
            quantity(entry.stage.before, entry.stage.unit),
            quantity(entry.stage.after, entry.stage.unit),
            f"{entry.stage.share:.0%}",
        )
        for entry in comparison.metrics
        if entry.stage is not None
    )
    header = ("metric", "stage that grew most", "mean before", "mean after", "of all that grew")
    return Table("Where it went", header, rows, text_columns=2)


def counters(comparison: Comparison) -> Table:
    """Those that differ, a row for each kind of work, a column for each mode and change."""
    words = {place: word_of(entry, comparison) for place, entry in enumerate(comparison.counters)}
    differ = [entry for place, entry in enumerate(comparison.counters) if words[place]]
    keys = across(differ)
    columns = sorted({values_of(entry, keys) for entry in differ})
    known: dict[str, dict[tuple[str, ...], str]] = {}
    told: dict[str, list[str]] = {}
    for place, entry in enumerate(comparison.counters):
        if words[place]:
            row = _work(entry, keys)
            known.setdefault(row, {})[values_of(entry, keys)] = (
                f"{number(entry.before)} → {number(entry.after)}"
            )
            told.setdefault(row, []).append(words[place])
    rows = tuple(
        (row, "/".join(dict.fromkeys(told[row])), *(cells.get(column, "") for column in columns))
        for row, cells in known.items()
    )
    header = ("work", "", *(", ".join(filter(None, column)) or "a change" for column in columns))
    return Table(
        "Work a change that differs", header, rows, text_columns=2, note=_others(comparison, len(differ))
    )


def _others(comparison: Comparison, differ: int) -> str:
    """What became of the counters that the table does not show."""
    equal = sum(entry.verdict == "equal" for entry in comparison.counters)
    varied = len(comparison.counters) - equal - differ
    before, after = comparison.releases if len(set(comparison.releases)) == 2 else ("the first", "the second")
    told = (
        (equal, "are equal"),
        (varied, "vary from change to change"),
        (comparison.alone[0], f"only {before} has"),
        (comparison.alone[1], f"only {after} has"),
    )
    return f"Of the other counters {', '.join(f'{count} {what}' for count, what in told if count)}."


def _work(entry: CounterChange, left_out: Sequence[str]) -> str:
    """A counter's name as short as it stays plain: ``recomputes northd/lflow``, ``rows_logged sb/written``."""
    labels = "/".join(
        plain(value).removeprefix("ovn-") for key, value in entry.labels.items() if key not in left_out
    )
    return " ".join(filter(None, (entry.name.removesuffix("_per_change"), labels)))


def _is_shown(entry: MetricChange) -> bool:
    if entry.verdict in ("worse", "lost", "better"):
        return True
    if entry.labels:
        return False
    return entry.ci95 is not None or (entry.verdict != "not judged" and entry.before != entry.after)


def _sides(comparison: Comparison) -> tuple[str, str]:
    before, after = comparison.releases
    return ("before", "after") if before == after else (before or "before", after or "after")


def _verdict(entry: MetricChange) -> str:
    return "" if entry.verdict in UNTOLD else entry.verdict.replace(" ", "\N{NO-BREAK SPACE}")


def _smallest(change: float | None) -> str:
    """A relative change; one that is no use to know exactly is only called so."""
    if change is None:
        return ""
    return f"+{change:.0%}" if change < 10 else "over tenfold"


def _name(entry: MetricChange) -> str:
    return f"{entry.name} ({words_of(entry.labels)})" if entry.labels else entry.name


def _without_empty(table: Table) -> Table:
    """Without the columns in which no row says anything."""
    kept = [place for place in range(len(table.header)) if any(row[place] for row in table.rows)]
    return replace(
        table,
        header=tuple(table.header[place] for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in table.rows),
        text_columns=sum(place < table.text_columns for place in kept),
    )
