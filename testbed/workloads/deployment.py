"""Deployment: pods of a new template take the place of those of an old one, through one ReplicaSet a template.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from testbed.workloads import moments, templates
from testbed.workloads.amounts import surge_and_unavailable
from testbed.workloads.objects import DEPLOYMENTS, REPLICASETS, Deployment, Document, ReplicaSet
from testbed.workloads.plan import Create, Delete, Patch, Plan, Tell, status_patch
from testbed.workloads.templates import HASH_LABEL
from testbed.workloads.world import World

KIND = DEPLOYMENTS
REVISION = "deployment.kubernetes.io/revision"


def reconcile(world: World, owner: Deployment, now: float) -> Plan:
    """What a Deployment needs now."""
    if owner.is_being_deleted:
        return Plan()
    owned = sorted(world.replicasets.owned(owner.metadata.uid), key=_age)
    pods_left = any(pod.is_active for old in owned for pod in world.pods.owned(old.metadata.uid))
    return rollout(owner, owned, now, pods_left=pods_left)


def rollout(owner: Deployment, sets: Sequence[ReplicaSet], now: float, *, pods_left: bool = False) -> Plan:
    """The ReplicaSets to make, scale and forget, and the status.

    Args:
        owner: the Deployment.
        sets: its ReplicaSets, the oldest first.
        now: seconds since 1970.
        pods_left: whether any of their pods still run, for which Recreate waits.
    """
    plan = Plan()
    current = next((entry for entry in sets if same_template(entry, owner.spec.template)), None)
    old = [entry for entry in sets if entry is not current]
    revision = max((_revision(entry) for entry in old), default=0) + 1
    wanted = _replicas(owner, current, old, pods_left)
    if current is None:
        if not owner.spec.paused:
            plan.creates.append(_new_set(owner, sets, wanted, revision))
    else:
        if _revision(current) < revision and not owner.spec.paused:
            plan.writes.append(Patch(REPLICASETS, current, _noted(revision)))
        _scale(plan, current, wanted)
        revision = max(revision, _revision(current))
    if not owner.spec.paused or current is None:
        for entry, count in _shrunk(owner, current, old):
            _scale(plan, entry, count)
    if owner.annotations.get(REVISION) != str(revision) and not owner.spec.paused:
        plan.writes.append(Patch(KIND, owner, _noted(revision)))
    report = status(owner, current, sets, now)
    if current is not None and is_complete(owner, report):
        idle = sorted((e for e in old if not e.spec.replicas and not e.status.get("replicas")), key=_revision)
        plan.writes += [
            Delete(REPLICASETS, entry)
            for entry in idle[: max(len(idle) - owner.spec.revision_history_limit, 0)]
        ]
    plan.writes += status_patch(KIND, owner, report)
    return plan


def same_template(entry: ReplicaSet, template: Document) -> bool:
    """Whether a ReplicaSet was made of that template: all but the hash is the same."""
    found = entry.spec.template
    meta = dict(found.get("metadata") or {})
    meta["labels"] = {key: value for key, value in (meta.get("labels") or {}).items() if key != HASH_LABEL}
    asked = {key: value for key, value in (template.get("metadata") or {}).items() if value}
    return {key: value for key, value in meta.items() if value} == asked and found.get(
        "spec"
    ) == template.get("spec")


def _new_set(owner: Deployment, sets: Sequence[ReplicaSet], replicas: int, revision: int) -> Create:
    taken = {entry.name for entry in sets}
    collisions = 0
    while f"{owner.name}-{(found := templates.template_hash(owner.spec.template, collisions))}" in taken:
        collisions += 1
    meta = owner.spec.template.get("metadata") or {}
    labels = {**(meta.get("labels") or {}), HASH_LABEL: found}
    chosen = {**owner.spec.selector.match_labels, HASH_LABEL: found}
    selector: Document = {"matchLabels": chosen}
    if owner.spec.selector.match_expressions:
        selector["matchExpressions"] = [
            {"key": rule.key, "operator": rule.operator, "values": list(rule.values)}
            for rule in owner.spec.selector.match_expressions
        ]
    document: Document = {
        "metadata": {
            "name": f"{owner.name}-{found}",
            "namespace": owner.namespace,
            "labels": labels,
            "annotations": {REVISION: str(revision)},
            "ownerReferences": templates.owned_by(KIND, owner),
        },
        "spec": {
            "replicas": replicas,
            "minReadySeconds": owner.spec.min_ready_seconds,
            "selector": selector,
            "template": {**owner.spec.template, "metadata": {**meta, "labels": labels}},
        },
    }
    return Create(REPLICASETS, document)


def _replicas(
    owner: Deployment, current: ReplicaSet | None, old: Sequence[ReplicaSet], pods_left: bool
) -> int:
    """The replicas that the current template's ReplicaSet may have by now."""
    goal, has = owner.spec.replicas, current.spec.replicas if current else 0
    if owner.spec.strategy.type == "Recreate":
        waits = any(entry.spec.replicas or entry.status.get("replicas") for entry in old)
        return has if waits or (current is None and pods_left) else goal
    if has >= goal:
        return goal
    surge, _ = surge_and_unavailable(owner.spec.strategy.rolling_update, goal)
    room = goal + surge - has - sum(entry.spec.replicas for entry in old)
    return has + max(min(room, goal - has), 0)


