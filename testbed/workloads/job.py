"""Job: runs pods until enough of them have succeeded, or too many have failed.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from testbed.workloads import moments, templates
from testbed.workloads.objects import JOBS, PODS, Document, Job, Pod
from testbed.workloads.plan import Create, Delete, Plan, Tell, status_patch
from testbed.workloads.replicaset import first_to_go
from testbed.workloads.world import World

KIND = JOBS
INDEX = "batch.kubernetes.io/job-completion-index"
BACKOFF_S, LONGEST_BACKOFF_S = 10, 360
"""Seconds before a failed pod is followed by another: 10, 20, 40 ... up to six minutes."""


def reconcile(world: World, owner: Job, now: float) -> Plan:
    """What a Job needs now."""
    if owner.is_being_deleted:
        return Plan()
    return step(owner, tuple(world.pods.owned(owner.metadata.uid)), now)


def step(owner: Job, pods: Sequence[Pod], now: float) -> Plan:
    """The pods to make and to end, how the job ends, and the status."""
    plan = Plan()
    active = [pod for pod in pods if pod.is_active]
    if owner.finish:
        _expire(owner, now, plan)
        plan.writes += [Delete(PODS, pod) for pod in active]
        return plan
    succeeded = _succeeded(owner, pods)
    failed = [pod for pod in pods if pod.status.phase == "Failed"]
    ended = _end(owner, active, succeeded, failed, now, plan)
    if ended is not None or owner.spec.suspend:
        plan.writes += [Delete(PODS, pod) for pod in active]
    else:
        _balance(owner, pods, active, succeeded, failed, now, plan)
    plan.writes += status_patch(KIND, owner, _status(owner, active, succeeded, len(failed), ended, now))
    return plan


def _end(
    owner: Job, active: Sequence[Pod], succeeded: int, failed: Sequence[Pod], now: float, plan: Plan
) -> Document | None:
    """The condition that ends the job, if it has come to that."""
    spec = owner.spec
    restarts = sum(status.restart_count for pod in active for status in pod.status.container_statuses)
    if len(failed) + restarts > spec.backoff_limit:
        text = "Job has reached the specified backoff limit"
        return _ended(plan, "Failed", "BackoffLimitExceeded", text, now)
    started = owner.status.get("startTime")
    if spec.active_deadline_seconds is not None and started and not spec.suspend:
        left = moments.read(started) + spec.active_deadline_seconds - now
        if left <= 0:
            text = "Job was active longer than specified deadline"
            return _ended(plan, "Failed", "DeadlineExceeded", text, now)
        plan.look_again(left)
    enough = succeeded >= spec.completions if spec.completions is not None else succeeded > 0 and not active
    return _ended(plan, "Complete", "CompletionsReached", "Job completed", now) if enough else None


def _ended(plan: Plan, kind: str, reason: str, text: str, now: float) -> Document:
    event = ("Normal", "Completed") if kind == "Complete" else ("Warning", reason)
    plan.events.append(Tell(*event, text))
    moment = moments.written(now)
    condition = {"type": kind, "status": "True", "reason": reason, "message": text}
    return {**condition, "lastProbeTime": moment, "lastTransitionTime": moment}


def _balance(
    owner: Job,
    pods: Sequence[Pod],
    active: Sequence[Pod],
    succeeded: int,
    failed: Sequence[Pod],
    now: float,
    plan: Plan,
) -> None:
    """Plans as many pods as may run at once and are still needed."""
    spec = owner.spec
    wanted = spec.parallelism
    if spec.completions is not None:
        wanted = min(wanted, spec.completions - succeeded)
    elif succeeded:
        wanted = min(wanted, len(active))
    if len(active) > wanted:
        plan.writes += [Delete(PODS, pod) for pod in first_to_go(active)[: len(active) - max(wanted, 0)]]
        return
    wait = _backoff(failed, now)
    if wait > 0 and len(active) < wanted:
        plan.look_again(wait)
        return
    if spec.completion_mode == "Indexed" and spec.completions is not None:
        taken = {_index(pod) for pod in pods if pod.is_active or pod.status.phase == "Succeeded"}
        free = [number for number in range(spec.completions) if number not in taken]
        plan.creates = [_pod(owner, number) for number in free[: wanted - len(active)]]
    else:
        plan.creates = [_pod(owner, None) for _ in range(wanted - len(active))]


def _backoff(failed: Sequence[Pod], now: float) -> float:
    """Seconds to wait before the next pod, after so many failures."""
    if not failed:
        return 0.0
    moved = [moments.read(c.last_transition_time) for pod in failed for c in pod.status.conditions]
    made = [moments.read(pod.metadata.creation_timestamp) for pod in failed]
    return max(moved + made) + min(BACKOFF_S * 2.0 ** (len(failed) - 1), LONGEST_BACKOFF_S) - now


def _succeeded(owner: Job, pods: Sequence[Pod]) -> int:
    done = [pod for pod in pods if pod.status.phase == "Succeeded"]
    return len({_index(pod) for pod in done}) if owner.spec.completion_mode == "Indexed" else len(done)


def _index(pod: Pod) -> int:
    found = pod.annotations.get(INDEX, "")
    return int(found) if found.isdigit() else -1


def _pod(owner: Job, index: int | None) -> Create:
    labels = {
        "batch.kubernetes.io/job-name": owner.name,
        "batch.kubernetes.io/controller-uid": owner.metadata.uid,
        "job-name": owner.name,
        "controller-uid": owner.metadata.uid,
    }
    if index is None:
        return templates.pod(KIND, owner, owner.spec.template, labels=labels)
    number = str(index)
    name = templates.generated(f"{owner.name}-{number}-")
    notes, spec = {INDEX: number}, {"hostname": f"{owner.name}-{number}"}
    return templates.pod(KIND, owner, owner.spec.template, name, labels | {INDEX: number}, notes, spec)


def _expire(owner: Job, now: float, plan: Plan) -> None:
    """Plans the end of a finished job whose time to live is over."""
    if owner.spec.ttl_seconds_after_finished is None:
        return
    moved = max(moments.read(entry.get("lastTransitionTime")) for entry in owner.status["conditions"])
    left = moved + owner.spec.ttl_seconds_after_finished - now
    if left > 0:
        plan.look_again(left)
    else:
        plan.writes.append(Delete(KIND, owner))


def _status(
    owner: Job, active: Sequence[Pod], succeeded: int, failed: int, ended: Document | None, now: float
) -> dict[str, Any]:
    goes_on = ended is None and not owner.spec.suspend
    report: dict[str, Any] = {
        "active": (len(active) or None) if goes_on else None,
        "ready": sum(pod.is_ready for pod in active) if goes_on else 0,
        "succeeded": succeeded or None,
        "failed": failed or None,
        "startTime": owner.status.get("startTime") or (None if owner.spec.suspend else moments.written(now)),
    }
    if ended is not None:
        report["conditions"] = [*(owner.status.get("conditions") or ()), ended]
        if ended["type"] == "Complete":
            report["completionTime"] = moments.written(now)
    return report
