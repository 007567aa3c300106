"""Jobs, held against https://kubernetes.io/docs/concepts/workloads/controllers/job/."""

from __future__ import annotations

from typing import Any

import pytest

from controller.api.meta import Condition, ObjectMeta
from testbed.workloads import indexes, job, moments
from testbed.workloads.objects import (
    ContainerState,
    ContainerStatus,
    Job,
    JobSpec,
    Pod,
    PodStatus,
    Terminated,
)
from testbed.workloads.plan import Delete, Patch, Plan

NOW = 1_700_000_000.0
STARTED = {"startTime": moments.written(NOW - 5)}


def a_job(status: dict[str, Any] | None = None, restart: str = "Never", **spec: Any) -> Job:
    template = {"spec": {"restartPolicy": restart, "containers": [{"name": "main", "image": "any"}]}}
    meta = ObjectMeta(name="sum", namespace="default", uid="j")
    return Job(metadata=meta, spec=JobSpec(template=template, **spec), status=status or STARTED)


def a_pod(name: str, phase: str, ago: float = 1000, index: int | None = None, **more: Any) -> Pod:
    moved = Condition(type="Ready", status="False", last_transition_time=moments.written(NOW - ago))
    notes = {} if index is None else {indexes.INDEX: str(index)}
    going = moments.written(NOW) if more.pop("going", False) else None
    meta = ObjectMeta(name=name, namespace="default", annotations=notes, deletion_timestamp=going)
    return Pod(metadata=meta, status=PodStatus(phase=phase, conditions=(moved,), **more))


def failed(count: int, ago: float = 1000) -> list[Pod]:
    return [a_pod(f"f{number}", "Failed", ago) for number in range(count)]


def reported(plan: Plan) -> dict[str, Any]:
    return {
        key: value
        for write in plan.writes
        if isinstance(write, Patch)
        for key, value in write.patch["status"].items()
    }


def conditions(plan: Plan) -> dict[str, tuple[str, str]]:
    said = reported(plan).get("conditions") or ()
    return {entry["type"]: (entry["status"], entry["reason"]) for entry in said}


def ended(plan: Plan) -> list[str]:
    return [write.entry.name for write in plan.writes if isinstance(write, Delete)]


def test_as_many_pods_run_at_once_as_parallelism_says_and_no_more_than_are_still_needed() -> None:
    owner = a_job(completions=5, parallelism=3)
    assert len(job.step(owner, [], NOW).creates) == 3
    pods = [a_pod(f"s{number}", "Succeeded") for number in range(3)] + [a_pod("r", "Running")]
    assert len(job.step(owner, pods, NOW).creates) == 1
    assert job.step(a_job(completions=5, parallelism=0), [], NOW).creates == []


def test_more_pods_than_parallelism_says_are_ended() -> None:
    pods = [a_pod(f"r{number}", "Running") for number in range(3)]
    assert len(ended(job.step(a_job(completions=5, parallelism=1), pods, NOW))) == 2


def test_a_work_queue_makes_no_more_pods_once_one_has_succeeded_and_is_complete_when_all_have_ended() -> None:
    owner = a_job(parallelism=3)
    plan = job.step(owner, [a_pod("s", "Succeeded"), a_pod("r", "Running")], NOW)
    assert (plan.creates, conditions(plan)) == ([], {})
    assert "Complete" in conditions(job.step(owner, [a_pod("s", "Succeeded")], NOW))


def test_a_job_says_that_its_criteria_are_met_and_then_that_it_is_complete() -> None:
    done = [a_pod(f"s{number}", "Succeeded") for number in range(2)]
    straggler = a_pod("r", "Running")
    plan = job.step(a_job(completions=2, parallelism=3), [*done, straggler], NOW)
    assert conditions(plan) == {"SuccessCriteriaMet": ("True", "CompletionsReached")}
    assert ended(plan) == ["r"]
    last = job.step(a_job({**STARTED, **reported(plan)}, completions=2), done, NOW + 3)
    assert conditions(last)["Complete"] == ("True", "CompletionsReached")
    assert reported(last)["completionTime"] == moments.written(NOW + 3)
    assert [(event.reason, event.message) for event in last.events] == [("Completed", "Job completed")]


