"""``testbed report``: pages made of runs."""

from __future__ import annotations

import enum
import sys
from pathlib import Path
from typing import Annotated

import typer

from testbed.cli import exits
from testbed.cli.console import out, print_json
from testbed.cli.places import DEFAULT_RUNS, RunsDirectory
from testbed.results import find, write_whole


class Format(enum.StrEnum):
    """What a report may be."""

    HTML = "html"
    MARKDOWN = "markdown"


def report(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN...", help="Paths, 'latest', or beginnings of ids. HTML takes one."),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="html: one page that opens offline; markdown: tables of runs.")
    ] = Format.HTML,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Where to; html by default into the run, markdown to the terminal."
        ),
    ] = None,
    runs: RunsDirectory = DEFAULT_RUNS,
    json: Annotated[bool, typer.Option("--json", help="Print where the report is, as JSON.")] = False,
) -> int:
    """Write the report of a run, or the tables of several.

    Examples:
      testbed report                                              the latest run's report.html

      testbed report 2026 --format markdown

      testbed report ID1 ID2 --format markdown -o docs/results.md
    """
    found = [find(runs, name) for name in names or ["latest"]]
    from reports import render_html, render_markdown

    if form is Format.HTML:
        if len(found) != 1:
            raise typer.BadParameter(f"found {len(found)} runs, allowed one for html")
        target = output or found[0].report
        text = render_html(found[0])
    else:
        text = render_markdown(found)
        if output is None:
            sys.stdout.write(text)
            return exits.GOOD
        target = output
    write_whole(target, text.encode())
    if json:
        print_json({"report": str(target), "format": form.value, "runs": [entry.id for entry in found]})
    else:
        out.print(f"report: {target}", markup=False)
    return exits.GOOD
