"""DaemonSet: one pod on every node that fits, bound by an affinity to that very node.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from testbed.workloads import daemon_update, fitting, revisions, templates
from testbed.workloads.daemon_update import Daemons
from testbed.workloads.objects import (
    DAEMONSETS,
    PODS,
    ControllerRevision,
    DaemonSet,
    Document,
    Node,
    Pod,
    PodSpec,
)
from testbed.workloads.ownership import claims
from testbed.workloads.plan import Create, Delete, Plan, status_patch
from testbed.workloads.replicaset import available_in
from testbed.workloads.revisions import LABEL
from testbed.workloads.world import World

KIND = DAEMONSETS
_TOLERATED = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
_OF_HOST_NETWORK = ("node.kubernetes.io/network-unavailable", "NoSchedule")


def reconcile(world: World, owner: DaemonSet, now: float) -> Plan:
    """What a DaemonSet needs now."""
    if owner.is_being_deleted:
        return Plan()
    pods = tuple(world.pods.owned(owner.metadata.uid))
    plan = claims(KIND, owner, owner.spec.selector, PODS, pods, world.pods.orphans(owner.namespace))
    known = tuple(world.revisions.owned(owner.metadata.uid))
    return step(owner, pods, tuple(world.nodes.values()), known, now, plan)


def step(
    owner: DaemonSet,
    pods: Sequence[Pod],
    nodes: Iterable[Node],
    known: Sequence[ControllerRevision],
    now: float,
    plan: Plan | None = None,
) -> Plan:
    """The pods that nodes miss, those that are where they must not be or of an old template, and the status."""
    plan = plan or Plan()
    update = revisions.of_template(KIND, owner, known, plan)
    hashed = update.removeprefix(f"{owner.name}-")
    probe = Pod(spec=msgspec.convert(_spec(owner), PodSpec))
    there: dict[str, list[Pod]] = {}
    for pod in pods:
        there.setdefault(target(pod), []).append(pod)
    placed: dict[str, Daemons] = {}
    misplaced = 0
    for node in nodes:
        found = [pod for pod in there.pop(node.name, []) if not pod.is_being_deleted]
        running = [pod for pod in found if pod.is_active]
        plan.writes += [Delete(PODS, pod) for pod in found if pod.is_finished]
        if fitting.misfit(probe, node) and not (running and may_stay(probe, node)):
            plan.writes += [Delete(PODS, pod) for pod in running]
            misplaced += bool(running)
            continue
        placed[node.name], excess = daemon_update.pair(running, hashed)
        plan.writes += [Delete(PODS, pod) for pod in excess]
        if not running:
            plan.creates.append(_pod(owner, node.name, hashed))
    plan.writes += [
        Delete(PODS, pod) for group in there.values() for pod in group if not pod.is_being_deleted
    ]
    _updated(owner, placed, hashed, now, plan)
    in_use = {f"{owner.name}-{pod.metadata.labels.get(LABEL)}" for pod in pods} | {update}
    revisions.forget(known, in_use, owner.spec.revision_history_limit, plan)
    plan.writes += status_patch(KIND, owner, _status(owner, placed, misplaced, now, plan))
    return plan


def _updated(owner: DaemonSet, placed: dict[str, Daemons], hashed: str, now: float, plan: Plan) -> None:
    """Plans the next turn of an update; what remains of a surge that is over by now goes, the old pod first."""
    if not daemon_update.surges(owner):
        for daemons in placed.values():
            if daemons.new is not None and daemons.old is not None:
                plan.writes.append(Delete(PODS, daemons.old))
    update = daemon_update.step(owner, placed, lambda pod: _is_available(owner, pod, now, plan))
    plan.writes += [Delete(PODS, pod) for pod in update.ended]
    plan.creates += [_pod(owner, node, hashed) for node in update.nodes]


def _status(
    owner: DaemonSet, placed: dict[str, Daemons], misplaced: int, now: float, plan: Plan
) -> dict[str, Any]:
    """The counts of nodes, by the pods that they have."""
    running = [(pods.new, pods.old) for pods in placed.values() if pods.new or pods.old]
    ready = sum(any(pod is not None and pod.is_ready for pod in both) for both in running)
    available = sum(
        any(pod is not None and _is_available(owner, pod, now, plan) for pod in both) for both in running
    )
    return {
        "observedGeneration": owner.metadata.generation,
        "desiredNumberScheduled": len(placed),
        "currentNumberScheduled": len(running),
        "numberMisscheduled": misplaced,
        "numberReady": ready,
        "numberAvailable": available,
        "numberUnavailable": len(placed) - available,
        "updatedNumberScheduled": sum(daemons.new is not None for daemons in placed.values()),
    }


def target(pod: Pod) -> str:
    """The node that a pod is for: the one it is on, or the one that its affinity names."""
    if pod.spec.node_name:
        return pod.spec.node_name
    affinity = pod.spec.affinity.node_affinity if pod.spec.affinity else None
    for term in affinity.required.node_selector_terms if affinity and affinity.required else ():
        for rule in term.match_fields:
            if rule.key == "metadata.name" and rule.values:
                return rule.values[0]
    return ""


def may_stay(probe: Pod, node: Node) -> bool:
    """Whether a running pod stays although a new one would not be made: only NoExecute and selectors end it."""
    lasting = tuple(taint for taint in node.spec.taints if taint.effect == "NoExecute")
    spec = msgspec.structs.replace(node.spec, unschedulable=False, taints=lasting)
    return not fitting.misfit(probe, msgspec.structs.replace(node, spec=spec))


def _is_available(owner: DaemonSet, pod: Pod, now: float, plan: Plan) -> bool:
    if not pod.is_ready:
        return False
    wait = available_in(pod, owner.spec.min_ready_seconds, now)
    if wait > 0:
        plan.look_again(wait)
    return wait <= 0


def _spec(owner: DaemonSet) -> Document:
    """The template's pod with what every daemon pod bears."""
    spec: Document = owner.spec.template.get("spec") or {}
    borne = [*_TOLERATED, *([_OF_HOST_NETWORK] if spec.get("hostNetwork") else [])]
    added = [{"key": key, "operator": "Exists", "effect": effect} for key, effect in borne]
    return {**spec, "tolerations": [*(spec.get("tolerations") or ()), *added]}


def _pod(owner: DaemonSet, node: str, hashed: str) -> Create:
    spec = _spec(owner)
    affinity = dict(spec.get("affinity") or {})
    of_node = dict(affinity.get("nodeAffinity") or {})
    required = of_node.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    here = [{"key": "metadata.name", "operator": "In", "values": [node]}]
    terms = [{**term, "matchFields": here} for term in required.get("nodeSelectorTerms") or [{}]]
    of_node["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": terms}
    spec["affinity"] = {**affinity, "nodeAffinity": of_node}
    return templates.pod(KIND, owner, owner.spec.template, labels={LABEL: hashed}, spec=spec)
