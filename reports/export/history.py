"""What a history of runs is: runs of one kind, each fit to stand for its night.

Programs that look for changes over time know nothing of validity, machines or parameters. A run that must not be
believed, or was made on another machine, is a change to them; so it is kept from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from testbed.results import Counter, Metric, Run
from testbed.results.records import Label


class NotOneHistory(ValueError):
    """The runs differ in what a history may not differ in; the message names it in one line."""


def unfit_for_history(run: Run) -> str:
    """Why a run cannot stand for its night; empty if it can."""
    if run.status != "complete":
        return f"it is {run.status}"
    return "it is invalid" if run.validity.verdict == "invalid" else ""


def require_one_history(runs: Sequence[Run]) -> None:
    """Raise ``NotOneHistory`` unless the runs are of one scenario with the same params, releases and machine."""
    if not runs:
        return
    for what in ("scenario", "params", "releases", "machine"):
        found = list(dict.fromkeys(str(_traits(run)[what]) for run in runs))
        if len(found) > 1:
            raise NotOneHistory(f"runs of different {what}: found {' and '.join(found[:2])}, allowed one")


def _traits(run: Run) -> Mapping[str, object]:
    return {
        "scenario": run.scenario,
        "params": run.params,
        "releases": ", ".join(release.name for release in run.releases),
        "machine": run.host.fingerprint,
    }


def moment(run: Run) -> float:
    """When the run ended (began, if no end was recorded), in seconds since 1970, as its ``run.json`` says."""
    text = run.finished or run.started
    found = datetime.fromisoformat(text) if text else datetime.fromtimestamp(0, UTC)
    return found.replace(tzinfo=found.tzinfo or UTC).timestamp()


def series_name(name: str, labels: Mapping[str, Label]) -> str:
    """One name for a figure and its labels: ``pods{release=suite:sid}``."""
    inside = ",".join(f"{key}={labels[key]}" for key in sorted(labels))
    return f"{name}{{{inside}}}" if inside else name


def measured(run: Run) -> dict[str, Metric | Counter]:
    """Metrics and counters of the run that have a value, by ``series_name``."""
    records: tuple[Metric | Counter, ...] = (*run.metrics, *run.counters)
    return {series_name(entry.name, entry.labels): entry for entry in records if entry.value is not None}
