"""Pods of nodes that are gone.

Held against https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-garbage-collection
"""

from __future__ import annotations

from controller.api.meta import ObjectMeta
from testbed.workloads import podgc
from testbed.workloads.objects import Node
from testbed.workloads.world import World
from tests.unit.workloads.pods import a_pod


def test_a_pod_whose_node_is_gone_is_removed_after_a_while() -> None:
    world, gone = World(), dict[str, float]()
    world.nodes.wrote(Node(metadata=ObjectMeta(name="there", uid="n")))
    for name, node in (("a", "there"), ("b", "gone"), ("c", "")):
        world.pods.wrote(a_pod(name, "1", node))
    assert podgc.orphans(world, gone, 1000, 40) == []
    assert podgc.orphans(world, gone, 1039, 40) == []
    assert [pod.name for pod in podgc.orphans(world, gone, 1040, 40)] == ["b"]


def test_a_node_that_came_back_keeps_its_pods() -> None:
    world, gone = World(), dict[str, float]()
    world.pods.wrote(a_pod("a", "1", "late"))
    assert podgc.orphans(world, gone, 1000, 40) == []
    world.nodes.wrote(Node(metadata=ObjectMeta(name="late", uid="n")))
    assert podgc.orphans(world, gone, 1100, 40) == []
    assert gone == {}
