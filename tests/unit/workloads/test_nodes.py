"""Nodes in trouble, held against https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/."""

from __future__ import annotations

from controller.api.core import Lease, LeaseSpec
from controller.api.meta import Condition, ObjectMeta
from testbed.workloads import moments, nodes
from testbed.workloads.constraints import Taint, Toleration
from testbed.workloads.objects import Node, NodeSpec, NodeStatus, Pod, PodSpec
from testbed.workloads.plan import Delete, Patch, Plan

NOW = 1_700_000_000.0
READY = Condition(type="Ready", status="True")


def taint(seconds_ago: float) -> Taint:
    added = moments.written(NOW - seconds_ago)
    return Taint(key="node.kubernetes.io/unreachable", effect="NoExecute", time_added=added)


def patches(renewed: float, began: float = 0.0) -> list[object]:
    node = Node(metadata=ObjectMeta(name="n", resource_version="7"), status=NodeStatus(conditions=(READY,)))
    plan = Plan()
    lease = Lease(spec=LeaseSpec(renew_time=moments.written(NOW - renewed)))
    nodes.judge(node, lease, began, NOW, plan)
    return [write.patch for write in plan.writes if isinstance(write, Patch)]


def test_a_node_without_heartbeat_for_40_seconds_is_unknown_and_tainted() -> None:
    status, spec = patches(41)
    assert isinstance(status, dict)
    assert isinstance(spec, dict)
    assert status["status"]["conditions"][0]["status"] == "Unknown"
    assert {entry["effect"] for entry in spec["spec"]["taints"]} == {"NoSchedule", "NoExecute"}
    assert patches(39) == []


def test_heartbeats_that_nobody_could_see_are_not_held_against_a_node() -> None:
    assert patches(600, began=NOW - 5) == []


def test_a_pod_leaves_after_its_toleration_seconds_which_are_300_unless_it_says_otherwise() -> None:
    patient = Toleration(key="node.kubernetes.io/unreachable", operator="Exists")
    brief = Toleration(key="node.kubernetes.io/unreachable", operator="Exists", toleration_seconds=10)
    assert nodes.bears_for(Pod(), [taint(100)], NOW) == 200
    assert nodes.bears_for(Pod(spec=PodSpec(tolerations=(brief,))), [taint(100)], NOW) == -90
    assert nodes.bears_for(Pod(spec=PodSpec(tolerations=(patient,))), [taint(100)], NOW) is None


def test_pods_that_do_not_bear_a_no_execute_taint_go_at_once() -> None:
    other = Taint(key="fire", effect="NoExecute")
    plan = Plan()
    nodes.evict(Node(spec=NodeSpec(taints=(other,))), [Pod()], NOW, plan)
    assert [type(write) for write in plan.writes] == [Delete]


def test_a_taint_or_condition_is_written_only_if_nobody_changed_the_node_meanwhile() -> None:
    """A list is written as a whole: without this, a taint that somebody added at the same time would be lost."""
    for patch in patches(41):
        assert isinstance(patch, dict)
        assert patch["metadata"] == {"resourceVersion": "7"}
