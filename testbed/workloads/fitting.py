"""Which nodes a pod may be on: pure, and told in kube-scheduler's words.

Sources: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/ and .../taint-and-toleration/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from testbed.workloads.constraints import NodeSelectorTerm, Taint, Toleration
from testbed.workloads.labels import holds
from testbed.workloads.objects import Node, Pod

UNSCHEDULABLE = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")
"""What a cordoned node repels pods by; a DaemonSet's pods bear it."""


def tolerates(toleration: Toleration, taint: Taint) -> bool:
    """Whether a toleration bears a taint; an empty key with Exists bears all, an empty effect every effect."""
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.operator == "Exists":
        return toleration.key in ("", taint.key)
    return toleration.key == taint.key and toleration.value == taint.value


def misfit(pod: Pod, node: Node) -> str:
    """Why a node cannot take a pod, as kube-scheduler says it; empty if it can."""
    if node.spec.unschedulable and not any(tolerates(entry, UNSCHEDULABLE) for entry in pod.spec.tolerations):
        return "node(s) were unschedulable"
    taint = repels(pod, node)
    if taint is not None:
        return f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}"
    if not is_selected(pod, node):
        return "node(s) didn't match Pod's node affinity/selector"
    return ""


def repels(pod: Pod, node: Node) -> Taint | None:
    """The taint of a node that a pod does not bear, if there is one that keeps it off."""
    for taint in node.spec.taints:
        if taint.effect != "PreferNoSchedule" and not any(
            tolerates(entry, taint) for entry in pod.spec.tolerations
        ):
            return taint
    return None


def preference(pod: Pod, node: Node) -> int:
    """How much a pod would like to be there: the weights of the preferred terms that hold, less unborne soft taints."""
    wished = pod.spec.affinity.node_affinity if pod.spec.affinity else None
    score = sum(entry.weight for entry in wished.preferred if _holds(entry.preference, node)) if wished else 0
    soft = (taint for taint in node.spec.taints if taint.effect == "PreferNoSchedule")
    unborne = sum(not any(tolerates(entry, taint) for entry in pod.spec.tolerations) for taint in soft)
    return score - 100 * unborne


def refusal(reasons: Iterable[str]) -> str:
    """The sentence that tells why no node fits: one reason a node."""
    counted: Mapping[str, int] = Counter(reasons)
    nodes = sum(counted.values())
    if not nodes:
        return "no nodes available to schedule pods"
    listed = ", ".join(sorted(f"{count} {reason}" for reason, count in counted.items()))
    return f"0/{nodes} nodes are available: {listed}."


def is_selected(pod: Pod, node: Node) -> bool:
    """Whether a pod's node selector and its required affinity mean a node."""
    labels = node.metadata.labels
    if any(labels.get(key) != value for key, value in pod.spec.node_selector.items()):
        return False
    affinity = pod.spec.affinity.node_affinity if pod.spec.affinity else None
    if affinity is None or affinity.required is None:
        return True
    return any(_holds(term, node) for term in affinity.required.node_selector_terms)


def _holds(term: NodeSelectorTerm, node: Node) -> bool:
    if not term.match_expressions and not term.match_fields:
        return False
    fields = {"metadata.name": node.name}
    return all(holds(rule, node.metadata.labels) for rule in term.match_expressions) and all(
        holds(rule, fields) for rule in term.match_fields
    )
