"""Deployments, held against https://kubernetes.io/docs/concepts/workloads/controllers/deployment/."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from controller.api.meta import ObjectMeta, OwnerReference
from controller.kubernetes import Change
from testbed.workloads import deployment, moments, rollout, templates
from testbed.workloads.amounts import surge_and_unavailable
from testbed.workloads.constraints import LabelSelector
from testbed.workloads.objects import (
    Deployment,
    DeploymentSpec,
    ReplicaSet,
    ReplicaSetSpec,
    RollingUpdate,
    Strategy,
)
from testbed.workloads.plan import Delete, Patch
from testbed.workloads.world import World
from tests.unit.workloads.pods import a_pod, reported

NOW = 1_700_000_000.0


def a_template(image: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "web", **labels}}, "spec": {"containers": [{"image": image}]}}


def a_deployment(replicas: int, **spec: Any) -> Deployment:
    selector = LabelSelector(match_labels={"app": "web"})
    asked = DeploymentSpec(replicas=replicas, selector=selector, template=a_template("new"), **spec)
    return Deployment(metadata=ObjectMeta(name="web", namespace="default", uid="d"), spec=asked)


def a_set(image: str, replicas: int, available: int, revision: int = 1, notes: Any = None) -> ReplicaSet:
    hashed = f"hash-of-{image}"
    meta = ObjectMeta(
        name=f"web-{image}",
        namespace="default",
        uid=image,
        creation_timestamp=f"2026-01-01T00:00:0{revision}Z",
        annotations={deployment.REVISION: str(revision), **(notes or {})},
    )
    template = a_template(image, **{templates.HASH_LABEL: hashed})
    counts = {"replicas": replicas, "readyReplicas": available, "availableReplicas": available}
    return ReplicaSet(metadata=meta, spec=ReplicaSetSpec(replicas=replicas, template=template), status=counts)


def scaled(plan: Any) -> dict[str, int]:
    writes = [write for write in plan.writes if isinstance(write, Patch)]
    return {w.entry.name: w.patch["spec"]["replicas"] for w in writes if "spec" in w.patch}


@pytest.mark.parametrize(
    ("surge", "unavailable", "replicas", "expected"),
    [(None, None, 10, (3, 2)), ("30%", "30%", 10, (3, 3)), (0, 1, 4, (0, 1)), ("0%", "0%", 5, (0, 1))],
)
def test_max_surge_is_rounded_up_and_max_unavailable_down_and_both_cannot_be_zero(
    surge: Any, unavailable: Any, replicas: int, expected: tuple[int, int]
) -> None:
    bounds = RollingUpdate(max_surge=surge, max_unavailable=unavailable)
    assert surge_and_unavailable(bounds, replicas) == expected


def test_a_replicaset_is_named_by_the_deployment_and_the_hash_which_is_a_label_of_its_pods() -> None:
    (create,) = deployment.rollout(a_deployment(3), [], NOW).creates
    meta, spec = create.document["metadata"], create.document["spec"]
    hashed = meta["labels"]["pod-template-hash"]
    assert meta["name"] == f"web-{hashed}"
    assert set(hashed) <= set(templates.ALPHABET)
    assert spec["selector"]["matchLabels"] == {"app": "web", "pod-template-hash": hashed}
    assert spec["template"]["metadata"]["labels"]["pod-template-hash"] == hashed
    assert spec["replicas"] == 3


def test_a_rollout_begins_with_as_many_new_pods_as_may_surge_and_ends_as_many_as_may_be_unavailable() -> None:
    plan = deployment.rollout(a_deployment(10), [a_set("old", 10, 10)], NOW)
    assert plan.creates[0].document["spec"]["replicas"] == 3
    assert scaled(plan) == {"web-old": 8}


def test_old_pods_do_not_go_before_new_ones_are_available() -> None:
    plan = deployment.rollout(a_deployment(10), [a_set("old", 8, 8), a_set("new", 5, 0, 2)], NOW)
    assert scaled(plan) == {}


def test_recreate_makes_new_pods_only_when_the_old_ones_are_gone() -> None:
    owner = a_deployment(3, strategy=Strategy(type="Recreate"))
    first = deployment.rollout(owner, [a_set("old", 3, 3)], NOW, pods_left=True)
    assert scaled(first) == {"web-old": 0}
    assert not first.creates
    assert not deployment.rollout(owner, [a_set("old", 0, 0)], NOW, pods_left=True).creates
    (create,) = deployment.rollout(owner, [a_set("old", 0, 0)], NOW).creates
    assert create.document["spec"]["replicas"] == 3


def test_pods_that_are_still_ending_hold_up_recreate() -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#recreate-deployment"""
    world = World()
    owner = a_deployment(1, strategy=Strategy(type="Recreate"))
    world.replicasets.wrote(owned(a_set("old", 0, 0), "Deployment", "d"))
    ending = owned(a_pod("web-old-1", "", going=True), "ReplicaSet", "old")
    world.pods.wrote(ending)
    assert not deployment.reconcile(world, owner, NOW).creates
    world.pods.saw(Change("DELETED", ending, None, 0))
    assert len(deployment.reconcile(world, owner, NOW).creates) == 1


