"""Pods and revisions as the rules of workloads meet them."""

from __future__ import annotations

from typing import Any

from controller.api.meta import Condition, ObjectMeta
from testbed.workloads import moments
from testbed.workloads.objects import ControllerRevision, Pod, PodSpec, PodStatus
from testbed.workloads.plan import Delete, Patch, Plan
from testbed.workloads.revisions import LABEL

NOW = 1_700_000_000.0


def a_template(image: str) -> dict[str, Any]:
    """A pod template that is told apart by its image."""
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"image": image}]}}


def a_revision(name: str, image: str, number: int) -> ControllerRevision:
    """The template of that image as it is kept."""
    data = {"spec": {"template": {**a_template(image), "$patch": "replace"}}}
    return ControllerRevision(metadata=ObjectMeta(name=name, namespace="default"), revision=number, data=data)


def a_pod(
    name: str, revision: str, node: str = "", *, ready: bool = True, since: float = 1000, going: bool = False
) -> Pod:
    """A running pod of a revision, ready for ``since`` seconds."""
    moved = moments.written(NOW - since)
    condition = Condition(type="Ready", status="True" if ready else "False", last_transition_time=moved)
    meta = ObjectMeta(
        name=name,
        namespace="default",
        uid=name,
        labels={"app": "web", LABEL: revision},
        deletion_timestamp=moved if going else None,
    )
    return Pod(
        metadata=meta,
        spec=PodSpec(node_name=node),
        status=PodStatus(phase="Running", conditions=(condition,)),
    )


def made(plan: Plan) -> list[str]:
    """Names of the pods that are to be made."""
    return [create.document["metadata"]["name"] for create in plan.creates if create.kind.name == "Pod"]


def ended(plan: Plan) -> list[str]:
    """Names of the pods that are to be ended."""
    return [
        write.entry.name for write in plan.writes if isinstance(write, Delete) and write.kind.name == "Pod"
    ]


def reported(plan: Plan) -> dict[str, Any]:
    """What a plan changes in its owner's status."""
    patches = [w for w in plan.writes if isinstance(w, Patch) and w.subresource == "status"]
    return {key: value for write in patches for key, value in write.patch["status"].items()}
