"""Where a pod may be for the pods that are there: near some, away from others, evenly over zones.

Each rule answers for all nodes at once: why not, and what a node is worth. It is told in kube-scheduler's words.

Sources: https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/ and
https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from testbed.workloads import fitting
from testbed.workloads.constraints import LabelSelector, LabelSelectorRequirement, PodTerm, SpreadConstraint
from testbed.workloads.objects import Node, Pod
from testbed.workloads.placements import Placements

UNEVEN = "node(s) didn't match pod topology spread constraints"
NO_DOMAIN = f"{UNEVEN} (missing required label)"
NOT_NEAR = "node(s) didn't match pod affinity rules"
TOO_NEAR = "node(s) didn't match pod anti-affinity rules"
REPELLED = "node(s) didn't satisfy existing pods anti-affinity rules"


def concerns(pod: Pod, placements: Placements) -> bool:
    """Whether it depends on other pods where this one may be."""
    affinity = pod.spec.affinity
    asks = affinity is not None and bool(affinity.pod_affinity or affinity.pod_anti_affinity)
    return asks or bool(pod.spec.topology_spread_constraints) or bool(placements.repelled(pod))


def misfits(pod: Pod, nodes: Sequence[Node], placements: Placements) -> dict[str, str]:
    """Why nodes cannot take a pod, by their names; those that can are not named."""
    found: dict[str, str] = {}
    for constraint in pod.spec.topology_spread_constraints:
        if constraint.when_unsatisfiable == "DoNotSchedule":
            found = _uneven(pod, constraint, nodes, placements) | found
    affinity = pod.spec.affinity
    for term in affinity.pod_affinity.required if affinity and affinity.pod_affinity else ():
        found = _not_near(pod, term, nodes, placements) | found
    for term in affinity.pod_anti_affinity.required if affinity and affinity.pod_anti_affinity else ():
        taken = _domains(term.topology_key, placements.near(pod, term), nodes)
        found = _in_domains(term.topology_key, taken, nodes, TOO_NEAR) | found
    for key, counts in placements.repelled(pod):
        found = _in_domains(key, _domains(key, counts, nodes), nodes, REPELLED) | found
    return found


def worth(pod: Pod, nodes: Sequence[Node], placements: Placements) -> dict[str, int]:
    """How much a pod would like to be on each node, for the pods that are there."""
    found: Counter[str] = Counter()
    affinity = pod.spec.affinity
    for wished, sign in (
        (affinity.pod_affinity if affinity else None, 1),
        (affinity.pod_anti_affinity if affinity else None, -1),
    ):
        for entry in wished.preferred if wished else ():
            term = entry.pod_affinity_term
            domains = _domains(term.topology_key, placements.near(pod, term), nodes)
            for node in nodes:
                found[node.name] += sign * entry.weight * domains[_domain(node, term.topology_key)]
    for constraint in pod.spec.topology_spread_constraints:
        if constraint.when_unsatisfiable == "ScheduleAnyway":
            key = constraint.topology_key
            domains = _domains(key, placements.near(pod, _meant(pod, constraint), with_ending=False), nodes)
            least = max(domains.values(), default=0) + 1  # a node that is in no domain comes last
            for node in nodes:
                found[node.name] -= 100 * (
                    domains[node.metadata.labels[key]] if key in node.metadata.labels else least
                )
    return dict(found)


def _uneven(
    pod: Pod, constraint: SpreadConstraint, nodes: Sequence[Node], placements: Placements
) -> dict[str, str]:
    """The nodes on which a pod would make the domain exceed the emptiest one by more than is allowed."""
    key = constraint.topology_key
    keys = {each.topology_key for each in pod.spec.topology_spread_constraints}
    keys = keys if constraint.when_unsatisfiable == "DoNotSchedule" else {key}
    found = {node.name: NO_DOMAIN for node in nodes if not keys <= node.metadata.labels.keys()}
    eligible = [node for node in nodes if node.name not in found and _is_eligible(pod, constraint, node)]
    term = _meant(pod, constraint)
    domains = _domains(key, placements.near(pod, term, with_ending=False), eligible)
    for node in eligible:
        domains.setdefault(node.metadata.labels[key], 0)
    least = min(domains.values(), default=0) if len(domains) >= constraint.min_domains else 0
    itself = placements.means(pod.namespace, term, pod)
    for node in nodes:
        if (
            node.name not in found
            and domains[node.metadata.labels[key]] + itself - least > constraint.max_skew
        ):
            found[node.name] = UNEVEN
    return found


def _meant(pod: Pod, constraint: SpreadConstraint) -> PodTerm:
    """The pods that a constraint counts; ``matchLabelKeys`` adds the pod's own values to its selector."""
    selector = constraint.label_selector
    if selector is not None and constraint.match_label_keys:
        own = [
            LabelSelectorRequirement(key=key, operator="In", values=(pod.metadata.labels[key],))
            for key in constraint.match_label_keys
            if key in pod.metadata.labels
        ]
        selector = LabelSelector(
            match_labels=selector.match_labels, match_expressions=(*selector.match_expressions, *own)
        )
    return PodTerm(topology_key=constraint.topology_key, label_selector=selector)


def _is_eligible(pod: Pod, constraint: SpreadConstraint, node: Node) -> bool:
    """Whether a node's domain counts for a constraint."""
    if constraint.node_affinity_policy == "Honor" and not fitting.is_selected(pod, node):
        return False
    return constraint.node_taints_policy != "Honor" or not fitting.repels(pod, node)


def _not_near(pod: Pod, term: PodTerm, nodes: Sequence[Node], placements: Placements) -> dict[str, str]:
    """The nodes that are near no pod that a term means; the first of pods that want each other may be anywhere."""
    key = term.topology_key
    counts = placements.near(pod, term)
    first = not any(counts.values()) and placements.means(pod.namespace, term, pod)
    domains = _domains(key, counts, nodes)
    return {
        node.name: NOT_NEAR
        for node in nodes
        if key not in node.metadata.labels or not (first or domains[node.metadata.labels[key]])
    }


def _in_domains(key: str, domains: Mapping[str, int], nodes: Sequence[Node], why: str) -> dict[str, str]:
    return {node.name: why for node in nodes if domains.get(_domain(node, key), 0)}


def _domains(key: str, counts: Mapping[str, int], nodes: Sequence[Node]) -> Counter[str]:
    """Pods by the value that a label has on their nodes."""
    found: Counter[str] = Counter()
    for node in nodes:
        if key in node.metadata.labels:
            found[node.metadata.labels[key]] += counts.get(node.name, 0)
    return found


def _domain(node: Node, key: str) -> str:
    """A node's domain; what no label can say stands for none."""
    return node.metadata.labels.get(key, "\0")