def test_going_back_to_an_earlier_template_takes_its_replicaset_again_with_a_new_revision() -> None:
    plan = deployment.rollout(a_deployment(4), [a_set("new", 0, 0, 1), a_set("old", 4, 4, 2)], NOW)
    assert not plan.creates
    assert noted(plan)["web-new"][deployment.REVISION] == "3"
    assert noted(plan)["web-new"][deployment.HISTORY] == "1"


def test_only_so_many_revisions_are_kept_for_going_back() -> None:
    sets = [a_set(f"old{number}", 0, 0, number) for number in range(1, 5)]
    plan = deployment.rollout(a_deployment(2, revision_history_limit=1), [*sets, a_set("new", 2, 2, 5)], NOW)
    gone = [write.entry.name for write in plan.writes if isinstance(write, Delete)]
    assert gone == ["web-old1", "web-old2", "web-old3"]


def test_revisions_are_forgotten_only_when_an_update_is_complete() -> None:
    sets = [a_set("older", 0, 0, 1), a_set("old", 1, 1, 2), a_set("new", 1, 1, 3)]
    plan = deployment.rollout(a_deployment(2, revision_history_limit=0), sets, NOW)
    assert not [write for write in plan.writes if isinstance(write, Delete)]


def test_why_there_was_a_revision_is_noted_on_its_replicaset() -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#checking-rollout-history-of-a-deployment"""
    owner = a_deployment(1)
    owner.metadata.annotations["kubernetes.io/change-cause"] = "because"
    owner.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"] = "{}"
    (create,) = deployment.rollout(owner, [], NOW).creates
    assert create.document["metadata"]["annotations"] == {
        "kubernetes.io/change-cause": "because",
        deployment.REVISION: "1",
        rollout.DESIRED: "1",
        rollout.MOST: "2",
    }


def test_what_is_added_during_an_update_is_shared_in_proportion() -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#proportional-scaling (its example)"""
    bounds = RollingUpdate(max_surge=3, max_unavailable=2)
    owner = a_deployment(15, strategy=Strategy(rolling_update=bounds))
    was = {rollout.DESIRED: "10", rollout.MOST: "13"}
    plan = deployment.rollout(owner, [a_set("old", 8, 8, 1, was), a_set("new", 5, 0, 2, was)], NOW)
    assert scaled(plan) == {"web-old": 11, "web-new": 7}
    assert noted(plan)["web-old"] == {rollout.DESIRED: "15", rollout.MOST: "18"}


def test_what_is_taken_away_during_an_update_is_shared_in_proportion() -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#proportional-scaling"""
    owner = a_deployment(5, strategy=Strategy(rolling_update=RollingUpdate(max_surge=0, max_unavailable=1)))
    was = {rollout.DESIRED: "10", rollout.MOST: "10"}
    plan = deployment.rollout(owner, [a_set("old", 6, 6, 1, was), a_set("new", 4, 4, 2, was)], NOW)
    assert scaled(plan) == {"web-old": 3, "web-new": 2}


