"""CronJob: makes a job whenever its schedule is due, and forgets the oldest that have ended.

Which run was the last is read from the jobs themselves as much as from the status, so that a run whose job was made
just before a crash is not made again, and one whose job was not made is not lost.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from testbed.workloads import moments, schedule, templates
from testbed.workloads.objects import CRONJOBS, JOBS, CronJob, Document, Job
from testbed.workloads.plan import Create, Delete, Plan, Tell, status_patch
from testbed.workloads.world import World

KIND = CRONJOBS
SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"
"""Annotation of a job: the moment that it is for. What people make of the template by hand does not have it."""


def reconcile(world: World, owner: CronJob, now: float) -> Plan:
    """What a CronJob needs now."""
    return step(owner, tuple(world.jobs.owned(owner.metadata.uid)), now)


def step(owner: CronJob, jobs: Sequence[Job], now: float) -> Plan:
    """The job that is due, those to end and to forget, and the status."""
    plan = Plan()
    if owner.is_being_deleted:
        return plan
    ours = {
        job.name: moments.read(job.annotations[SCHEDULED]) for job in jobs if SCHEDULED in job.annotations
    }
    running = [job for job in jobs if job.name in ours and not job.finish]
    last = max([moments.read(owner.status.get("lastScheduleTime")), *ours.values()])
    _forget(owner, jobs, plan)
    _tell_ended(owner, jobs, plan)
    if not owner.spec.suspend:
        _start(owner, jobs, running, last, now, plan)
    plan.writes += status_patch(KIND, owner, _status(owner, jobs, running, last))
    return plan


def _start(
    owner: CronJob, jobs: Sequence[Job], running: Sequence[Job], last: float, now: float, plan: Plan
) -> None:
    """Plans the run that is due, if one is, and the next look."""
    spec = owner.spec
    try:
        zone = schedule.zone(spec.time_zone)
        due = schedule.following(spec.schedule, zone)
    except schedule.UnknownSchedule as error:
        reason = "UnknownTimeZone" if "time zone" in str(error) else "UnparseableSchedule"
        plan.events.append(Tell("Warning", reason, str(error)))
        return
    since = last or moments.read(owner.metadata.creation_timestamp)
    if spec.starting_deadline_seconds is not None:
        since = max(since, now - spec.starting_deadline_seconds)
    moment, missed = schedule.latest(due, since, now)
    following = due(since if moment is None else moment)
    if following != schedule.NEVER:
        plan.look_again(max(following - now, 0.0))
    if moment is None:
        return
    if missed > schedule.MANY_MISSED:
        text = (
            "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
        )
        plan.events.append(Tell("Warning", "TooManyMissedTimes", text))
    if any(job.name == _name(owner, moment) for job in jobs):
        return
    if spec.concurrency_policy == "Forbid" and running:
        text = "Not starting job because prior execution is running and concurrency policy is Forbid"
        plan.events.append(Tell("Normal", "JobAlreadyActive", text))
        return
    if spec.concurrency_policy == "Replace":
        for job in running:
            plan.writes.append(Delete(JOBS, job))
            plan.events.append(Tell("Normal", "SuccessfulDelete", f"Deleted job {job.name}"))
    plan.creates.append(_job(owner, moment, datetime.fromtimestamp(moment, zone)))


def _name(owner: CronJob, moment: float) -> str:
    """A job's name ends with the minutes since 1970 of the moment that it is for: asked for twice, it is made once."""
    return f"{owner.name}-{int(moment) // 60}"


def _job(owner: CronJob, moment: float, local: datetime) -> Create:
    template = owner.spec.job_template
    given = template.get("metadata") or {}
    meta: Document = {
        "name": _name(owner, moment),
        "namespace": owner.namespace,
        "labels": dict(given.get("labels") or {}),
        "annotations": {**(given.get("annotations") or {}), SCHEDULED: _written(local)},
        "ownerReferences": templates.owned_by(KIND, owner),
    }
    return Create(JOBS, {"metadata": meta, "spec": template.get("spec") or {}})


def _written(local: datetime) -> str:
    text = local.isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def _forget(owner: CronJob, jobs: Sequence[Job], plan: Plan) -> None:
    """Plans to remove the oldest ended jobs beyond the limits of the history."""
    limits = {
        "Complete": owner.spec.successful_jobs_history_limit,
        "Failed": owner.spec.failed_jobs_history_limit,
    }
    for finish, limit in limits.items():
        ended = sorted((job for job in jobs if job.finish == finish and not job.is_being_deleted), key=_begun)
        plan.writes += [Delete(JOBS, job) for job in ended[: max(len(ended) - limit, 0)]]


def _begun(job: Job) -> tuple[str, str]:
    return str(job.status.get("startTime") or ""), job.name


def _tell_ended(owner: CronJob, jobs: Sequence[Job], plan: Plan) -> None:
    known = {entry["uid"]: entry["name"] for entry in owner.status.get("active") or ()}
    for job in jobs:
        if known.pop(job.metadata.uid, None) and job.finish:
            text = f"Saw completed job: {job.name}, condition: {job.finish}"
            plan.events.append(Tell("Normal", "SawCompletedJob", text))
    for name in known.values():
        plan.events.append(Tell("Normal", "MissingJob", f"Active job went missing: {name}"))


def _status(owner: CronJob, jobs: Sequence[Job], running: Sequence[Job], last: float) -> dict[str, Any]:
    ended = [str(job.status.get("completionTime")) for job in jobs if job.finish == "Complete"]
    known = owner.status.get("lastSuccessfulTime")
    active = [
        {
            "apiVersion": JOBS.api_version,
            "kind": JOBS.name,
            "name": job.name,
            "namespace": job.namespace,
            "uid": job.metadata.uid,
        }
        for job in sorted(running, key=lambda job: job.name)
    ]
    return {
        "active": active or None,
        "lastScheduleTime": moments.written(last) if last else None,
        "lastSuccessfulTime": max([*ended, *([known] if known else [])], default=None),
    }
