"""The templates that a StatefulSet or DaemonSet has had, each an object of its own, so that it can go back to one.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/controller-revision-v1/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from controller.api.kinds import Kind
from testbed.workloads import templates
from testbed.workloads.objects import (
    CONTROLLERREVISIONS,
    ControllerRevision,
    DaemonSet,
    Document,
    StatefulSet,
)
from testbed.workloads.plan import Create, Delete, Patch, Plan

LABEL = "controller-revision-hash"


def of_template(
    kind: Kind[Any], owner: StatefulSet | DaemonSet, known: Iterable[ControllerRevision], plan: Plan
) -> str:
    """The name of the revision of the owner's template; plans to make it, or to make it the newest again."""
    data: Document = {"spec": {"template": {**owner.spec.template, "$patch": "replace"}}}
    ordered = sorted(known, key=lambda entry: entry.revision)
    newest = ordered[-1].revision if ordered else 0
    for entry in ordered:
        if templates.are_same(entry.data, data):
            if entry.revision < newest:
                plan.writes.append(Patch(CONTROLLERREVISIONS, entry, {"revision": newest + 1}))
            return entry.name
    hashed = templates.template_hash(owner.spec.template)
    meta = {
        "name": f"{owner.name}-{hashed}",
        "namespace": owner.namespace,
        "labels": {**((owner.spec.template.get("metadata") or {}).get("labels") or {}), LABEL: hashed},
        "ownerReferences": templates.owned_by(kind, owner),
    }
    document: Document = {"metadata": meta, "data": data, "revision": newest + 1}
    plan.creates.append(Create(CONTROLLERREVISIONS, document))
    return str(meta["name"])


def forget(known: Iterable[ControllerRevision], in_use: set[str], limit: int, plan: Plan) -> None:
    """Plans to remove the oldest revisions beyond ``limit`` that no pod is of."""
    idle = sorted((entry for entry in known if entry.name not in in_use), key=lambda entry: entry.revision)
    plan.writes += [Delete(CONTROLLERREVISIONS, entry) for entry in idle[: max(len(idle) - limit, 0)]]
