"""``testbed export``: runs for other programs."""

from __future__ import annotations

import enum
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli import exits
from testbed.cli.console import complain
from testbed.cli.places import DEFAULT_RUNS, RunsDirectory
from testbed.experiment.errors import Unfit
from testbed.results import find, write_whole

if TYPE_CHECKING:
    from testbed.results import Run


class Format(enum.StrEnum):
    """Whom runs are exported for."""

    JUNIT = "junit"
    OPENMETRICS = "openmetrics"
    OTAVA = "otava"
    GITHUB_BENCHMARK = "github-benchmark"
    GITHUB_BENCHMARK_HIGHER = "github-benchmark-higher"
    MARKDOWN = "markdown"


def export(
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            help="junit, for CI; openmetrics, for Prometheus; otava, for change points; github-benchmark (and "
            "-higher, for figures that are better higher); markdown, for a pull request.",
        ),
    ],
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN...", help="Paths, 'latest', or beginnings of ids."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to; standard output by default.")
    ] = None,
    runs: RunsDirectory = DEFAULT_RUNS,
) -> int:
    """Write runs in the form that another program reads.

    What was not measured is left out, never written as zero. Formats that cannot carry a run's validity (otava,
    github-benchmark) leave out runs that are invalid or not complete, and say so.

    Examples:
      testbed export latest --format junit -o junit.xml

      testbed export runs/incremental/* --format otava -o history.json

      testbed export latest --format openmetrics | promtool check metrics

      testbed export latest --format markdown >> "$GITHUB_STEP_SUMMARY"
    """
    found = [find(runs, name).run() for name in names or ["latest"]]
    text = _render(form.value, found)
    if output is None:
        sys.stdout.write(text)
    else:
        write_whole(output, text.encode())
    return exits.GOOD


def _render(form: str, found: list[Run]) -> str:
    from reports.export import FORMATS, NotOneHistory

    chosen = FORMATS[form]
    fit = []
    for run in found:
        if reason := chosen.unfit(run):
            complain(f"run {run.id} is left out of {form}: {reason}")
        else:
            fit.append(run)
    if not fit:
        raise Unfit(f"no run is left for {form}: give one that is complete and not invalid")
    try:
        return chosen.render(fit)
    except NotOneHistory as error:
        raise Unfit(f"{form}: {error}") from None
