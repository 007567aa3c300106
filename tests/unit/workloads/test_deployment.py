"""Deployments, held against https://kubernetes.io/docs/concepts/workloads/controllers/deployment/."""

from __future__ import annotations

from typing import Any

import pytest

from controller.api.meta import ObjectMeta
from testbed.workloads import deployment, templates
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
from testbed.workloads.plan import Patch

NOW = 1_700_000_000.0


def a_template(image: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "web", **labels}}, "spec": {"containers": [{"image": image}]}}


def a_deployment(replicas: int, **spec: Any) -> Deployment:
    selector = LabelSelector(match_labels={"app": "web"})
    asked = DeploymentSpec(replicas=replicas, selector=selector, template=a_template("new"), **spec)
    return Deployment(metadata=ObjectMeta(name="web", namespace="default", uid="d"), spec=asked)


def a_set(image: str, replicas: int, available: int, revision: int = 1) -> ReplicaSet:
    hashed = f"hash-of-{image}"
    meta = ObjectMeta(
        name=f"web-{image}",
        namespace="default",
        uid=image,
        creation_timestamp=f"2026-01-01T00:00:0{revision}Z",
        annotations={deployment.REVISION: str(revision)},
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
    assert first.creates[0].document["spec"]["replicas"] == 0
    assert scaled(deployment.rollout(owner, [a_set("old", 0, 0), a_set("new", 0, 0, 2)], NOW)) == {
        "web-new": 3
    }


def test_going_back_to_an_earlier_template_takes_its_replicaset_again_with_a_new_revision() -> None:
    plan = deployment.rollout(a_deployment(4), [a_set("new", 0, 0, 1), a_set("old", 4, 4, 2)], NOW)
    assert not plan.creates
    noted = {w.entry.name: w.patch for w in plan.writes if isinstance(w, Patch) and "metadata" in w.patch}
    assert noted["web-new"] == {"metadata": {"annotations": {deployment.REVISION: "3"}}}


def test_a_rollout_is_told_complete_when_all_replicas_are_new_and_available() -> None:
    report = deployment.status(a_deployment(2), a_set("new", 2, 2), [a_set("new", 2, 2)], NOW)
    assert [(entry["type"], entry["status"], entry["reason"]) for entry in report["conditions"]] == [
        ("Available", "True", "MinimumReplicasAvailable"),
        ("Progressing", "True", "NewReplicaSetAvailable"),
    ]


def test_no_progress_within_the_deadline_is_told() -> None:
    owner = a_deployment(2, progress_deadline_seconds=60)
    stuck = a_set("new", 2, 0)
    first = deployment.status(owner, stuck, [stuck], NOW)
    waiting = Deployment(metadata=owner.metadata, spec=owner.spec, status=first)
    last = deployment.status(waiting, stuck, [stuck], NOW + 61)["conditions"][1]
    assert (last["status"], last["reason"]) == ("False", "ProgressDeadlineExceeded")
