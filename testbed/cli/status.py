"""``testbed status``: which clusters there are, and how the processes of one fare."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from testbed.cli import clusters, exits
from testbed.cli.console import out, print_json
from testbed.cluster import NoCluster, state
from testbed.cluster.control import SOCKET, Control
from testbed.experiment import preflight

PATIENCE_S = 1.0
"""For each cluster when all are listed: one that is starting answers when it is up."""


def status(
    name: Annotated[
        str | None, typer.Option("--name", metavar="N", help="Show this cluster with its processes.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Show all clusters, or one with its processes and what happened to them.

    A cluster is *running*; *degraded* when a process is dead (OVN's database servers and switches are not started
    again: what they held is better looked at; northd, ovn-controller and all other processes are); *starting or
    ending*; *of a run*; or *dead*: its directory goes at the next `up` or `clean`.

    Examples:
      sudo testbed status

      sudo testbed status --name demo

      sudo testbed status --json | jq -r '.clusters[] | select(.state == "running").name'
    """
    preflight.require_privilege()
    if name is not None:
        found = clusters.find(name).ask("/status")
        if json:
            print_json(found)
        else:
            _show(found)
        return exits.GOOD
    entries = [_entry(known) for known in state.names()]
    if json:
        print_json({"clusters": entries})
    elif not entries:
        out.print("no cluster is running: `testbed up` starts one", markup=False)
    else:
        table = Table(
            "cluster", "state", "nodes", "central", "node release", "up (s)", box=None, pad_edge=False
        )
        for entry in entries:
            table.add_row(*(str(entry.get(key, "")) for key in _COLUMNS))
        out.print(table)
    return exits.GOOD


_COLUMNS = ("name", "state", "nodes", "central_release", "release", "up_s")
_TOLD = (*_COLUMNS, "directory", "kubeconfig")


def _entry(name: str) -> dict[str, Any]:
    directory = state.root() / name
    try:
        told = Control(directory).ask("/status", timeout_s=PATIENCE_S)
    except NoCluster:
        if not state.is_held(directory):
            what = "dead"
        else:
            what = "starting or ending" if (directory / SOCKET).exists() else "of a run"
        return {"name": name, "state": what, "directory": str(directory)}
    return {key: told[key] for key in _TOLD}


def _show(found: dict[str, Any]) -> None:
    for key in (*_TOLD, "pod_kind", "start_s"):
        out.print(f"{key.replace('_', ' ')}: {found[key]}", markup=False)
    table = Table("process", "state", "pid", "restarts", "log", box=None, pad_edge=False)
    for entry in found["processes"]:
        table.add_row(
            *(str(entry[key]) for key in ("name", "state", "pid", "restarts", "log")),
            style="red" if entry["state"] == "dead" else None,
        )
    out.print()
    out.print(table)
    if found["incidents"]:
        out.print("\nincidents:")
    for incident in found["incidents"]:
        out.print(f"  {incident['at']} {incident['process']} {incident['what']}", markup=False)
