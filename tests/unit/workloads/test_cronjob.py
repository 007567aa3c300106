"""Cron jobs, held against https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/.

No test waits: the rules are told what time it is.
"""

from __future__ import annotations

from typing import Any

import pytest

from controller.api.meta import ObjectMeta
from testbed.workloads import cronjob, moments, schedule
from testbed.workloads.objects import CronJob, CronJobSpec, Job
from testbed.workloads.plan import Delete, Patch, Plan

MADE = "2026-03-02T08:00:00Z"
JUST_BEFORE, DUE = moments.read("2026-03-02T08:14:59Z"), moments.read("2026-03-02T08:15:00Z")
TEMPLATE = {
    "metadata": {"labels": {"app": "report"}, "annotations": {"note": "yes"}},
    "spec": {"template": {"spec": {"containers": [{"name": "main", "image": "any"}]}}},
}


def a_cron_job(status: dict[str, Any] | None = None, **spec: Any) -> CronJob:
    meta = ObjectMeta(name="report", namespace="default", uid="c", creation_timestamp=MADE)
    asked = CronJobSpec(**{"schedule": "*/15 * * * *", "job_template": TEMPLATE} | spec)
    return CronJob(metadata=meta, spec=asked, status=status or {})


def a_job(moment: float, finish: str = "", *, by_hand: bool = False) -> Job:
    name = f"report-{int(moment) // 60}"
    notes = {} if by_hand else {cronjob.SCHEDULED: moments.written(moment)}
    status: dict[str, Any] = {"startTime": moments.written(moment)}
    if finish:
        status["conditions"] = [{"type": finish, "status": "True"}]
    if finish == "Complete":
        status["completionTime"] = moments.written(moment + 30)
    return Job(
        metadata=ObjectMeta(name=name, namespace="default", uid=f"uid-of-{name}", annotations=notes),
        status=status,
    )


def made(plan: Plan) -> list[str]:
    return [create.document["metadata"]["name"] for create in plan.creates]


def ended(plan: Plan) -> list[str]:
    return [write.entry.name for write in plan.writes if isinstance(write, Delete)]


def reported(plan: Plan) -> dict[str, Any]:
    return {
        key: value
        for write in plan.writes
        if isinstance(write, Patch)
        for key, value in write.patch["status"].items()
    }


def test_nothing_is_made_before_the_schedule_is_due_and_the_moment_is_known() -> None:
    plan = cronjob.step(a_cron_job(), [], JUST_BEFORE)
    assert made(plan) == []
    assert plan.again_in == 1.0


def test_a_job_is_named_by_the_minutes_since_1970_and_belongs_to_the_cron_job() -> None:
    plan = cronjob.step(a_cron_job(), [], DUE)
    (create,) = plan.creates
    meta = create.document["metadata"]
    assert meta["name"] == f"report-{int(DUE) // 60}"
    (owner,) = meta["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("CronJob", "c", True)
    assert meta["labels"] == {"app": "report"}
    assert meta["annotations"] == {
        "note": "yes",
        "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-03-02T08:15:00Z",
    }
    assert create.document["spec"] == TEMPLATE["spec"]
    assert plan.again_in == 900.0


def test_a_run_whose_job_is_there_is_not_started_again_and_is_told_as_the_last() -> None:
    plan = cronjob.step(a_cron_job(), [a_job(DUE)], DUE + 5)
    assert made(plan) == []
    report = reported(plan)
    assert report["lastScheduleTime"] == "2026-03-02T08:15:00Z"
    assert [entry["name"] for entry in report["active"]] == [f"report-{int(DUE) // 60}"]


def test_a_run_is_told_as_the_last_only_once_its_job_is_there() -> None:
    assert "lastScheduleTime" not in reported(cronjob.step(a_cron_job(), [], DUE))


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Berlin", "2026-03-02T07:00:00Z"),
        ("Asia/Tokyo", "2026-03-01T23:00:00Z"),
        (None, "2026-03-02T08:00:00Z"),
    ],
)
def test_a_schedule_is_meant_in_its_time_zone(zone: str | None, expected: str) -> None:
    due = schedule.following("0 8 * * *", schedule.zone(zone))
    assert moments.written(due(moments.read("2026-03-01T12:00:00Z"))) == expected


