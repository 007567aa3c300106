"""Deployment: pods of a new template take the place of those of an old one, through one ReplicaSet a template.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
"""

from __future__ import annotations

from collections.abc import Sequence

from testbed.workloads import progress, templates
from testbed.workloads import rollout as steps
from testbed.workloads.objects import DEPLOYMENTS, REPLICASETS, Deployment, Document, ReplicaSet
from testbed.workloads.plan import Create, Delete, Patch, Plan, Tell, status_patch
from testbed.workloads.templates import HASH_LABEL
from testbed.workloads.world import World

KIND = DEPLOYMENTS
REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
"""Annotation of a ReplicaSet that was gone back to: the revisions that it had before."""
_NOT_COPIED = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.deployment.rollback.to",
    REVISION,
    HISTORY,
    steps.DESIRED,
    steps.MOST,
)
"""A Deployment's annotations that do not become its ReplicaSet's; the others tell why there was a revision."""


def reconcile(world: World, owner: Deployment, now: float) -> Plan:
    """What a Deployment needs now."""
    if owner.is_being_deleted:
        return Plan()
    owned = sorted(world.replicasets.owned(owner.metadata.uid), key=_age)
    pods_left = owner.spec.strategy.type == "Recreate" and any(
        not pod.is_finished
        for entry in owned
        if not same_template(entry, owner.spec.template)
        for pod in world.pods.owned(entry.metadata.uid)
    )
    return rollout(owner, owned, now, pods_left=pods_left)


def rollout(owner: Deployment, sets: Sequence[ReplicaSet], now: float, *, pods_left: bool = False) -> Plan:
    """The ReplicaSets to make, scale and forget, and the status.

    Args:
        owner: the Deployment.
        sets: its ReplicaSets, the oldest first.
        now: seconds since 1970.
        pods_left: whether any pods of old templates are still there, for which Recreate waits.
    """
    plan = Plan()
    current = next((entry for entry in sets if same_template(entry, owner.spec.template)), None)
    old = [entry for entry in sets if entry is not current]
    revision = max([_revision(entry) + 1 for entry in old] + ([_revision(current)] if current else [1]))
    sizes, new = _sizes(owner, current, old, pods_left)
    created = ""
    if current is None and new is not None:
        plan.creates.append(_new_set(owner, sets, new, revision))
        created = str(plan.creates[0].document["metadata"]["name"])
        if new:
            _tell_scaled(plan, created, 0, new)
    for entry in sets:
        _adapt(plan, owner, entry, sizes.get(entry.name), revision if entry is current else None)
    if owner.annotations.get(REVISION) != str(revision) and (current is not None or created):
        plan.writes.append(Patch(KIND, owner, {"metadata": {"annotations": {REVISION: str(revision)}}}))
    report = progress.status(owner, current, sets, created, now, plan)
    if current is not None and progress.is_complete(owner, report):
        _forget(owner, old, plan)
    plan.writes += status_patch(KIND, owner, report)
    return plan


def same_template(entry: ReplicaSet, template: Document) -> bool:
    """Whether a ReplicaSet was made of that template: all but the hash is the same."""
    found = entry.spec.template
    meta = found.get("metadata") or {}
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key != HASH_LABEL}
    return templates.are_same({**found, "metadata": {**meta, "labels": labels}}, template)


def _sizes(
    owner: Deployment, current: ReplicaSet | None, old: Sequence[ReplicaSet], pods_left: bool
) -> tuple[steps.Sizes, int | None]:
    """The replicas of the ReplicaSets that there are, and those of the one to be made; None for not yet."""
    sets = [*old, *([current] if current else [])]
    if owner.spec.paused or steps.is_resized(owner, sets):
        return steps.resized(owner, current, old), None
    sizes: steps.Sizes
    if owner.spec.strategy.type == "Recreate":
        sizes = {entry.name: 0 for entry in old}
        waits = pods_left or any(entry.spec.replicas for entry in old)
        new = None if waits else owner.spec.replicas
    else:
        sizes = steps.old_sizes(owner, current, old)
        new = steps.new_size(owner, current, old)
    if current is not None and new is not None:
        sizes[current.name] = new
    return sizes, new


def _adapt(plan: Plan, owner: Deployment, entry: ReplicaSet, size: int | None, revision: int | None) -> None:
    """Plans the one patch that gives a ReplicaSet its size and what is noted on it."""
    replicas = entry.spec.replicas if size is None else size
    notes = _sized(owner) if replicas or entry.spec.replicas else {}
    if revision is not None:
        notes |= _copied(owner) | {REVISION: str(revision)}
        former = entry.annotations.get(REVISION)
        if former not in (None, str(revision)):
            notes[HISTORY] = ",".join(filter(None, (entry.annotations.get(HISTORY), former)))
    changed = {key: value for key, value in notes.items() if entry.annotations.get(key) != value}
    patch: Document = {"metadata": {"annotations": changed}} if changed else {}
    if replicas != entry.spec.replicas:
        patch["spec"] = {"replicas": replicas}
        _tell_scaled(plan, entry.name, entry.spec.replicas, replicas)
    if patch:
        plan.writes.append(Patch(REPLICASETS, entry, patch))


def _tell_scaled(plan: Plan, name: str, before: int, after: int) -> None:
    way = "up" if after > before else "down"
    message = f"Scaled {way} replica set {name} from {before} to {after}"
    plan.events.append(Tell("Normal", "ScalingReplicaSet", message))


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
            "annotations": _copied(owner) | _sized(owner) | {REVISION: str(revision)},
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


def _copied(owner: Deployment) -> dict[str, str]:
    return {key: value for key, value in owner.annotations.items() if key not in _NOT_COPIED}


def _sized(owner: Deployment) -> dict[str, str]:
    return {steps.DESIRED: str(owner.spec.replicas), steps.MOST: str(steps.most(owner))}


def _forget(owner: Deployment, old: Sequence[ReplicaSet], plan: Plan) -> None:
    """Plans to remove the oldest revisions beyond the limit of the history, of those that have no pods."""
    idle = [entry for entry in old if not entry.spec.replicas and not entry.status.get("replicas")]
    excess = max(len(idle) - owner.spec.revision_history_limit, 0)
    plan.writes += [Delete(REPLICASETS, entry) for entry in sorted(idle, key=_revision)[:excess]]


def _revision(entry: ReplicaSet) -> int:
    found = entry.annotations.get(REVISION, "0")
    return int(found) if found.isdigit() else 0


def _age(entry: ReplicaSet) -> tuple[str, int]:
    return entry.metadata.creation_timestamp or "", _revision(entry)
