"""StatefulSet: numbered pods whose names stay, made from the lowest on and ended from the highest on.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
    available = {
        number for number, pod in numbered.items() if pod.is_active and is_available(owner, pod, now, plan)
    }
    in_order = owner.spec.pod_management_policy != "Parallel"
    settled = _scaled(owner, numbered, available, in_order, _templates(owner, known, current, update), plan)
    if settled or not in_order:
        _replaced(owner, numbered, available, update, plan)
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
    available: set[int],
    in_order: bool,
    template_of: Callable[[int], tuple[Document, str]],
    plan: Plan,
) -> bool:
    """Plans missing and excess pods; whether nothing of it is left to wait for."""
    settled = True
    for number in _range(owner):
        pod = pods.get(number)
        if pod is None:
            plan.creates.append(_pod(owner, number, *template_of(number)))
        elif pod.is_finished and not pod.is_being_deleted:
            plan.writes.append(Delete(PODS, pod))
        elif number in available:
            continue
        settled = False
        if in_order:
            return False
    excess = sorted((number for number in pods if number not in _range(owner)), reverse=True)
    for number in excess[:1] if in_order else excess:
        if not pods[number].is_being_deleted:
            plan.writes.append(Delete(PODS, pods[number]))
    return settled and not excess


def _replaced(owner: StatefulSet, pods: dict[int, Pod], available: set[int], update: str, plan: Plan) -> None:
    """Plans to end the highest pod of an old template, once all above it are of the new one and available."""
    if owner.spec.update_strategy.type != "RollingUpdate":
        return
    for number in reversed(_range(owner)[_partition(owner) :]):
        pod = pods.get(number)
        if pod is None or pod.is_being_deleted or pod.is_finished:
            return
        if pod.metadata.labels.get(LABEL) != update:
            plan.writes.append(Delete(PODS, pod))
            return
        if number not in available:
            return


def _partition(owner: StatefulSet) -> int:
    """How many pods, the lowest, stay at the current template."""
    rolling = owner.spec.update_strategy.rolling_update
    return rolling.partition if rolling else 0


def _templates(
    owner: StatefulSet, known: Iterable[ControllerRevision], current: str, update: str
) -> Callable[[int], tuple[Document, str]]:
    """Of which template and revision a pod is made: those below the partition of the current one, others of the new."""
    former = next((entry for entry in known if entry.name == current and current != update), None)
    rolling = owner.spec.update_strategy.type == "RollingUpdate"
    kept = _partition(owner)

    def template_of(number: int) -> tuple[Document, str]:
        if former is not None and rolling and number - owner.spec.ordinals.start < kept:
            template = {
                key: value for key, value in former.data["spec"]["template"].items() if key != "$patch"
            }
            return template, current
        return owner.spec.template, update

    return template_of


def is_available(owner: StatefulSet, pod: Pod, now: float, plan: Plan) -> bool:
    """Whether a pod has been ready for ``minReadySeconds``; if it is going to be, it is looked at again then."""
    if not pod.is_ready:
        return False
    wait = available_in(pod, owner.spec.min_ready_seconds, now)
    if wait > 0:
        plan.look_again(wait)
    return wait <= 0


def _pod(owner: StatefulSet, number: int, template: Document, revision: str) -> Create:
    name = f"{owner.name}-{number}"
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
    available = sum(is_available(owner, pod, now, plan) for pod in ready)
    updated = sum(pod.is_active and pod.metadata.labels.get(LABEL) == update for pod in living)
    rolling = owner.spec.update_strategy.type == "RollingUpdate"
    if rolling and updated == len(living) == len(ready) == owner.spec.replicas:
        current = update
    return {
        "observedGeneration": owner.metadata.generation,
        "replicas": len(living),
        "readyReplicas": len(ready),
        "availableReplicas": available,
        "currentReplicas": sum(pod.is_active and pod.metadata.labels.get(LABEL) == current for pod in living),
        "updatedReplicas": updated,
        "currentRevision": current,
        "updateRevision": update,
    }
