"""The row of a pod: one word that tells what its containers are doing, as ``kubectl get pods`` shows it.

The word is not in the object: it is read from phase, conditions and the states of containers, the last of them first.
Rules: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ and Kubernetes' printer of pods.
"""

from __future__ import annotations

from typing import Any

from testbed.apiserver.tables import ages
from testbed.apiserver.tables.printer import (
    AGE,
    NAME,
    NONE,
    Cells,
    Column,
    Document,
    Printer,
    listed,
    member,
    wide,
)

_COLUMNS = (
    NAME,
    Column("Ready", "Containers that are ready, of all"),
    Column("Status", "What the pod is doing, or why it is not running"),
    Column("Restarts", "How often containers were started again, and when last"),
    AGE,
    wide("IP", "Address of the pod"),
    wide("Node", "Node that the pod was scheduled to"),
    wide("Nominated Node", "Node that is being made free for the pod"),
    wide("Readiness Gates", "Conditions that hold, of those that the pod waits for"),
)


def _cells(pod: Document, now: float) -> Cells:
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    initial = listed(spec, "initContainers")
    staying = {each["name"] for each in initial if each.get("restartPolicy") == "Always"}
    conditions = {each.get("type"): each for each in listed(status, "conditions")}
    total = len(listed(spec, "containers")) + len(staying)
    word, ready, restarts, last = _progress(status, conditions, staying, len(initial))
    phase = status.get("phase", "")
    if pod["metadata"].get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            word = "Unknown"
        elif phase not in ("Succeeded", "Failed"):
            word = "Terminating"
    again = f"{restarts} ({ages.span(now - last)} ago)" if restarts and last else str(restarts)
    addresses = listed(status, "podIPs")
    return [
        pod["metadata"]["name"],
        f"{ready}/{total}",
        word,
        again,
        ages.age(pod, now),
        (addresses[0].get("ip") if addresses else status.get("podIP")) or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        _gates(spec, conditions),
    ]


def _progress(
    status: Document, conditions: dict[Any, Document], staying: set[str], initial_count: int
) -> tuple[str, int, int, float]:
    """What the containers do: the word, how many are ready, restarts, and the moment of the last one (0: none)."""
    word = status.get("reason") or status.get("phase") or "Unknown"
    if member(conditions, "PodScheduled", "reason") == "SchedulingGated":
        word = "SchedulingGated"
    ready = restarts = 0
    last = 0.0
    side_restarts, side_last, waits = 0, 0.0, False
    for position, container in enumerate(listed(status, "initContainerStatuses")):
        restarts += container.get("restartCount", 0)
        last = max(last, _last_end(container))
        is_staying = container.get("name") in staying
        if is_staying:
            side_restarts += container.get("restartCount", 0)
            side_last = max(side_last, _last_end(container))
        ended, waiting = _state(container, "terminated"), _state(container, "waiting")
        if ended is not None and ended.get("exitCode") == 0:
            continue
        if is_staying and container.get("started"):
            ready += bool(container.get("ready"))
            continue
        if ended is not None:
            word = f"Init:{_end_of(ended)}"
        elif waiting is not None and waiting.get("reason") not in (None, "", "PodInitializing"):
            word = f"Init:{waiting['reason']}"
        else:
            word = f"Init:{position}/{initial_count}"
        waits = True
        break
    if waits and member(conditions, "Initialized", "status") != "True":
        return word, ready, restarts, last
    restarts, last, runs = side_restarts, side_last, False
    for container in reversed(listed(status, "containerStatuses")):
        restarts += container.get("restartCount", 0)
        last = max(last, _last_end(container))
        ended, waiting = _state(container, "terminated"), _state(container, "waiting")
        if waiting is not None and waiting.get("reason"):
            word = waiting["reason"]
        elif ended is not None:
            word = _end_of(ended)
        elif container.get("ready") and _state(container, "running") is not None:
            runs = True
            ready += 1
    if word == "Completed" and runs:
        word = "Running" if member(conditions, "Ready", "status") == "True" else "NotReady"
    return word, ready, restarts, last


def _state(container: Document, name: str) -> Document | None:
    found = member(container, "state", name)
    return found if isinstance(found, dict) else None


def _end_of(ended: Document) -> str:
    if ended.get("reason"):
        return str(ended["reason"])
    if ended.get("signal"):
        return f"Signal:{ended['signal']}"
    return f"ExitCode:{ended.get('exitCode', 0)}"


def _last_end(container: Document) -> float:
    return ages.seconds(member(container, "lastState", "terminated", "finishedAt")) or 0.0


def _gates(spec: Document, conditions: dict[Any, Document]) -> str:
    gates = listed(spec, "readinessGates")
    if not gates:
        return NONE
    held = sum(member(conditions, gate.get("conditionType"), "status") == "True" for gate in gates)
    return f"{held}/{len(gates)}"


PRINTERS = {"Pod": Printer(_COLUMNS, _cells)}
