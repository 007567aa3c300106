"""``testbed top``: pods, flows, processor and memory of a running cluster, live."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from testbed.cli import clusters, exits
from testbed.cli.console import out, print_json
from testbed.cli.objects import Api
from testbed.cluster.control import Control


def top(
    name: clusters.Name = None,
    interval: Annotated[
        float, typer.Option(min=0.2, metavar="S", help="Seconds over which processor time is taken.")
    ] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Print one table and end.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one reading as JSON and end.")] = False,
) -> int:
    """Show what runs in a cluster and what it takes, the busiest first, until Ctrl-C.

    *processor* is of one processor over the interval, *memory* is resident (pages that processes share count in
    each).

    Examples:
      sudo testbed top

      sudo testbed top --once --interval 5

      sudo testbed top --json | jq '.processes[] | select(.name == "controller")'
    """
    control = clusters.find(name)
    if json:
        print_json(_reading(control, interval))
        return exits.GOOD
    if once or not out.is_terminal:
        out.print(_drawn(_reading(control, interval)))
        return exits.GOOD
    with Live(Text("taking the first reading"), console=out, screen=True, auto_refresh=False) as live:
        try:
            while True:
                live.update(_drawn(_reading(control, interval)), refresh=True)
        except KeyboardInterrupt:
            return exits.GOOD


def _reading(control: Control, interval: float) -> dict[str, Any]:
    """What is there at the end of an interval, and what it took during it."""
    before = {entry["name"]: entry["processor_s"] for entry in control.ask("/usage")}
    began = time.monotonic()
    time.sleep(interval)  # the window over which processor time is taken
    usage, passed = control.ask("/usage"), time.monotonic() - began
    pods = Api(control).ask("GET", "/api/v1/pods")["items"]
    phases: dict[str, int] = {}
    nodes: dict[str, dict[str, Any]] = {
        node: {"name": node, "flows": flows, "pods": 0} for node, flows in control.ask("/flows").items()
    }
    for pod in pods:
        phase = pod.get("status", {}).get("phase", "Pending")
        phases[phase] = phases.get(phase, 0) + 1
        node = pod.get("spec", {}).get("nodeName")
        if node in nodes:
            nodes[node]["pods"] += 1
    processes = [
        {
            "name": entry["name"],
            "processor": round((entry["processor_s"] - before.get(entry["name"], 0.0)) / passed, 4),
            "processor_s": round(entry["processor_s"], 3),
            "resident_mib": entry["resident_mib"],
        }
        for entry in usage
    ]
    return {
        "cluster": control.name,
        "pods": phases,
        "nodes": list(nodes.values()),
        "processes": sorted(processes, key=lambda entry: (-entry["processor"], entry["name"])),
    }


def _drawn(reading: dict[str, Any]) -> Group:
    phases = ", ".join(f"{count} {phase}" for phase, count in sorted(reading["pods"].items())) or "none"
    nodes = Table("node", "pods", "flows", box=None, pad_edge=False)
    for entry in reading["nodes"]:
        nodes.add_row(
            entry["name"], str(entry["pods"]), str("?" if entry["flows"] is None else entry["flows"])
        )
    processes = Table(box=None, pad_edge=False)
    processes.add_column("process")
    for heading in ("processor", "total (s)", "memory (MiB)"):
        processes.add_column(heading, justify="right")
    for entry in reading["processes"]:
        processes.add_row(
            entry["name"],
            f"{entry['processor']:.1%}",
            f"{entry['processor_s']:.1f}",
            f"{entry['resident_mib']:.0f}",
        )
    return Group(Text(f"{reading['cluster']}: pods {phases}"), Text(), nodes, Text(), processes)