def _shrunk(
    owner: Deployment, current: ReplicaSet | None, old: Sequence[ReplicaSet]
) -> list[tuple[ReplicaSet, int]]:
    """The old ReplicaSets that may have fewer replicas by now: unhealthy pods first, then as availability allows."""
    left = {entry.name: entry.spec.replicas for entry in old}
    if owner.spec.strategy.type == "Recreate":
        return [(entry, 0) for entry in old if entry.spec.replicas]
    _, unavailable = surge_and_unavailable(owner.spec.strategy.rolling_update, owner.spec.replicas)
    least = owner.spec.replicas - unavailable
    new_has, new_available = (current.spec.replicas, _available(current)) if current else (0, 0)
    spare = sum(left.values()) + new_has - least - (new_has - new_available)
    for entry in old:
        ill = max(min(entry.spec.replicas - _available(entry), spare), 0)
        left[entry.name] -= ill
        spare -= ill
    spare = new_available + sum(min(_available(e), left[e.name]) for e in old) - least
    for entry in old:
        fewer = max(min(left[entry.name], spare), 0)
        left[entry.name] -= fewer
        spare -= fewer
    return [(entry, left[entry.name]) for entry in old if left[entry.name] != entry.spec.replicas]


def _scale(plan: Plan, entry: ReplicaSet, replicas: int) -> None:
    if entry.spec.replicas == replicas:
        return
    way = "up" if replicas > entry.spec.replicas else "down"
    message = f"Scaled {way} replica set {entry.name} from {entry.spec.replicas} to {replicas}"
    plan.events.append(Tell("Normal", "ScalingReplicaSet", message))
    plan.writes.append(Patch(REPLICASETS, entry, {"spec": {"replicas": replicas}}))


def status(
    owner: Deployment, current: ReplicaSet | None, sets: Sequence[ReplicaSet], now: float
) -> dict[str, Any]:
    """The counts and conditions of a Deployment's status."""
    total = sum(entry.status.get("replicas", 0) for entry in sets)
    available = sum(_available(entry) for entry in sets)
    report: dict[str, Any] = {
        "observedGeneration": owner.metadata.generation,
        "replicas": total,
        "updatedReplicas": current.status.get("replicas", 0) if current else 0,
        "readyReplicas": sum(entry.status.get("readyReplicas", 0) for entry in sets),
        "availableReplicas": available,
        "unavailableReplicas": max(sum(entry.spec.replicas for entry in sets) - available, 0),
    }
    _, unavailable = surge_and_unavailable(owner.spec.strategy.rolling_update, owner.spec.replicas)
    enough = available >= owner.spec.replicas - unavailable
    name = current.name if current else owner.name
    before = owner.status.get("conditions") or []
    report["conditions"] = [
        _condition(
            before,
            ("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
            if enough
            else (
                *("Available", "False", "MinimumReplicasUnavailable"),
                "Deployment does not have minimum availability.",
            ),
            now,
        ),
        _condition(before, _progress(owner, report, name, before, now), now),
    ]
    return report


def is_complete(owner: Deployment, report: Document) -> bool:
    """Whether all replicas are of the current template and available, and no old ones run."""
    counts = ("replicas", "updatedReplicas", "availableReplicas")
    return all(report[count] == owner.spec.replicas for count in counts)


def _progress(
    owner: Deployment, report: Document, name: str, before: Sequence[Document], now: float
) -> tuple[str, str, str, str]:
    if is_complete(owner, report):
        text = f'ReplicaSet "{name}" has successfully progressed.'
        return "Progressing", "True", "NewReplicaSetAvailable", text
    counts = ("updatedReplicas", "readyReplicas", "availableReplicas", "replicas")
    moved = any((owner.status.get(count) or 0) != report[count] for count in counts)
    since = next((entry.get("lastUpdateTime") for entry in before if entry["type"] == "Progressing"), None)
    if not moved and since and now - moments.read(since) > owner.spec.progress_deadline_seconds:
        text = f'ReplicaSet "{name}" has timed out progressing.'
        return "Progressing", "False", "ProgressDeadlineExceeded", text
    return "Progressing", "True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.'


def _condition(before: Sequence[Document], said: tuple[str, str, str, str], now: float) -> Document:
    """A condition; its moments stay while it says the same."""
    kind, value, reason, message = said
    condition = {"type": kind, "status": value, "reason": reason, "message": message}
    old = next((entry for entry in before if entry["type"] == kind), {})
    moment = moments.written(now)
    same = all(old.get(key) == condition[key] for key in condition)
    changed = old.get("lastTransitionTime") if old.get("status") == value else None
    return {
        **condition,
        "lastUpdateTime": old.get("lastUpdateTime", moment) if same else moment,
        "lastTransitionTime": changed or moment,
    }


def _available(entry: ReplicaSet) -> int:
    return int(entry.status.get("availableReplicas", 0))


def _revision(entry: ReplicaSet) -> int:
    found = entry.annotations.get(REVISION, "0")
    return int(found) if found.isdigit() else 0


def _noted(revision: int) -> Document:
    return {"metadata": {"annotations": {REVISION: str(revision)}}}


def _age(entry: ReplicaSet) -> tuple[str, int]:
    return entry.metadata.creation_timestamp or "", _revision(entry)
