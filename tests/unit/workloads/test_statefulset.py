"""StatefulSets, held against https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from controller.api.meta import ObjectMeta
from testbed.workloads import statefulset
from testbed.workloads.objects import (
    Ordinals,
    Pod,
    RollingUpdate,
    StatefulSet,
    StatefulSetSpec,
    Strategy,
)
from testbed.workloads.plan import Plan
from tests.unit.workloads.pods import NOW, a_pod, a_revision, a_template, ended, made, reported

OLD, NEW = "web-old", "web-new"
KNOWN = (a_revision(OLD, "old", 1), a_revision(NEW, "new", 2))


def step(pods: Sequence[Pod], replicas: int = 3, current: str = OLD, **spec: Any) -> Plan:
    meta = ObjectMeta(name="web", namespace="default", uid="s")
    asked = StatefulSetSpec(replicas=replicas, template=a_template("new"), **spec)
    counted = sum(pod.metadata.labels["controller-revision-hash"] == current for pod in pods)
    status = {"currentRevision": current, "currentReplicas": counted}
    owner = StatefulSet(metadata=meta, spec=asked, status=status)
    return statefulset.step(owner, pods, KNOWN, NOW)


def web(*numbers: int, revision: str = NEW, **more: Any) -> list[Pod]:
    return [a_pod(f"web-{number}", revision, **more) for number in numbers]


def test_pods_are_made_in_order_each_when_the_one_before_is_ready() -> None:
    assert made(step([])) == ["web-0"]
    assert made(step(web(0, ready=False))) == []
    assert made(step(web(0))) == ["web-1"]


def test_in_parallel_all_are_made_and_ended_at_once() -> None:
    assert made(step(web(1), pod_management_policy="Parallel")) == ["web-0", "web-2"]
    assert ended(step(web(0, 1, 2), replicas=1, pod_management_policy="Parallel")) == ["web-2", "web-1"]


def test_pods_are_ended_from_the_highest_each_when_the_one_above_is_gone() -> None:
    assert ended(step(web(0, 1, 2), replicas=1)) == ["web-2"]
    assert ended(step([*web(0, 1), *web(2, going=True)], replicas=1)) == []
    assert ended(step(web(0, 1), replicas=1)) == ["web-1"]


def test_no_pod_is_ended_while_one_that_stays_is_not_ready() -> None:
    assert ended(step([*web(0, ready=False), *web(1, 2)], replicas=1)) == []


def test_a_pod_that_comes_again_has_the_name_it_had() -> None:
    assert made(step(web(0, 2))) == ["web-1"]


def test_the_first_number_can_be_chosen() -> None:
    assert made(step(web(5), replicas=2, ordinals=Ordinals(start=5))) == ["web-6"]


def test_a_pod_is_available_only_when_it_has_been_ready_for_long_enough() -> None:
    plan = step(web(0, since=7), min_ready_seconds=10)
    assert (made(plan), plan.again_in) == ([], 3.0)
    assert reported(plan)["availableReplicas"] == 0
    assert made(step(web(0, since=10), min_ready_seconds=10)) == ["web-1"]


def test_a_rolling_update_goes_from_the_highest_to_the_lowest_and_waits_for_each() -> None:
    assert ended(step(web(0, 1, 2, revision=OLD))) == ["web-2"]
    assert ended(step([*web(0, 1, revision=OLD), *web(2, ready=False)])) == []
    assert ended(step([*web(0, 1, revision=OLD), *web(2)])) == ["web-1"]


@pytest.mark.parametrize("start", [0, 5])
def test_only_pods_from_the_partition_on_are_updated(start: int) -> None:
    strategy = Strategy(rolling_update=RollingUpdate(partition=2))
    pods = [*web(start, start + 1, revision=OLD), *web(start + 2)]
    done = step(pods, update_strategy=strategy, ordinals=Ordinals(start=start))
    assert ended(done) == []
    assert reported(done)["updatedReplicas"] == 1


def test_a_pod_below_the_partition_comes_again_as_it_was() -> None:
    strategy = Strategy(rolling_update=RollingUpdate(partition=2))
    plan = step([*web(0, revision=OLD), *web(2)], update_strategy=strategy)
    (create,) = plan.creates
    assert create.document["metadata"]["labels"]["controller-revision-hash"] == OLD
    assert create.document["spec"]["containers"] == [{"image": "old"}]
    assert "$patch" not in create.document


def test_a_pod_from_the_partition_on_comes_again_of_the_new_template_whatever_the_status_counts() -> None:
    """The status may be of before the pod was ended: what it counts must not bring the old template back."""
    plan = step([*web(1, revision=OLD), *web(2)], pod_management_policy="Parallel")
    assert made(plan) == ["web-0"]
    assert plan.creates[0].document["metadata"]["labels"]["controller-revision-hash"] == NEW


def test_with_on_delete_pods_are_of_the_new_template_only_when_somebody_ended_them() -> None:
    strategy = Strategy(type="OnDelete")
    assert ended(step(web(0, 1, 2, revision=OLD), update_strategy=strategy)) == []
    (create,) = step(web(0, 1, revision=OLD), update_strategy=strategy).creates
    assert create.document["spec"]["containers"] == [{"image": "new"}]


def test_the_new_revision_is_the_current_one_when_all_pods_are_of_it_and_ready() -> None:
    assert reported(step(web(0, 1, 2)))["currentRevision"] == NEW
    assert "currentRevision" not in reported(step([*web(0, revision=OLD), *web(1, 2)]))


def test_each_pod_bears_its_name_and_its_number() -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-name-label"""
    (create,) = step(web(0), service_name="front").creates
    labels, spec = create.document["metadata"]["labels"], create.document["spec"]
    assert labels["statefulset.kubernetes.io/pod-name"] == "web-1"
    assert labels["apps.kubernetes.io/pod-index"] == "1"
    assert (spec["hostname"], spec["subdomain"]) == ("web-1", "front")
