"""Placement, held against https://kubernetes.io/docs/concepts/scheduling-eviction/."""

from __future__ import annotations

from typing import Any

from controller.api.meta import ObjectMeta
from testbed.workloads import scheduler
from testbed.workloads.constraints import (
    Affinity,
    LabelSelectorRequirement,
    NodeAffinity,
    NodeSelector,
    NodeSelectorTerm,
    PreferredTerm,
    Taint,
    Toleration,
)
from testbed.workloads.objects import Node, NodeSpec, Pod, PodSpec

MAINTENANCE = Taint(key="maintenance", value="yes", effect="NoSchedule")


def a_node(name: str, *taints: Taint, cordoned: bool = False, **labels: str) -> Node:
    return Node(
        metadata=ObjectMeta(name=name, labels=labels), spec=NodeSpec(unschedulable=cordoned, taints=taints)
    )


def names(nodes: list[Node], **spec: Any) -> list[str]:
    return [node.name for node, _ in scheduler.fit(Pod(spec=PodSpec(**spec)), nodes)[0]]


def term(key: str, operator: str, *values: str) -> NodeSelectorTerm:
    return NodeSelectorTerm(
        match_expressions=(LabelSelectorRequirement(key=key, operator=operator, values=values),)
    )


def test_a_node_selector_wants_every_label() -> None:
    nodes = [a_node("a", disk="ssd"), a_node("b", disk="ssd", zone="1"), a_node("c")]
    assert names(nodes, node_selector={"disk": "ssd", "zone": "1"}) == ["b"]


def test_one_term_of_a_required_affinity_is_enough() -> None:
    required = NodeSelector(node_selector_terms=(term("cores", "Gt", "4"), term("zone", "In", "1", "2")))
    nodes = [a_node("a", cores="8"), a_node("b", zone="2"), a_node("c", cores="4")]
    assert names(nodes, affinity=Affinity(node_affinity=NodeAffinity(required=required))) == ["a", "b"]


def test_a_taint_repels_pods_that_do_not_tolerate_it() -> None:
    nodes = [a_node("a", MAINTENANCE), a_node("b")]
    assert names(nodes) == ["b"]
    assert names(nodes, tolerations=(Toleration(key="maintenance", value="yes"),)) == ["a", "b"]
    assert names(nodes, tolerations=(Toleration(operator="Exists"),)) == ["a", "b"]
    assert names(nodes, tolerations=(Toleration(key="maintenance", value="no"),)) == ["b"]


def test_a_cordoned_node_takes_no_new_pod() -> None:
    assert names([a_node("a", cordoned=True), a_node("b")]) == ["b"]


def test_why_no_node_fits_is_told_by_the_number_of_nodes() -> None:
    nodes = [a_node("a", MAINTENANCE), a_node("b", cordoned=True)]
    _, why = scheduler.fit(Pod(), nodes)
    assert why == (
        "0/2 nodes are available: 1 node(s) had untolerated taint {maintenance: yes}, 1 node(s) were unschedulable."
    )


def test_the_weights_of_preferred_terms_decide_before_the_spread() -> None:
    wished = NodeAffinity(preferred=(PreferredTerm(weight=10, preference=term("disk", "Exists")),))
    pod = Pod(spec=PodSpec(affinity=Affinity(node_affinity=wished)))
    candidates, _ = scheduler.fit(pod, [a_node("a"), a_node("b", disk="ssd")])
    assert scheduler.choose(candidates, {"b": 5}, {"b": 5}) == "b"


def test_pods_of_a_workload_are_spread_and_then_all_pods_are() -> None:
    candidates, _ = scheduler.fit(Pod(), [a_node("a"), a_node("b")])
    assert scheduler.choose(candidates, {"a": 1}, {"a": 1, "b": 9}) == "b"
    assert scheduler.choose(candidates, {}, {"a": 3, "b": 2}) == "b"
