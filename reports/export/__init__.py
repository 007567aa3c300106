"""Runs for other programs: one file a format, each a pure function from runs to the text that its reader wants.

No format ever says zero, or anything else, of what was not measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reports.export import github_benchmark, junit, markdown, openmetrics, otava
from reports.export.history import NotOneHistory, unfit_for_history
from testbed.results import Run

__all__ = ["FORMATS", "Format", "NotOneHistory"]


def _any_run(run: Run) -> str:
    return ""


@dataclass(frozen=True)
class Format:
    """How runs are written for one reader.

    ``render`` makes the text of runs. ``unfit`` says why a run is to be left out, or nothing: formats that carry
    a run's validity take every run, those that cannot take only runs that may be believed.
    """

    reader: str
    render: Callable[[Sequence[Run]], str]
    unfit: Callable[[Run], str] = _any_run


FORMATS: Mapping[str, Format] = {
    "junit": Format("CI systems: an expectation is a test case", junit.render),
    "openmetrics": Format("Prometheus, to be scraped or backfilled", openmetrics.render),
    "otava": Format("Apache Otava's JSON: a history, for change points", otava.render, unfit_for_history),
    "github-benchmark": Format(
        "github-action-benchmark, customSmallerIsBetter", github_benchmark.render_lower, unfit_for_history
    ),
    "github-benchmark-higher": Format(
        "github-action-benchmark, customBiggerIsBetter", github_benchmark.render_higher, unfit_for_history
    ),
    "markdown": Format("a pull request or a job's summary", markdown.render),
}
"""Every format by its name on the command line."""