@pytest.mark.parametrize(("failures", "delay"), [(1, 10), (2, 20), (3, 40), (6, 320), (7, 360), (20, 360)])
def test_failed_pods_are_followed_by_others_after_10_20_40_seconds_and_at_most_6_minutes(
    failures: int, delay: float
) -> None:
    owner = a_job(completions=1, backoff_limit=100)
    early = job.step(owner, failed(failures, ago=delay - 1), NOW)
    assert (early.creates, early.again_in) == ([], 1.0)
    assert len(job.step(owner, failed(failures, ago=delay), NOW).creates) == 1


def test_a_success_ends_the_back_off() -> None:
    pods = [*failed(5, ago=30), a_pod("s", "Succeeded", ago=2)]
    assert len(job.step(a_job(completions=2, backoff_limit=9), pods, NOW).creates) == 1


def test_more_failures_than_the_limit_fail_the_job_and_end_its_pods() -> None:
    owner = a_job(completions=3, parallelism=3, backoff_limit=2)
    assert conditions(job.step(owner, failed(2), NOW)) == {}
    plan = job.step(owner, [*failed(3), a_pod("r", "Running")], NOW)
    assert conditions(plan) == {"FailureTarget": ("True", "BackoffLimitExceeded")}
    assert ended(plan) == ["r"]
    last = job.step(a_job({**STARTED, **reported(plan)}), failed(3), NOW)
    assert conditions(last)["Failed"] == ("True", "BackoffLimitExceeded")
    assert "completionTime" not in reported(last)


def test_with_on_failure_restarts_in_the_pod_count_towards_the_limit() -> None:
    pods = [a_pod("r", "Running", container_statuses=(ContainerStatus(restart_count=2),))]
    assert conditions(job.step(a_job(restart="OnFailure", completions=1, backoff_limit=3), pods, NOW)) == {}
    plan = job.step(a_job(restart="OnFailure", completions=1, backoff_limit=2), pods, NOW)
    assert conditions(plan)["FailureTarget"] == ("True", "BackoffLimitExceeded")


def test_a_job_that_is_active_for_longer_than_its_deadline_fails_whatever_the_back_off() -> None:
    owner = a_job(completions=1, active_deadline_seconds=6)
    running = [a_pod("r", "Running")]
    assert job.step(owner, running, NOW).again_in == 1.0
    plan = job.step(owner, running, NOW + 1)
    assert conditions(plan) == {"FailureTarget": ("True", "DeadlineExceeded")}
    assert ended(plan) == ["r"]


def test_a_finished_job_goes_when_its_time_to_live_is_over() -> None:
    ended_at = moments.written(NOW - 99)
    complete = {"type": "Complete", "status": "True", "lastTransitionTime": ended_at}
    status = {**STARTED, "conditions": [complete]}
    plan = job.step(a_job(status, ttl_seconds_after_finished=100), [], NOW)
    assert (ended(plan), plan.again_in) == ([], 1.0)
    assert ended(job.step(a_job(status, ttl_seconds_after_finished=100), [], NOW + 1)) == ["sum"]
    assert ended(job.step(a_job(status), [], NOW + 1_000_000)) == []


def test_suspended_it_has_no_pods_and_no_start_and_resumed_it_starts_anew() -> None:
    plan = job.step(a_job(completions=1, suspend=True), [a_pod("r", "Running")], NOW)
    assert ended(plan) == ["r"]
    assert conditions(plan) == {"Suspended": ("True", "JobSuspended")}
    assert reported(plan)["startTime"] is None
    again = job.step(a_job({"conditions": reported(plan)["conditions"]}, completions=1), [], NOW + 60)
    assert conditions(again) == {"Suspended": ("False", "JobResumed")}
    assert reported(again)["startTime"] == moments.written(NOW + 60)
    assert len(again.creates) == 1


