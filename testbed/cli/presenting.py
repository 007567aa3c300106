"""A run as the terminal shows it: its table, and where its report lies."""

from __future__ import annotations

from pathlib import Path

from reports import print_run, render_html
from testbed.cli.console import out
from testbed.results import Run, RunDirectory, write_whole


def present(run: Run, directory: Path) -> None:
    """Write the run's report and print its table and the report's path."""
    kept = RunDirectory(directory)
    report = write_report(kept)
    print_run(run, out)
    out.print(f"report: {report}", markup=False)


def write_report(kept: RunDirectory) -> Path:
    """Write ``report.html`` into the run's directory."""
    write_whole(kept.report, render_html(kept).encode())
    return kept.report
