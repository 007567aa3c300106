"""``testbed wait``: until a cluster is ready, its pods are, or it has come to rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

import typer

from testbed.cli import clusters, exits
from testbed.cli.console import out
from testbed.cli.objects import Api
from testbed.cluster import NoCluster
from testbed.cluster.control import Control
from testbed.experiment.errors import Fault

POLL_S = 0.1
QUIET_WINDOW_S = 1.0
BUSY_SHARE = 0.10
"""Of one processor, as `testbed.measure.flows` has it: above it a daemon is at work."""


class Condition(StrEnum):
    """What can be waited for."""

    READY = "ready"
    PODS = "pods"
    QUIET = "quiet"


def wait(
    condition: Annotated[Condition, typer.Argument(help="What to wait for.")],
    name: clusters.Name = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="Only its pods.", show_default="all")
    ] = None,
    selector: Annotated[str, typer.Option("--selector", "-l", help="Only pods with these labels.")] = "",
    timeout: Annotated[float, typer.Option(min=0, metavar="S", help="How long, in seconds.")] = 120.0,
) -> int:
    """Wait until something holds.

    *ready*: every process runs and every node is Ready. *pods*: at least one pod is there and all are Ready or
    Succeeded. *quiet*: over one second no daemon took a tenth of a processor and no node's flows changed.

    Examples:
      sudo testbed wait ready --name demo

      sudo testbed wait pods -l app=web --timeout 30

      sudo testbed apply -f many.yaml && sudo testbed wait pods && sudo testbed wait quiet

    Exit status: 0 it holds, 3 not in time (what is missing is said).
    """
    control = clusters.find(name)
    missing: dict[Condition, Callable[[], str]] = {
        Condition.READY: lambda: _not_ready(control),
        Condition.PODS: lambda: _pods_not_ready(Api(control), namespace, selector),
        Condition.QUIET: lambda: _not_quiet(control),
    }
    began = time.monotonic()
    while True:
        try:
            why = missing[condition]()
        except NoCluster as error:
            clusters.find(control.name)  # one that has ended is not waited for
            why = str(error)
        took = time.monotonic() - began
        if not why:
            out.print(f"{condition.value} after {took:.1f} s", markup=False)
            return exits.GOOD
        if took > timeout:
            raise Fault(f"not {condition.value} within {timeout:g} s: {why}")
        time.sleep(POLL_S)


def _not_ready(control: Control) -> str:
    dead = [entry["name"] for entry in control.ask("/status")["processes"] if entry["state"] != "running"]
    nodes = Api(control).ask("GET", "/api/v1/nodes")["items"]
    late = [entry["metadata"]["name"] for entry in nodes if not _has_condition(entry, "Ready")]
    return ", ".join((*(f"{entry} is dead" for entry in dead), *(f"{entry} is not Ready" for entry in late)))


def _pods_not_ready(api: Api, namespace: str | None, selector: str) -> str:
    query = {"labelSelector": selector} if selector else {}
    pods = api.ask("GET", api.resource("pods").path(namespace), query=query)["items"]
    late = [
        entry["metadata"]["name"]
        for entry in pods
        if entry.get("status", {}).get("phase") != "Succeeded" and not _has_condition(entry, "Ready")
    ]
    if not pods:
        return "there are no such pods"
    return f"{len(late)} of {len(pods)} pods are not Ready, for example {late[0]}" if late else ""


def _not_quiet(control: Control) -> str:
    flows, before, began = control.ask("/flows"), _processor_s(control), time.monotonic()
    time.sleep(QUIET_WINDOW_S)  # the window is what is judged
    after, passed = _processor_s(control), time.monotonic() - began
    later = control.ask("/flows")
    busy = [
        f"{process} takes {(used - before[process]) / passed:.0%} of a processor"
        for process, used in after.items()
        if process in before and (used - before[process]) / passed > BUSY_SHARE
    ]
    changed = [
        f"{node} went from {flows[node]} to {now} flows" for node, now in later.items() if flows[node] != now
    ]
    return "; ".join((*busy, *changed))


def _processor_s(control: Control) -> dict[str, float]:
    return {entry["name"]: entry["processor_s"] for entry in control.ask("/usage")}


def _has_condition(entry: dict[str, Any], kind: str) -> bool:
    conditions = entry.get("status", {}).get("conditions") or ()
    return any(found["type"] == kind and found["status"] == "True" for found in conditions)
