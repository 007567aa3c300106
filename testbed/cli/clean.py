"""``testbed clean``: remove what a power cut or kill -9 left behind."""

from __future__ import annotations

from typing import Annotated

import typer

from testbed.cli import exits
from testbed.cli.console import out, print_json
from testbed.cluster import state
from testbed.experiment import preflight


def clean(
    json: Annotated[bool, typer.Option("--json", help="Print what was removed as JSON.")] = False,
) -> int:
    """Remove the state directories of clusters that are dead.

    Only the testbed's own are looked at, and none of a cluster that still runs. Processes, interfaces and mounts of a
    dead cluster need no cleaning: the kernel took them when its enclosure ended. Runs are never touched.

    Examples:
      sudo testbed clean
    """
    preflight.require_privilege()
    swept = [str(path) for path in state.sweep()]
    if json:
        print_json({"removed": swept})
        return exits.GOOD
    for path in swept:
        out.print(f"removed {path}", markup=False)
    out.print(f"{len(swept)} dead clusters removed" if swept else "nothing was left behind", markup=False)
    return exits.GOOD
