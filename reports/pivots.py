"""Records with labels laid out as tables: one label goes across, the others go down.

A run has as many records as its labels have combinations; a table of one record a row is complete and unreadable. So
the label with the most values becomes the columns, and what differs by it alone stands side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from reports.numbers import number, quantity
from reports.table import SPREAD, Table, plain, spread_row, words_of
from testbed.results import Counter, Ecdf, Growth, Metric, Run
from testbed.results.records import Label

RELEASE = "release"
"""The label that tells the releases of one run apart."""


class Labelled(Protocol):
    """A record with labels, of a run or of a comparison."""

    @property
    def labels(self) -> Mapping[str, Label]:
        """By name."""


WIDEST = 6
"""More columns than this do not fit a page: then one row a record."""


def pivots(metrics: Sequence[Metric], run: Run) -> tuple[Table, ...]:
    """A table for each label that spreads over columns: of a metric's labels, the one with the most values."""
    values = {key: {entry.labels[key] for entry in metrics if key in entry.labels} for key in _keys(metrics)}
    spread = [_spread(entry, values) for entry in metrics]
    return tuple(
        _pivot(keys[0], [entry for entry, chosen in zip(metrics, spread, strict=True) if chosen == keys], run)
        for keys in dict.fromkeys(spread)
    )


def side_by_side(run: Run) -> tuple[Table, ...]:
    """Counters with modes (and the other label of two or three values) side by side.

    Those that have no further label share one table, each of the others has its own.
    """
    sideways = across(run.counters)
    columns = sorted(
        dict.fromkeys(values_of(entry, sideways) for entry in run.counters),
        key=lambda column: _order(run, column),
    )
    alone = [entry for entry in run.counters if not _down(entry, sideways)]
    split = [entry for entry in run.counters if _down(entry, sideways)]
    found = [_counter_table("", ("counter",), alone, sideways, columns)] if alone else []
    for name in dict.fromkeys(entry.name for entry in split):
        same = [entry for entry in split if entry.name == name]
        keys = tuple(key for key in _keys(same) if key not in sideways)
        found.append(_counter_table(name, keys, same, sideways, columns))
    return tuple(found)


def _spread(metric: Metric, values: Mapping[str, set[Label]]) -> tuple[str, ...]:
    """The label that goes across. Releases stand side by side, in a table for each set of further labels."""
    if RELEASE in metric.labels:
        return (RELEASE, *sorted(metric.labels.keys() - {RELEASE}))
    return (max(metric.labels, key=lambda key: len(values[key])),)


def _pivot(key: str, metrics: Sequence[Metric], run: Run) -> Table:
    """The values of the label ``key`` as columns, metrics and their other labels as rows.

    The metric that lacks only ``key`` stands beside them as the headline. With many columns, one row a record.
    """
    columns = list(dict.fromkeys(entry.labels[key] for entry in metrics))
    others = [other for other in _keys(metrics) if other != key]
    title = f"By {' and '.join([key, *(others if key == RELEASE else ())])}".replace("_", " ")
    if len(columns) > WIDEST:
        rows = tuple((words_of(entry.labels), *spread_row(entry)) for entry in metrics)
        return Table(title, ("labels", *SPREAD), rows, text_columns=2)
    known = {(_head(entry, others), entry.labels[key]): entry for entry in metrics}
    heads = dict.fromkeys(head for head, _ in known)
    without = {_head(entry, others): entry for entry in run.metrics if not set(entry.labels) - set(others)}
    last = ("headline",) if key != RELEASE and any(head in without for head in heads) else ()
    rows = tuple(
        (
            *head,
            *(_cell(known.get((head, column))) for column in columns),
            *(_cell(without.get(head)) for _ in last),
        )
        for head in heads
    )
    header = (
        "metric",
        *(other.replace("_", " ") for other in others),
        *(_spaced(column) for column in columns),
        *last,
    )
    return Table(title, header, rows, text_columns=1 + len(others))


def _keys(records: Iterable[Labelled]) -> list[str]:
    return list(dict.fromkeys(key for entry in records for key in entry.labels))


def _head(metric: Metric, keys: Iterable[str]) -> tuple[str, ...]:
    return (metric.name, *(plain(metric.labels.get(key, "")) for key in keys))


def _spaced(value: Label) -> str:
    return plain(value).replace("_", " ")


def _cell(metric: Metric | None) -> str:
    if metric is None:
        return ""
    failed = f" ({metric.failed} of {metric.attempts} failed)" if metric.failed else ""
    return quantity(metric.value, metric.unit) + failed


def across(counters: Sequence[Labelled]) -> tuple[str, ...]:
    """The labels that go across: the mode, and the first other one that has two or three values."""
    small = [
        key
        for key in _keys(counters)
        if key != "mode" and 1 < len({entry.labels[key] for entry in counters if key in entry.labels}) < 4
    ]
    first = [RELEASE] if RELEASE in small else small[:1]
    return (*first, "mode")


def values_of(counter: Labelled, keys: Iterable[str]) -> tuple[str, ...]:
    """The values of the labels ``keys``, as people read them."""
    return tuple(plain(counter.labels.get(key, "")) for key in keys)


def _down(counter: Counter, across: Sequence[str]) -> list[str]:
    return [key for key in counter.labels if key not in across]


def _order(run: Run, column: tuple[str, ...]) -> tuple[list[tuple[int, str]], int]:
    """Columns by their other label (releases in the order of the run), then by mode in the order of the plots."""
    releases = [release.name for release in run.releases]
    named = [
        entry.name for figure in run.figures if isinstance(figure, (Ecdf, Growth)) for entry in figure.series
    ]
    *others, mode = column
    placed = [(releases.index(other) if other in releases else 0, other) for other in others]
    return placed, named.index(mode) if mode in named else len(named)


def _counter_table(
    title: str,
    keys: tuple[str, ...],
    counters: Sequence[Counter],
    across: Sequence[str],
    columns: Iterable[tuple[str, ...]],
) -> Table:
    """Rows by the labels ``keys`` (``"counter"`` is the name), columns by those of ``across``."""
    known = {(_row_of(entry, keys), values_of(entry, across)): entry for entry in counters}
    used = [column for column in columns if any(column == key[1] for key in known)]
    rows = tuple(
        (*row, *(_amount(known.get((row, column))) for column in used))
        for row in dict.fromkeys(key[0] for key in known)
    )
    names = (", ".join(filter(None, column)) or "a change" for column in used)
    return Table(title, (*(key.replace("_", " ") for key in keys), *names), rows, text_columns=len(keys))


def _row_of(counter: Counter, keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(counter.name if key == "counter" else plain(counter.labels.get(key, "")) for key in keys)


def _amount(counter: Counter | None) -> str:
    if counter is None:
        return ""
    if counter.minimum is None or counter.maximum is None or counter.minimum == counter.maximum:
        return quantity(counter.value, counter.unit)
    return f"{quantity(counter.value, counter.unit)} ({number(counter.minimum)} to {number(counter.maximum)})"
