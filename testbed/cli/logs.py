"""``testbed logs``: what the processes of a cluster wrote."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer
from rich.table import Table

from testbed.cli import clusters, exits
from testbed.cli.console import out, print_json
from testbed.cluster.supervisor import LOG
from testbed.experiment.errors import Unfit

SUPERVISOR = "supervisor"


def logs(
    daemon: Annotated[
        str | None, typer.Argument(metavar="DAEMON", help="For example controller, node1/ovn-controller.")
    ] = None,
    name: clusters.Name = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the cluster ends.")] = False,
    tail: Annotated[int, typer.Option("--tail", min=0, metavar="N", help="The last N lines.")] = 100,
    json: Annotated[bool, typer.Option("--json", help="Without a daemon: print the list as JSON.")] = False,
) -> int:
    """Print the end of a process's log; without a name, list the logs there are.

    Examples:
      sudo testbed logs

      sudo testbed logs controller --tail 20

      sudo testbed logs node1/ovn-controller -f
    """
    control = clusters.find(name)
    found = {
        entry["name"].replace(" ", "/"): entry["log"] for entry in control.ask("/status")["processes"]
    } | {SUPERVISOR: str(control.directory / LOG)}
    if daemon is None:
        if json:
            print_json({"logs": found})
            return exits.GOOD
        table = Table("daemon", "log", box=None, pad_edge=False)
        for known, path in found.items():
            table.add_row(known, path)
        out.print(table)
        return exits.GOOD
    path = found.get(daemon.replace(" ", "/"))
    if path is None:
        raise Unfit(f"no log of {daemon!r}: there are {', '.join(found)}")
    argv = ["tail", f"--lines={tail}"]
    if follow:
        argv += ["--follow=name", "--retry", f"--pid={control.supervisor()}"]
    sys.stdout.flush()
    return subprocess.run([*argv, "--", path], check=False).returncode
