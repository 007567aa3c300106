"""DaemonSets, held against https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/.

Updates are held against https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from controller.api.meta import ObjectMeta
from testbed.workloads import daemonset
from testbed.workloads.constraints import Taint
from testbed.workloads.objects import DaemonSet, DaemonSetSpec, Node, NodeSpec, Pod, RollingUpdate, Strategy
from testbed.workloads.plan import Plan
from tests.unit.workloads.pods import NOW, a_pod, a_revision, a_template, ended, made, reported

KNOWN = (a_revision("agent-old", "old", 1), a_revision("agent-new", "new", 2))
NODES = ("a", "b", "c", "d")


def a_node(name: str, *taints: Taint, **labels: str) -> Node:
    return Node(metadata=ObjectMeta(name=name, labels=labels), spec=NodeSpec(taints=taints))


def step(
    pods: Sequence[Pod], nodes: Sequence[Node] = (), template: dict[str, Any] | None = None, **spec: Any
) -> Plan:
    meta = ObjectMeta(name="agent", namespace="default", uid="d")
    asked = DaemonSetSpec(template=template or a_template("new"), **spec)
    places = nodes or [a_node(name) for name in NODES]
    return daemonset.step(DaemonSet(metadata=meta, spec=asked), pods, places, KNOWN, NOW)


def on(*nodes: str, revision: str = "new", **more: Any) -> list[Pod]:
    return [a_pod(f"{revision}-{node}", revision, node, **more) for node in nodes]


def rolling(surge: int | str, unavailable: int | str) -> Strategy:
    return Strategy(rolling_update=RollingUpdate(max_surge=surge, max_unavailable=unavailable))


def targets(plan: Plan) -> list[str]:
    found = []
    for create in (entry for entry in plan.creates if entry.kind.name == "Pod"):
        required = create.document["spec"]["affinity"]["nodeAffinity"]
        (term,) = required["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
        found += term["matchFields"][0]["values"]
    return found


def test_every_node_that_fits_gets_one_pod_meant_for_it() -> None:
    template = a_template("new")
    template["spec"]["nodeSelector"] = {"disk": "ssd"}
    nodes = [
        a_node("a", disk="ssd"),
        a_node("b"),
        a_node("c", Taint(key="x", effect="NoSchedule"), disk="ssd"),
    ]
    assert targets(step([], nodes, template)) == ["a"]


def test_daemon_pods_bear_that_their_node_is_not_ready_cordoned_or_under_pressure() -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations"""
    taint = Taint(key="node.kubernetes.io/unreachable", effect="NoExecute")
    cordoned = Node(metadata=ObjectMeta(name="c"), spec=NodeSpec(unschedulable=True))
    assert targets(step([], [a_node("a", taint), cordoned])) == ["a", "c"]


def test_a_pod_on_a_node_that_is_gone_or_fits_no_longer_is_ended() -> None:
    evicting = Taint(key="fire", effect="NoExecute")
    assert sorted(ended(step(on("a", "b", "z"), [a_node("a"), a_node("b", evicting)]))) == ["new-b", "new-z"]


def test_one_pod_at_a_time_is_ended_for_an_update_unless_more_may_be_unavailable() -> None:
    assert len(ended(step(on(*NODES, revision="old")))) == 1
    half = step(on(*NODES, revision="old"), update_strategy=rolling(0, "50%"))
    assert len(ended(half)) == 2


def test_max_unavailable_is_rounded_up() -> None:
    assert len(ended(step(on(*NODES, revision="old"), update_strategy=rolling(0, "30%")))) == 2


def test_no_pod_is_ended_for_an_update_while_a_new_one_is_not_available() -> None:
    fresh = [*on("a", ready=False), *on("b", "c", "d", revision="old")]
    assert ended(step(fresh)) == []
    recent = [*on("a", since=4), *on("b", "c", "d", revision="old")]
    plan = step(recent, min_ready_seconds=5)
    assert (ended(plan), plan.again_in) == ([], 1.0)
    assert len(ended(step(recent, min_ready_seconds=4))) == 1


def test_old_pods_that_do_not_serve_are_replaced_whatever_the_bound() -> None:
    pods = [*on("a", "b", revision="old", ready=False), *on("c", "d", revision="old")]
    assert sorted(ended(step(pods))) == ["old-a", "old-b", "old-c"]


def test_with_a_surge_new_pods_come_first_on_as_many_nodes() -> None:
    plan = step(on(*NODES, revision="old"), update_strategy=rolling(2, 0))
    assert (targets(plan), ended(plan)) == (["a", "b"], [])


def test_with_a_surge_an_old_pod_goes_when_the_new_one_on_its_node_is_available() -> None:
    pods = [*on(*NODES, revision="old"), *on("a"), *on("b", ready=False)]
    plan = step(pods, update_strategy=rolling(2, 0))
    assert (ended(plan), targets(plan)) == (["old-a"], ["c"])
    assert reported(plan)["numberAvailable"] == 4
    assert reported(plan)["updatedNumberScheduled"] == 2


def test_with_on_delete_a_pod_is_of_the_new_template_only_when_somebody_ended_the_old_one() -> None:
    strategy = Strategy(type="OnDelete")
    plan = step(on("a", "b", "c", revision="old"), update_strategy=strategy)
    assert ended(plan) == []
    assert targets(plan) == ["d"]
    assert plan.creates[0].document["metadata"]["labels"]["controller-revision-hash"] == "new"


def test_the_status_counts_nodes() -> None:
    pods = [*on("a", "b"), *on("c", ready=False)]
    assert made(step(pods)) != []
    assert reported(step(pods)) == {
        "desiredNumberScheduled": 4,
        "currentNumberScheduled": 3,
        "numberMisscheduled": 0,
        "numberReady": 2,
        "numberAvailable": 2,
        "numberUnavailable": 2,
        "updatedNumberScheduled": 3,
        "observedGeneration": 0,
    }