def test_paused_a_new_template_changes_nothing_and_a_new_size_does() -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pausing-and-resuming-a-deployment"""
    was = {rollout.DESIRED: "10", rollout.MOST: "13"}
    plan = deployment.rollout(a_deployment(10, paused=True), [a_set("old", 10, 10, notes=was)], NOW)
    assert (plan.creates, scaled(plan)) == ([], {})
    assert progressing(plan) == ("Unknown", "DeploymentPaused")
    bigger = deployment.rollout(a_deployment(12, paused=True), [a_set("old", 10, 10, notes=was)], NOW)
    assert (bigger.creates, scaled(bigger)) == ([], {"web-old": 12})


def test_a_rollout_is_told_complete_when_all_replicas_are_new_and_available() -> None:
    plan = deployment.rollout(told(a_deployment(2), "ReplicaSetUpdated"), [a_set("new", 2, 2)], NOW)
    assert [(entry["type"], entry["status"], entry["reason"]) for entry in conditions(plan)] == [
        ("Available", "True", "MinimumReplicasAvailable"),
        ("Progressing", "True", "NewReplicaSetAvailable"),
    ]


def test_a_complete_rollout_stays_complete_when_a_pod_stops_serving() -> None:
    owner = told(a_deployment(2), "NewReplicaSetAvailable")
    plan = deployment.rollout(owner, [a_set("new", 2, 1)], NOW + 10_000)
    assert progressing(plan) == ("True", "NewReplicaSetAvailable")
    assert plan.again_in is None


def test_no_progress_within_the_deadline_is_told_and_looked_for() -> None:
    owner = told(
        a_deployment(2, progress_deadline_seconds=60), "ReplicaSetUpdated", updatedReplicas=2, replicas=2
    )
    stuck = [a_set("new", 2, 0)]
    plan = deployment.rollout(owner, stuck, NOW + 60)
    assert progressing(plan) == ("True", "ReplicaSetUpdated")
    assert plan.again_in == 1.0
    assert progressing(deployment.rollout(owner, stuck, NOW + 61)) == ("False", "ProgressDeadlineExceeded")


def test_progress_begins_the_deadline_anew() -> None:
    owner = told(
        a_deployment(2, progress_deadline_seconds=60), "ReplicaSetUpdated", updatedReplicas=2, replicas=2
    )
    plan = deployment.rollout(owner, [a_set("new", 2, 1)], NOW + 59)
    assert progressing(plan) == ("True", "ReplicaSetUpdated")
    assert conditions(plan)[1]["lastUpdateTime"] == moments.written(NOW + 59)
    assert conditions(plan)[1]["lastTransitionTime"] == moments.written(NOW)


def owned(entry: Any, kind: str, uid: str) -> Any:
    owner = OwnerReference(kind=kind, name="any", uid=uid, controller=True)
    meta = msgspec.structs.replace(entry.metadata, owner_references=(owner,))
    return msgspec.structs.replace(entry, metadata=meta)


def told(owner: Deployment, reason: str, **counts: int) -> Deployment:
    moment = moments.written(NOW)
    known = {"type": "Progressing", "status": "True", "reason": reason, "message": "any"}
    known |= {"lastUpdateTime": moment, "lastTransitionTime": moment}
    return Deployment(metadata=owner.metadata, spec=owner.spec, status={"conditions": [known], **counts})


def noted(plan: Any) -> dict[str, dict[str, str]]:
    writes = [w for w in plan.writes if isinstance(w, Patch) and "metadata" in w.patch]
    return {w.entry.name: w.patch["metadata"]["annotations"] for w in writes}


def conditions(plan: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = reported(plan)["conditions"]
    return found


def progressing(plan: Any) -> tuple[str, str]:
    (found,) = (entry for entry in conditions(plan) if entry["type"] == "Progressing")
    return found["status"], found["reason"]
