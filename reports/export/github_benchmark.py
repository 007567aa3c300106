"""Figures for github-action-benchmark, which draws them over commits and warns of steps.

It takes one direction a file (its tools ``customSmallerIsBetter`` and ``customBiggerIsBetter``), hence two renderings.
Figures that are neither better lower nor higher describe the cluster and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from reports.export.history import measured, moment, require_one_history
from reports.numbers import span
from testbed.results import Counter, Metric, Run
from testbed.results.records import Better


def render_lower(runs: Sequence[Run]) -> str:
    """The figures of the newest run that are better the lower they are. Raises ``NotOneHistory``."""
    return _render(runs, "lower")


def render_higher(runs: Sequence[Run]) -> str:
    """The figures of the newest run that are better the higher they are. Raises ``NotOneHistory``."""
    return _render(runs, "higher")


def _render(runs: Sequence[Run], better: Better) -> str:
    require_one_history(runs)
    newest = max(runs, key=moment)
    entries = [
        _entry(newest, name, record) for name, record in measured(newest).items() if record.better == better
    ]
    return msgspec.json.format(msgspec.json.encode(entries), indent=2).decode() + "\n"


def _entry(run: Run, name: str, record: Metric | Counter) -> dict[str, object]:
    entry: dict[str, object] = {"name": f"{run.scenario}: {name}", "unit": record.unit, "value": record.value}
    if isinstance(record, Metric) and record.ci95:
        entry["range"] = span(record.ci95, record.unit)
    tried = f"{record.failed} of {record.attempts} attempts failed"
    return {**entry, "extra": f"run {run.id}\n{run.validity.verdict}\n{tried}"}
