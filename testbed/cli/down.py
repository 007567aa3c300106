"""``testbed down``: end a cluster that ``testbed up`` left running."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from testbed.cli import clusters, exits
from testbed.cli.console import out
from testbed.experiment import preflight
from testbed.experiment.errors import Unfit

TIMEOUT_S = 20.0


def down(
    name: clusters.Name = None,
    every: Annotated[bool, typer.Option("--all", help="End every cluster that is running.")] = False,
) -> int:
    """End a cluster: its processes, namespaces and files are gone when this returns.

    Examples:
      sudo testbed down

      sudo testbed down --name demo

      sudo testbed down --all
    """
    preflight.require_privilege()
    if every and name not in (
        None,
        os.environ.get(clusters.VARIABLE),
    ):  # which only says what is usually meant
        raise Unfit("--all and --name exclude each other")
    for found in clusters.running_names() if every else [name]:
        control = clusters.find(found)
        control.end(TIMEOUT_S)
        out.print(f"{control.name}: ended", markup=False)
    return exits.GOOD
