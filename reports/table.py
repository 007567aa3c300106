"""What every table of a report is, and how a record's figures are written in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reports.numbers import number, quantity, span
from testbed.results import Metric
from testbed.results.records import Label

SPREAD = ("metric", "value", "95 % interval", "measured", "failed", "instances")


@dataclass(frozen=True)
class Table:
    """Rows of text under a header; ``text_columns`` is how many columns from the left are words, not figures."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: int = 1
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.rows)


def words_of(labels: Mapping[str, Label]) -> str:
    """Labels as people read them: ``pods 5,000, release suite:sid``."""
    return ", ".join(f"{key} {plain(value)}" for key, value in labels.items())


def spread_row(metric: Metric) -> tuple[str, ...]:
    """A metric with its spread, attempts and instances: the columns of ``SPREAD``."""
    return (
        metric.name,
        quantity(metric.value, metric.unit),
        span(metric.ci95, metric.unit),
        number(metric.n),
        number(metric.failed),
        number(metric.instances),
    )


def plain(value: object) -> str:
    """A label or param as people read it; numbers with their thousands set apart."""
    if isinstance(value, (list, tuple)):
        return ", ".join(plain(entry) for entry in value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    return str(value)
