"""``testbed show``: what a run found."""

from __future__ import annotations

from typing import Annotated

import typer

from testbed.cli import exits
from testbed.cli.console import out, print_json
from testbed.cli.places import DEFAULT_RUNS, RunName, RunsDirectory
from testbed.results import find


def show(
    run: RunName = "latest",
    runs: RunsDirectory = DEFAULT_RUNS,
    json: Annotated[bool, typer.Option("--json", help="Print run.json.")] = False,
) -> int:
    """Print the table of a run.

    Examples:
      testbed show                          the latest run

      testbed show 20260101T0000            a run by the beginning of its id

      testbed show latest --json | jq '.metrics[] | select(.labels == {})'
    """
    found = find(runs, run).run()
    if json:
        print_json(found)
        return exits.GOOD
    from reports import print_run

    print_run(found, out)
    return exits.GOOD
