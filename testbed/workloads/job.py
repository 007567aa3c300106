"""Job: runs pods until enough of them have succeeded, or too many have failed.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from testbed.workloads import indexes, job_outcome, moments, templates
from testbed.workloads.indexes import INDEX
from testbed.workloads.job_outcome import Tally
from testbed.workloads.objects import JOBS, PODS, Document, Job, Pod
from testbed.workloads.plan import Create, Delete, Plan, Tell, status_patch
from testbed.workloads.replicaset import first_to_go
from testbed.workloads.world import World

KIND = JOBS
FAILURES = "batch.kubernetes.io/job-index-failure-count"


def reconcile(world: World, owner: Job, now: float) -> Plan:
    """What a Job needs now."""
    if owner.is_being_deleted:
        return Plan()
    return step(owner, tuple(world.pods.owned(owner.metadata.uid)), now)


def step(owner: Job, pods: Sequence[Pod], now: float) -> Plan:
    """The pods to make and to end, how the job ends, and the status."""
    plan = Plan()
    tally = job_outcome.tally(owner, pods)
    if owner.finish:
        _expire(owner, now, plan)
        plan.writes += [Delete(PODS, pod) for pod in tally.active]
        return plan
    conditions = list(owner.status.get("conditions") or ())
    ending = job_outcome.ending(owner, tally, now, plan)
    if ending is not None:
        _end(conditions, ending, tally, now, plan)
    else:
        _hold(owner, conditions, now, plan)
    if ending is not None or owner.spec.suspend:
        plan.writes += [Delete(PODS, pod) for pod in tally.active]
    else:
        _balance(owner, tally, now, plan)
    plan.writes += status_patch(KIND, owner, _status(owner, tally, conditions, ending is not None, now))
    return plan


def _end(
    conditions: list[Document], ending: job_outcome.Ending, tally: Tally, now: float, plan: Plan
) -> None:
    """Says how the job is going to end; that it has, once none of its pods runs any more."""
    said = (ending.reason, ending.message)
    _say(conditions, (ending.interim, "True", *said), now)
    if not tally.active and not tally.terminating:
        _say(conditions, (ending.finish, "True", *said), now)
        well = ending.finish == "Complete"
        event = ("Normal", "Completed", "Job completed") if well else ("Warning", *said)
        plan.events.append(Tell(*event))


def _hold(owner: Job, conditions: list[Document], now: float, plan: Plan) -> None:
    """Says that a job is suspended, or goes on again."""
    was = any(entry["type"] == "Suspended" and entry["status"] == "True" for entry in conditions)
    if owner.spec.suspend and not was:
        _say(conditions, ("Suspended", "True", "JobSuspended", "Job suspended"), now)
        plan.events.append(Tell("Normal", "Suspended", "Job suspended"))
    elif was and not owner.spec.suspend:
        _say(conditions, ("Suspended", "False", "JobResumed", "Job resumed"), now)
        plan.events.append(Tell("Normal", "Resumed", "Job resumed"))


def _say(conditions: list[Document], said: tuple[str, str, str, str], now: float) -> None:
    kind, status, reason, message = said
    moment = moments.written(now)
    entry = {"type": kind, "status": status, "reason": reason, "message": message}
    if any(entry.items() <= known.items() for known in conditions):
        return
    conditions[:] = [known for known in conditions if known["type"] != kind]
    conditions.append({**entry, "lastProbeTime": moment, "lastTransitionTime": moment})


def _balance(owner: Job, tally: Tally, now: float, plan: Plan) -> None:
    """Plans as many pods as may run at once and are still needed."""
    spec, active = owner.spec, tally.active
    wanted = spec.parallelism
    if spec.completions is not None:
        wanted = min(wanted, spec.completions - tally.succeeded - len(tally.failed_indexes))
    elif tally.succeeded:
        wanted = min(wanted, len(active))
    if len(active) > wanted:
        plan.writes += [Delete(PODS, pod) for pod in first_to_go(active)[: len(active) - max(wanted, 0)]]
        return
    room = wanted - len(active)
    if spec.pod_replacement_policy == "Failed":
        room -= len(tally.terminating)
    if room <= 0:
        return
    if spec.completion_mode == "Indexed":
        _make_indexed(owner, tally, room, now, plan)
    elif (wait := job_outcome.back_off(tally.failures, tally.successes, now)) > 0:
        plan.look_again(wait)
    else:
        plan.creates = [_pod(owner) for _ in range(room)]


def _make_indexed(owner: Job, tally: Tally, room: int, now: float, plan: Plan) -> None:
    """Plans pods of the lowest indexes that are free; those of one that failed wait, all of them unless told apart."""
    apart = owner.spec.backoff_limit_per_index is not None
    if not apart and (wait := job_outcome.back_off(tally.failures, tally.successes, now)) > 0:
        plan.look_again(wait)
        return
    taken = {indexes.of(pod) for pod in tally.active} | tally.done_indexes | tally.failed_indexes
    if owner.spec.pod_replacement_policy == "Failed":
        taken |= {indexes.of(pod) for pod in tally.terminating}
    for number in range(owner.spec.completions or 0):
        if number in taken or len(plan.creates) >= room:
            continue
        failures = [pod for pod in tally.failures if indexes.of(pod) == number]
        wait = job_outcome.back_off(failures, (), now) if apart else 0.0
        if wait > 0:
            plan.look_again(wait)
        else:
            plan.creates.append(_pod_of_index(owner, number, len(failures) if apart else None))


def _labels(owner: Job) -> dict[str, str]:
    return {
        "batch.kubernetes.io/job-name": owner.name,
        "batch.kubernetes.io/controller-uid": owner.metadata.uid,
        "job-name": owner.name,
        "controller-uid": owner.metadata.uid,
    }


def _pod(owner: Job) -> Create:
    return templates.pod(KIND, owner, owner.spec.template, labels=_labels(owner))


def _pod_of_index(owner: Job, index: int, failures: int | None) -> Create:
    """A pod of an index, which its name, label, annotation, host name and environment tell."""
    number = str(index)
    notes = {INDEX: number} | ({FAILURES: str(failures)} if failures is not None else {})
    spec: Document = {"hostname": f"{owner.name}-{number}"}
    template = owner.spec.template.get("spec") or {}
    for part in ("initContainers", "containers"):
        if template.get(part):
            spec[part] = [_with_index(container) for container in template[part]]
    name = templates.generated(f"{owner.name}-{number}-")
    return templates.pod(
        KIND, owner, owner.spec.template, name, _labels(owner) | {INDEX: number}, notes, spec
    )


def _with_index(container: Document) -> Document:
    given = container.get("env") or []
    if any(entry["name"] == indexes.VARIABLE for entry in given):
        return container
    source = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX}']"}}
    return {**container, "env": [*given, {"name": indexes.VARIABLE, "valueFrom": source}]}


def _expire(owner: Job, now: float, plan: Plan) -> None:
    """Plans the end of a finished job whose time to live is over."""
    if owner.spec.ttl_seconds_after_finished is None:
        return
    ended = next(entry for entry in owner.status["conditions"] if entry["type"] == owner.finish)
    left = moments.read(ended.get("lastTransitionTime")) + owner.spec.ttl_seconds_after_finished - now
    if left > 0:
        plan.look_again(left)
    else:
        plan.writes.append(Delete(KIND, owner))


def _status(
    owner: Job, tally: Tally, conditions: list[Document], is_ending: bool, now: float
) -> dict[str, Any]:
    goes_on = not is_ending and not owner.spec.suspend
    held = {entry["type"] for entry in conditions if entry["status"] == "True"}
    started = owner.status.get("startTime") or moments.written(now)
    report: dict[str, Any] = {
        "active": (len(tally.active) or None) if goes_on else None,
        "ready": sum(pod.is_ready for pod in tally.active) if goes_on else 0,
        "terminating": len(tally.terminating) + (0 if goes_on else len(tally.active)),
        "succeeded": tally.succeeded or None,
        "failed": tally.failed or None,
        "startTime": None if owner.spec.suspend and not is_ending else started,
        "conditions": conditions or None,
    }
    if owner.spec.completion_mode == "Indexed":
        report["completedIndexes"] = indexes.written(tally.done_indexes) or None
        if owner.spec.backoff_limit_per_index is not None:
            report["failedIndexes"] = indexes.written(tally.failed_indexes)
    if "Complete" in held:
        report["completionTime"] = moments.written(now)
    return report
