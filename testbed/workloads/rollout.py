"""How many replicas each ReplicaSet of a Deployment may have by now: the steps of an update, and of a change of size.

Sources: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy and
https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#proportional-scaling
"""

from __future__ import annotations

from collections.abc import Sequence

from testbed.workloads.amounts import surge_and_unavailable
from testbed.workloads.objects import Deployment, ReplicaSet

DESIRED = "deployment.kubernetes.io/desired-replicas"
MOST = "deployment.kubernetes.io/max-replicas"
"""Annotations of a ReplicaSet: its Deployment's replicas, and the most pods, when it was last given a size."""

Sizes = dict[str, int]
"""Replicas by the name of a ReplicaSet; what is not named stays as it is."""


def most(owner: Deployment) -> int:
    """How many pods there may be at once."""
    if owner.spec.strategy.type == "Recreate" or not owner.spec.replicas:
        return owner.spec.replicas
    return (
        owner.spec.replicas
        + surge_and_unavailable(owner.spec.strategy.rolling_update, owner.spec.replicas)[0]
    )


def is_resized(owner: Deployment, sets: Sequence[ReplicaSet]) -> bool:
    """Whether the Deployment's replicas were changed since its ReplicaSets were given their sizes."""
    known = (entry.annotations.get(DESIRED) for entry in sets if entry.spec.replicas)
    return any(found not in (None, str(owner.spec.replicas)) for found in known)


def new_size(owner: Deployment, current: ReplicaSet | None, old: Sequence[ReplicaSet]) -> int:
    """What an update gives to the ReplicaSet of the current template: as much as may surge beyond the replicas."""
    goal, has = owner.spec.replicas, current.spec.replicas if current else 0
    if has >= goal:
        return goal
    room = most(owner) - has - sum(entry.spec.replicas for entry in old)
    return has + max(min(room, goal - has), 0)


def old_sizes(owner: Deployment, current: ReplicaSet | None, old: Sequence[ReplicaSet]) -> Sizes:
    """What an update leaves to the old ReplicaSets: unhealthy pods go first, then as many as availability allows."""
    left = {entry.name: entry.spec.replicas for entry in old}
    _, unavailable = surge_and_unavailable(owner.spec.strategy.rolling_update, owner.spec.replicas)
    least = owner.spec.replicas - unavailable
    new_has, new_available = (current.spec.replicas, available(current)) if current else (0, 0)
    spare = sum(left.values()) + new_has - least - (new_has - new_available)
    for entry in old:
        ill = max(min(entry.spec.replicas - available(entry), spare), 0)
        left[entry.name] -= ill
        spare -= ill
    spare = new_available + sum(min(available(entry), left[entry.name]) for entry in old) - least
    for entry in old:
        fewer = max(min(left[entry.name], spare), 0)
        left[entry.name] -= fewer
        spare -= fewer
    return left


def resized(owner: Deployment, current: ReplicaSet | None, old: Sequence[ReplicaSet]) -> Sizes:
    """What a change of size gives to each: all of it to the only one that has pods, else to each in proportion."""
    sets = [*old, *([current] if current else [])]
    active = [entry for entry in sets if entry.spec.replicas]
    if len(active) <= 1:
        only = (active or ([current] if current else sets[-1:]))[:1]
        return {entry.name: owner.spec.replicas for entry in only}
    if current is not None and _is_saturated(owner, current):
        return {entry.name: 0 for entry in old if entry.spec.replicas}
    if owner.spec.strategy.type != "RollingUpdate":
        return {}
    return _in_proportion(owner, active)


def _is_saturated(owner: Deployment, current: ReplicaSet) -> bool:
    goal = owner.spec.replicas
    return current.spec.replicas == available(current) == goal and current.annotations.get(DESIRED) == str(
        goal
    )


def _in_proportion(owner: Deployment, active: Sequence[ReplicaSet]) -> Sizes:
    """Shares what is to be added (or taken away); what rounding leaves goes to the largest, of equals the newest."""
    total = sum(entry.spec.replicas for entry in active)
    to_add = most(owner) - total
    newest_first = list(reversed(active)) if to_add > 0 else list(active)
    ordered = sorted(newest_first, key=lambda entry: -entry.spec.replicas)
    sizes: Sizes = {}
    added = 0
    for entry in ordered:
        share, rest = _share(owner, entry), to_add - added
        share = min(share, rest) if to_add > 0 else max(share, rest)
        if to_add == 0:
            share = 0
        sizes[entry.name] = entry.spec.replicas + share
        added += share
    largest = ordered[0].name
    sizes[largest] = max(sizes[largest] + to_add - added, 0)
    return sizes


def _share(owner: Deployment, entry: ReplicaSet) -> int:
    if not owner.spec.replicas:
        return -entry.spec.replicas
    noted = entry.annotations.get(MOST, "")
    before = int(noted) if noted.isdigit() and int(noted) else int(owner.status.get("replicas") or 0)
    if not before:
        return 0
    return int(entry.spec.replicas * most(owner) / before + 0.5) - entry.spec.replicas


def available(entry: ReplicaSet) -> int:
    """How many of a ReplicaSet's pods are available."""
    return int(entry.status.get("availableReplicas", 0))