def test_the_clock_change_is_the_time_zones() -> None:
    due = schedule.following("30 12 * * *", schedule.zone("Europe/Berlin"))
    saturday = moments.read("2026-03-28T10:00:00Z")
    assert moments.written(due(saturday)) == "2026-03-28T11:30:00Z"
    assert moments.written(due(due(saturday))) == "2026-03-29T10:30:00Z"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 0 13 * 5", "2026-03-06T00:00:00Z"),
        ("@hourly", "2026-03-02T09:00:00Z"),
        ("@monthly", "2026-04-01T00:00:00Z"),
        ("*/20 9-17 * * mon-fri", "2026-03-02T09:00:00Z"),
        ("@every 1h30m", "2026-03-02T10:00:00Z"),
    ],
)
def test_schedules_of_every_form(text: str, expected: str) -> None:
    due = schedule.following(text, schedule.zone(None))
    assert moments.written(due(moments.read("2026-03-02T08:30:00Z"))) == expected


def test_what_is_never_due_is_never_looked_at() -> None:
    plan = cronjob.step(a_cron_job(schedule="0 0 31 2 *"), [], DUE)
    assert (made(plan), plan.again_in) == ([], None)


def test_runs_may_overlap_unless_it_is_said_otherwise() -> None:
    assert len(made(cronjob.step(a_cron_job(), [a_job(DUE)], DUE + 900))) == 1


def test_forbid_skips_a_run_while_the_last_one_goes_on_and_starts_it_when_that_has_ended() -> None:
    owner = a_cron_job(concurrency_policy="Forbid")
    plan = cronjob.step(owner, [a_job(DUE)], DUE + 900)
    assert made(plan) == []
    assert [event.reason for event in plan.events] == ["JobAlreadyActive"]
    assert len(made(cronjob.step(owner, [a_job(DUE, "Complete")], DUE + 1000))) == 1


def test_replace_ends_what_goes_on_and_starts_anew() -> None:
    plan = cronjob.step(a_cron_job(concurrency_policy="Replace"), [a_job(DUE)], DUE + 900)
    assert ended(plan) == [f"report-{int(DUE) // 60}"]
    assert made(plan) == [f"report-{int(DUE + 900) // 60}"]


def test_what_people_made_by_hand_from_the_template_is_no_run_of_the_schedule() -> None:
    owner = a_cron_job(concurrency_policy="Forbid")
    plan = cronjob.step(owner, [a_job(DUE - 60, by_hand=True)], DUE)
    assert made(plan) == [f"report-{int(DUE) // 60}"]
    assert "active" not in reported(plan)


def test_suspended_it_starts_nothing_and_catches_up_on_the_last_run_afterwards() -> None:
    assert made(cronjob.step(a_cron_job(suspend=True), [], DUE)) == []
    later = cronjob.step(a_cron_job(), [], DUE + 3 * 900 + 60)
    assert made(later) == [f"report-{int(DUE + 3 * 900) // 60}"]


def test_a_run_that_missed_its_starting_deadline_is_not_started() -> None:
    owner = a_cron_job(starting_deadline_seconds=200)
    assert made(cronjob.step(owner, [], DUE + 199)) == [f"report-{int(DUE) // 60}"]
    plan = cronjob.step(owner, [], DUE + 201)
    assert made(plan) == []
    assert plan.again_in == 699.0


def test_more_than_a_hundred_missed_runs_are_complained_of() -> None:
    plan = cronjob.step(a_cron_job(), [], DUE + 200 * 900 + 7)
    assert [event.reason for event in plan.events] == ["TooManyMissedTimes"]
    assert made(plan) == [f"report-{int(DUE + 200 * 900) // 60}"]


def test_the_oldest_jobs_beyond_the_limits_of_the_history_go() -> None:
    well = [a_job(DUE + 900 * number, "Complete") for number in range(5)]
    ill = [a_job(DUE + 900 * number, "Failed") for number in range(5, 8)]
    running = a_job(DUE - 900)
    plan = cronjob.step(a_cron_job(suspend=True), [*ill, running, *well], DUE + 9000)
    assert ended(plan) == [job.name for job in [*well[:2], *ill[:2]]]
    assert reported(plan)["lastSuccessfulTime"] == moments.written(DUE + 900 * 4 + 30)


def test_a_run_that_ended_is_told_and_no_longer_active() -> None:
    job = a_job(DUE, "Complete")
    before = {"active": [{"name": job.name, "uid": job.metadata.uid}]}
    plan = cronjob.step(a_cron_job(before), [job], DUE + 60)
    assert [(event.reason, event.message) for event in plan.events] == [
        ("SawCompletedJob", f"Saw completed job: {job.name}, condition: Complete")
    ]
    assert reported(plan)["active"] is None


def test_a_time_zone_that_does_not_exist_is_told() -> None:
    plan = cronjob.step(a_cron_job(time_zone="Mars/Olympus"), [], DUE)
    assert [(event.type, event.reason) for event in plan.events] == [("Warning", "UnknownTimeZone")]
    assert made(plan) == []
