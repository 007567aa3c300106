"""What a Deployment says of itself: its counts, whether enough pods serve, whether the update gets on.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from testbed.workloads import moments
from testbed.workloads.amounts import surge_and_unavailable
from testbed.workloads.objects import Deployment, Document, ReplicaSet
from testbed.workloads.plan import Plan
from testbed.workloads.rollout import available

NEVER = 2**31 - 1
"""A deadline of so many seconds is none."""
COMPLETE, TIMED_OUT, PAUSED = "NewReplicaSetAvailable", "ProgressDeadlineExceeded", "DeploymentPaused"

Said = tuple[str, str, str, str]
"""A condition's type, status, reason and message."""


def status(
    owner: Deployment,
    current: ReplicaSet | None,
    sets: Sequence[ReplicaSet],
    created: str,
    now: float,
    plan: Plan,
) -> dict[str, Any]:
    """The status; ``created`` is the name of a ReplicaSet that is being made. Asks for a look at the deadline."""
    total = sum(entry.status.get("replicas", 0) for entry in sets)
    serving = sum(available(entry) for entry in sets)
    report: dict[str, Any] = {
        "observedGeneration": owner.metadata.generation,
        "replicas": total,
        "updatedReplicas": current.status.get("replicas", 0) if current else 0,
        "readyReplicas": sum(entry.status.get("readyReplicas", 0) for entry in sets),
        "availableReplicas": serving,
        "unavailableReplicas": max(sum(entry.spec.replicas for entry in sets) - serving, 0),
    }
    before = {entry["type"]: entry for entry in owner.status.get("conditions") or ()}
    enough = _condition(before.get("Available"), _availability(owner, serving), now)
    known = before.get("Progressing")
    progressing = _progress(owner, current.name if current else created, report, created, known, now)
    report["conditions"] = [enough, *([progressing] if progressing else [])]
    if progressing and progressing["reason"] not in (COMPLETE, TIMED_OUT, PAUSED):
        deadline = moments.read(progressing["lastUpdateTime"]) + owner.spec.progress_deadline_seconds
        plan.look_again(max(deadline - now, 0.0) + 1.0)
    return report


def is_complete(owner: Deployment, report: Document) -> bool:
    """Whether all replicas are of the current template and available, and no old ones run."""
    counts = ("replicas", "updatedReplicas", "availableReplicas")
    return all(report[count] == owner.spec.replicas for count in counts)


def _availability(owner: Deployment, serving: int) -> Said:
    _, unavailable = surge_and_unavailable(owner.spec.strategy.rolling_update, owner.spec.replicas)
    if owner.spec.strategy.type == "Recreate":
        unavailable = 0
    if serving >= owner.spec.replicas - unavailable:
        return "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability."
    text = "Deployment does not have minimum availability."
    return "Available", "False", "MinimumReplicasUnavailable", text


def _progress(
    owner: Deployment, name: str, report: Document, created: str, known: Document | None, now: float
) -> Document | None:
    """The condition by which people and ``kubectl rollout status`` know how an update gets on; None without a deadline.

    An update that is complete stays so, whatever becomes of its pods, until there is a new template.
    """
    if owner.spec.progress_deadline_seconds >= NEVER:
        return None
    reason = (known or {}).get("reason")
    if owner.spec.paused:
        return known if reason == TIMED_OUT else _about(known, "Unknown", PAUSED, "Deployment is paused", now)
    if reason == PAUSED:
        return _about(known, "Unknown", "DeploymentResumed", "Deployment is resumed", now)
    if created:
        text = f'Created new replica set "{created}"'
        return _about(known, "True", "NewReplicaSetCreated", text, now, anew=True)
    if known is None:
        return _about(known, "True", "FoundNewReplicaSet", f'Found new replica set "{name}"', now)
    if reason == COMPLETE and report["replicas"] == report["updatedReplicas"]:
        return known
    if is_complete(owner, report):
        text = f'ReplicaSet "{name}" has successfully progressed.'
        return _about(known, "True", COMPLETE, text, now)
    if _gets_on(owner.status, report):
        text = f'ReplicaSet "{name}" is progressing.'
        return _about(known, "True", "ReplicaSetUpdated", text, now, anew=True)
    since = moments.read(known.get("lastUpdateTime"))
    if reason not in (COMPLETE, TIMED_OUT) and since + owner.spec.progress_deadline_seconds < now:
        return _about(known, "False", TIMED_OUT, f'ReplicaSet "{name}" has timed out progressing.', now)
    return known


def _gets_on(before: Document, report: Document) -> bool:
    """Whether more pods are new, ready or available than before, or fewer are old."""

    def count(status: Document, name: str) -> int:
        return int(status.get(name) or 0)

    def old(status: Document) -> int:
        return count(status, "replicas") - count(status, "updatedReplicas")

    more = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return old(report) < old(before) or any(count(report, name) > count(before, name) for name in more)


def _about(
    known: Document | None, status: str, reason: str, message: str, now: float, *, anew: bool = False
) -> Document:
    return _condition(known, ("Progressing", status, reason, message), now, anew=anew)


def _condition(known: Document | None, said: Said, now: float, *, anew: bool = False) -> Document:
    """A condition; its moments stay while it says the same, unless it is said ``anew``."""
    kind, value, reason, message = said
    condition = {"type": kind, "status": value, "reason": reason, "message": message}
    old, moment = known or {}, moments.written(now)
    same = not anew and all(old.get(key) == condition[key] for key in condition)
    changed = old.get("lastTransitionTime") if old.get("status") == value else None
    return {
        **condition,
        "lastUpdateTime": old.get("lastUpdateTime", moment) if same else moment,
        "lastTransitionTime": changed or moment,
    }
