"""StatefulSet: numbered pods whose names stay, made from the lowest on and ended from the highest on.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from testbed.workloads import revisions, templates
from testbed.workloads.objects import PODS, STATEFULSETS, ControllerRevision, Document, Pod, StatefulSet
from testbed.workloads.ownership import claims
from testbed.workloads.plan import Create, Delete, Plan, status_patch
from testbed.workloads.replicaset import available_in
from testbed.workloads.revisions import LABEL
from testbed.workloads.world import World

KIND = STATEFULSETS
NAME_LABEL = "statefulset.kubernetes.io/pod-name"
INDEX_LABEL = "apps.kubernetes.io/pod-index"


def reconcile(world: World, owner: StatefulSet, now: float) -> Plan:
    """What a StatefulSet needs now."""
    if owner.is_being_deleted:
        return Plan()
    pods = tuple(world.pods.owned(owner.metadata.uid))
    plan = claims(KIND, owner, owner.spec.selector, PODS, pods, world.pods.orphans(owner.namespace))
    return step(owner, pods, tuple(world.revisions.owned(owner.metadata.uid)), now, plan)


def step(
    owner: StatefulSet,
    pods: Sequence[Pod],
    known: Sequence[ControllerRevision],
    now: float,
    plan: Plan | None = None,
) -> Plan:
    """The next pods to make, end or replace, and the status."""
    plan = plan or Plan()
    update = revisions.of_template(KIND, owner, known, plan)
    current = str(owner.status.get("currentRevision") or update)
    numbered = {number: pod for pod in pods if (number := ordinal(owner, pod)) is not None}
    if _scaled(owner, numbered, known, current, update, plan):
        _replaced(owner, numbered, update, plan)
    report = status(owner, pods, current, update, now, plan)
    in_use = {str(pod.metadata.labels.get(LABEL)) for pod in pods} | {current, update}
    revisions.forget(known, in_use, owner.spec.revision_history_limit, plan)
    plan.writes += status_patch(KIND, owner, report)
    return plan


def ordinal(owner: StatefulSet, pod: Pod) -> int | None:
    """The number in a pod's name, None if it is not one of the set's."""
    prefix, _, number = pod.name.rpartition("-")
    return int(number) if prefix == owner.name and number.isdigit() else None


def _range(owner: StatefulSet) -> range:
    start = owner.spec.ordinals.start
    return range(start, start + owner.spec.replicas)


def _scaled(
    owner: StatefulSet,
    pods: dict[int, Pod],
    known: Iterable[ControllerRevision],
    current: str,
    update: str,
    plan: Plan,
) -> bool:
    """Plans missing and excess pods; whether nothing of it is left to wait for."""
    parallel = owner.spec.pod_management_policy == "Parallel"
    settled = True
    for number in _range(owner):
        pod = pods.get(number)
        if pod is None:
            plan.creates.append(_pod(owner, number, known, current, update))
        elif pod.is_finished and not pod.is_being_deleted:
            plan.writes.append(Delete(PODS, pod))
        elif pod.is_active and pod.is_ready:
            continue
        settled = False
        if not parallel:
            return False
    excess = sorted((number for number in pods if number not in _range(owner)), reverse=True)
    for number in excess if parallel else excess[:1]:
        if not pods[number].is_being_deleted:
            plan.writes.append(Delete(PODS, pods[number]))
    return settled and not excess


def _replaced(owner: StatefulSet, pods: dict[int, Pod], update: str, plan: Plan) -> None:
    """Plans to end the highest pod of an old template; its successors are ready by now."""
    if owner.spec.update_strategy.type != "RollingUpdate":
        return
    for number in reversed(_range(owner)):
        if number < _partition(owner):
            return
        if pods[number].metadata.labels.get(LABEL) != update:
            plan.writes.append(Delete(PODS, pods[number]))
            return


def _partition(owner: StatefulSet) -> int:
    rolling = owner.spec.update_strategy.rolling_update
    return rolling.partition if rolling else 0


def _pod(
    owner: StatefulSet, number: int, known: Iterable[ControllerRevision], current: str, update: str
) -> Create:
    name = f"{owner.name}-{number}"
    template, revision = owner.spec.template, update
    if number < _partition(owner) and current != update:
        for entry in known:
            if entry.name == current:
                template, revision = entry.data["spec"]["template"], current
    labels = {NAME_LABEL: name, INDEX_LABEL: str(number), LABEL: revision}
    spec: Document = {"hostname": name}
    if owner.spec.service_name:
        spec["subdomain"] = owner.spec.service_name
    return templates.pod(KIND, owner, template, name, labels, spec=spec)


def status(
    owner: StatefulSet, pods: Sequence[Pod], current: str, update: str, now: float, plan: Plan
) -> dict[str, Any]:
    """The counts of a StatefulSet's status; once all pods are of the new revision it is the current one."""
    living = [pod for pod in pods if not pod.is_finished]
    ready = [pod for pod in living if pod.is_ready]
    waits = [available_in(pod, owner.spec.min_ready_seconds, now) for pod in ready]
    for wait in waits:
        if wait > 0:
            plan.look_again(wait)
    updated = sum(pod.is_active and pod.metadata.labels.get(LABEL) == update for pod in living)
    if updated == len(living) == len(ready) == owner.spec.replicas:
        current = update
    return {
        "observedGeneration": owner.metadata.generation,
        "replicas": len(living),
        "readyReplicas": len(ready),
        "availableReplicas": sum(wait <= 0 for wait in waits),
        "currentReplicas": sum(pod.is_active and pod.metadata.labels.get(LABEL) == current for pod in living),
        "updatedReplicas": updated,
        "currentRevision": current,
        "updateRevision": update,
    }
