"""ReplicaSet: keeps as many pods as it is told, and which of them go first when there are too many.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from testbed.workloads import moments, templates
from testbed.workloads.objects import PODS, REPLICASETS, Pod, ReplicaSet
from testbed.workloads.ownership import claims
from testbed.workloads.plan import Delete, Plan, status_patch
from testbed.workloads.world import World

KIND = REPLICASETS
BURST = 500
"""Pods made or ended in one turn, as Kubernetes bounds it."""
DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"


def reconcile(world: World, owner: ReplicaSet, now: float) -> Plan:
    """What a ReplicaSet needs now."""
    if owner.is_being_deleted:
        return Plan()
    owned = tuple(world.pods.owned(owner.metadata.uid))
    plan = claims(KIND, owner, owner.spec.selector, PODS, owned, world.pods.orphans(owner.namespace))
    return replicas(owner, owned, now, plan)


def replicas(owner: ReplicaSet, pods: Sequence[Pod], now: float, plan: Plan | None = None) -> Plan:
    """The pods that are missing or too many, and the status."""
    plan = plan or Plan()
    active = [pod for pod in pods if pod.is_active]
    missing = owner.spec.replicas - len(active)
    if missing > 0:
        template = owner.spec.template
        plan.creates = [templates.pod(KIND, owner, template) for _ in range(min(missing, BURST))]
    elif missing < 0:
        first = first_to_go(active)[: min(-missing, BURST)]
        plan.writes += [Delete(PODS, pod) for pod in first]
    plan.writes += status_patch(KIND, owner, status(owner, active, now, plan))
    return plan


def status(owner: ReplicaSet, active: Iterable[Pod], now: float, plan: Plan) -> dict[str, Any]:
    """The counts of a ReplicaSet's status; a pod is available once it has been ready for ``minReadySeconds``."""
    total = labelled = ready = available = 0
    wanted = (owner.spec.template.get("metadata") or {}).get("labels") or {}
    for pod in active:
        total += 1
        labelled += wanted.items() <= pod.metadata.labels.items()
        if pod.is_ready:
            ready += 1
            wait = available_in(pod, owner.spec.min_ready_seconds, now)
            if wait <= 0:
                available += 1
            else:
                plan.look_again(wait)
    return {
        "replicas": total,
        "fullyLabeledReplicas": labelled,
        "readyReplicas": ready,
        "availableReplicas": available,
        "observedGeneration": owner.metadata.generation,
    }


def available_in(pod: Pod, min_ready_seconds: int, now: float) -> float:
    """Seconds until a ready pod is available; 0 or less if it is."""
    if not min_ready_seconds:
        return 0.0
    ready = pod.condition("Ready")
    assert ready is not None
    return moments.read(ready.last_transition_time) + min_ready_seconds - now


def first_to_go(pods: Sequence[Pod]) -> list[Pod]:
    """Pods in the order in which a scale-down ends them.

    Pending and unscheduled ones first; then by deletion cost; then those that share a node with many; then the younger.
    """
    crowds = Counter(pod.spec.node_name for pod in pods)
    phases = {"Pending": 0, "Unknown": 1}

    def rank(pod: Pod) -> tuple[Any, ...]:
        return (
            bool(pod.spec.node_name),
            phases.get(pod.status.phase, 2),
            pod.is_ready,
            _cost(pod),
            -crowds[pod.spec.node_name],
            -moments.read(pod.metadata.creation_timestamp),
        )

    return sorted(pods, key=rank)


def _cost(pod: Pod) -> int:
    try:
        return int(pod.annotations.get(DELETION_COST, "0"))
    except ValueError:
        return 0
