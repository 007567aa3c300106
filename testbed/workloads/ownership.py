"""Whom an object belongs to: a workload takes over what matches its selector, and lets go what no longer does.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#non-template-pod-acquisitions
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from controller.api.kinds import Kind
from controller.api.meta import Resource
from testbed.workloads import templates
from testbed.workloads.constraints import LabelSelector
from testbed.workloads.labels import matches
from testbed.workloads.plan import Patch, Plan


def claims(
    kind: Kind[Any],
    owner: Resource,
    selector: LabelSelector,
    of: Kind[Any],
    owned: Iterable[Resource],
    orphans: Iterable[Resource],
) -> Plan:
    """The owner references to be set or taken away. A selector that is empty takes nothing over."""
    plan = Plan()
    for entry in owned:
        if not matches(selector, entry.metadata.labels) and not entry.is_being_deleted:
            plan.writes.append(Patch(of, entry, {"metadata": {"ownerReferences": None}}))
    if selector.match_labels or selector.match_expressions:
        for entry in orphans:
            if matches(selector, entry.metadata.labels) and not entry.is_being_deleted:
                adopted = {"metadata": {"ownerReferences": templates.owned_by(kind, owner)}}
                plan.writes.append(Patch(of, entry, adopted))
    return plan
