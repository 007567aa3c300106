"""How a job ends: enough pods have succeeded, too many have failed, one failed for good, or its time is over.

Sources: https://kubernetes.io/docs/concepts/workloads/controllers/job/#handling-pod-and-container-failures and
.../job/#job-termination-and-cleanup
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from testbed.workloads import failure_policy, indexes, moments
from testbed.workloads.objects import Job, Pod
from testbed.workloads.plan import Plan

BACKOFF_S, LONGEST_BACKOFF_S = 10, 360
"""Seconds before a failed pod is followed by another: 10, 20, 40 ... up to six minutes."""


@dataclass(frozen=True, slots=True)
class Tally:
    """A job's pods by how they are. What a failure policy ignores is not among the failures.

    What the status counted already stays counted when its pods are gone.
    """

    active: list[Pod]
    terminating: list[Pod]
    successes: list[Pod]
    failures: list[Pod]
    succeeded: int
    failed: int
    done_indexes: set[int]
    failed_indexes: set[int]
    given_up: str
    """Why the failure policy ends the job; empty if it does not."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ends: ``finish`` is Complete or Failed, ``interim`` what it says while its pods still run."""

    interim: str
    finish: str
    reason: str
    message: str


def tally(owner: Job, pods: Sequence[Pod]) -> Tally:
    """Counts a job's pods."""
    successes = [pod for pod in pods if pod.status.phase == "Succeeded"]
    verdicts = [
        (pod, failure_policy.judge(owner.spec.pod_failure_policy, pod))
        for pod in pods
        if pod.status.phase == "Failed"
    ]
    failures = [pod for pod, verdict in verdicts if verdict.action != "Ignore"]
    done = {number for pod in successes if (number := indexes.of(pod)) >= 0}
    bound = owner.spec.completions or 0
    done |= indexes.read(owner.status.get("completedIndexes") or "", bound)
    failed = indexes.read(owner.status.get("failedIndexes") or "", bound)
    limit = owner.spec.backoff_limit_per_index
    if limit is not None:
        times = Counter(indexes.of(pod) for pod in failures)
        failed |= {number for number, count in times.items() if count > limit}
        failed |= {indexes.of(pod) for pod, verdict in verdicts if verdict.action == "FailIndex"}
    is_indexed = owner.spec.completion_mode == "Indexed"
    return Tally(
        active=[pod for pod in pods if pod.is_active],
        terminating=[pod for pod in pods if pod.is_being_deleted and not pod.is_finished],
        successes=successes,
        failures=failures,
        succeeded=len(done) if is_indexed else max(len(successes), owner.status.get("succeeded") or 0),
        failed=max(len(failures), owner.status.get("failed") or 0),
        done_indexes=done,
        failed_indexes=failed - done,
        given_up=next((verdict.message for _, verdict in verdicts if verdict.action == "FailJob"), ""),
    )


def ending(owner: Job, found: Tally, now: float, plan: Plan) -> Ending | None:
    """How the job ends, if it has come to that; once said, it stays."""
    for entry in owner.status.get("conditions") or ():
        for interim, finish in (("FailureTarget", "Failed"), ("SuccessCriteriaMet", "Complete")):
            if entry["type"] == interim and entry["status"] == "True":
                return Ending(interim, finish, entry.get("reason", ""), entry.get("message", ""))
    return _failure(owner, found, now, plan) or _success(owner, found)


def _failure(owner: Job, found: Tally, now: float, plan: Plan) -> Ending | None:
    spec = owner.spec
    if found.given_up:
        return _failed("PodFailurePolicy", found.given_up)
    if found.failed > spec.backoff_limit or _restarted_too_often(owner, found.active):
        return _failed("BackoffLimitExceeded", "Job has reached the specified backoff limit")
    if spec.max_failed_indexes is not None and len(found.failed_indexes) > spec.max_failed_indexes:
        text = "Job has exceeded the specified maximal number of failed indexes"
        return _failed("MaxFailedIndexesExceeded", text)
    if found.failed_indexes and len(found.failed_indexes | found.done_indexes) >= (spec.completions or 0):
        return _failed("FailedIndexes", "Job has failed indexes")
    started = owner.status.get("startTime")
    if spec.active_deadline_seconds is not None and started and not spec.suspend:
        left = moments.read(started) + spec.active_deadline_seconds - now
        if left <= 0:
            return _failed("DeadlineExceeded", "Job was active longer than specified deadline")
        plan.look_again(left)
    return None


def _success(owner: Job, found: Tally) -> Ending | None:
    goal = owner.spec.completions
    is_enough = found.succeeded >= goal if goal is not None else found.succeeded > 0 and not found.active
    if not is_enough or (goal is None and found.terminating):
        return None
    text = "Reached expected number of succeeded pods"
    return Ending("SuccessCriteriaMet", "Complete", "CompletionsReached", text)


def _failed(reason: str, message: str) -> Ending:
    return Ending("FailureTarget", "Failed", reason, message)


def _restarted_too_often(owner: Job, active: Sequence[Pod]) -> bool:
    """Whether containers that are started anew in their pods (OnFailure) have used up the limit."""
    if (owner.spec.template.get("spec") or {}).get("restartPolicy") != "OnFailure":
        return False
    restarts = sum(status.restart_count for pod in active for status in pod.status.container_statuses)
    return restarts > 0 and restarts >= owner.spec.backoff_limit


def back_off(failures: Sequence[Pod], successes: Sequence[Pod], now: float) -> float:
    """Seconds to wait before the next pod, after so many failures since the last success; 0 or less for none."""
    well = max((_ended_at(pod) for pod in successes), default=0.0)
    since = [moment for pod in failures if (moment := _ended_at(pod)) > well]
    if not since:
        return 0.0
    return max(since) + min(BACKOFF_S * 2.0 ** (len(since) - 1), LONGEST_BACKOFF_S) - now


def _ended_at(pod: Pod) -> float:
    moved = [moments.read(entry.last_transition_time) for entry in pod.status.conditions]
    return max([*moved, moments.read(pod.metadata.creation_timestamp)])