def test_an_indexed_job_makes_one_pod_an_index_which_its_name_label_host_and_environment_tell() -> None:
    owner = a_job(completions=4, parallelism=2, completion_mode="Indexed")
    pods = [a_pod("a", "Succeeded", index=0), a_pod("b", "Running", index=1)]
    (create,) = job.step(owner, pods, NOW).creates
    meta, spec = create.document["metadata"], create.document["spec"]
    assert meta["name"].startswith("sum-2-")
    assert meta["labels"][indexes.INDEX] == meta["annotations"][indexes.INDEX] == "2"
    assert spec["hostname"] == "sum-2"
    (variable,) = spec["containers"][0]["env"]
    assert variable["name"] == "JOB_COMPLETION_INDEX"


def test_an_indexed_job_is_complete_when_each_index_has_succeeded_once() -> None:
    owner = a_job(completions=2, parallelism=2, completion_mode="Indexed")
    twice = [a_pod("a", "Succeeded", index=0), a_pod("b", "Succeeded", index=0)]
    plan = job.step(owner, twice, NOW)
    assert reported(plan)["completedIndexes"] == "0"
    assert len(plan.creates) == 1
    assert "Complete" in conditions(job.step(owner, [*twice, a_pod("c", "Succeeded", index=1)], NOW))


def test_indexes_are_written_as_spans() -> None:
    assert indexes.written({5, 0, 3, 4, 7}) == "0,3-5,7"


def test_what_has_been_counted_stays_counted_when_its_pods_are_gone() -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-tracking-with-finalizers"""
    status = {**STARTED, "completedIndexes": "0,2-3", "succeeded": 3}
    plan = job.step(a_job(status, completions=4, parallelism=4, completion_mode="Indexed"), [], NOW)
    assert [create.document["spec"]["hostname"] for create in plan.creates] == ["sum-1"]
    assert (
        len(job.step(a_job({**STARTED, "succeeded": 3}, completions=4, parallelism=4), [], NOW).creates) == 1
    )
    failed_before = a_job({**STARTED, "failed": 7}, completions=4)
    assert conditions(job.step(failed_before, [], NOW))["Failed"] == ("True", "BackoffLimitExceeded")


def test_with_a_limit_an_index_one_index_that_fails_does_not_end_the_others() -> None:
    owner = a_job(
        completions=2, parallelism=2, completion_mode="Indexed", backoff_limit=99, backoff_limit_per_index=1
    )
    ill = [a_pod("a", "Failed", index=0), a_pod("b", "Failed", index=0)]
    plan = job.step(owner, ill, NOW)
    assert reported(plan)["failedIndexes"] == "0"
    assert [create.document["spec"]["hostname"] for create in plan.creates] == ["sum-1"]
    last = job.step(owner, [*ill, a_pod("c", "Succeeded", index=1)], NOW)
    assert conditions(last)["Failed"] == ("True", "FailedIndexes")


def test_a_pod_that_is_going_is_replaced_at_once_unless_replacement_waits_for_its_end() -> None:
    going = [a_pod("g", "Running", going=True)]
    assert len(job.step(a_job(completions=1), going, NOW).creates) == 1
    assert job.step(a_job(completions=1, pod_replacement_policy="Failed"), going, NOW).creates == []


def exited(code: int) -> Pod:
    state = ContainerState(terminated=Terminated(exit_code=code))
    return a_pod("x", "Failed", container_statuses=(ContainerStatus(name="main", state=state),))


def test_a_pod_failure_policy_ends_the_job_by_exit_code_and_ignores_disruptions() -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy"""
    rules = [
        {"action": "FailJob", "onExitCodes": {"containerName": "main", "operator": "In", "values": [42]}},
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
    ]
    owner = a_job(completions=1, backoff_limit=0, pod_failure_policy={"rules": rules})
    plan = job.step(owner, [exited(42)], NOW)
    assert conditions(plan)["Failed"] == ("True", "PodFailurePolicy")
    (event,) = plan.events
    assert event.message == (
        "Container main for pod default/x failed with exit code 42 matching FailJob rule at index 0"
    )
    disrupted = Pod(
        metadata=ObjectMeta(name="d", namespace="default"),
        status=PodStatus(phase="Failed", conditions=(Condition(type="DisruptionTarget", status="True"),)),
    )
    after = job.step(owner, [disrupted], NOW)
    assert (len(after.creates), conditions(after)) == (1, {})
    assert conditions(job.step(owner, [exited(1)], NOW))["Failed"] == ("True", "BackoffLimitExceeded")
