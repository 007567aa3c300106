"""Pods whose node is gone: no kubelet will ever end them, so they are removed.

A node that is gone for a short while, because it is being registered anew, keeps its pods.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-garbage-collection
"""

from __future__ import annotations

import asyncio
import logging
import time

from controller.kubernetes import ApiError, Unreachable
from testbed.workloads.hands import Hands
from testbed.workloads.objects import PODS, Pod
from testbed.workloads.plan import Delete, Plan
from testbed.workloads.settings import Settings
from testbed.workloads.world import World

log = logging.getLogger(__name__)


def orphans(world: World, gone: dict[str, float], now: float, grace_s: float) -> list[Pod]:
    """The pods to be removed. ``gone`` remembers since when each node has been missed, and is brought up to date."""
    found: dict[str, list[Pod]] = {}
    for pod in world.pods.values():
        node = pod.spec.node_name
        if node and world.nodes.get(node) is None:
            found.setdefault(node, []).append(pod)
    for node in gone.keys() - found.keys():
        del gone[node]
    return [
        pod for node, pods in found.items() if gone.setdefault(node, now) + grace_s <= now for pod in pods
    ]


async def collect(world: World, hands: Hands, settings: Settings) -> None:
    """Looks for such pods for ever, and removes them."""
    gone: dict[str, float] = {}
    while True:
        for pod in orphans(world, gone, time.time(), settings.orphan_grace_s):
            try:
                await hands.do(PODS, pod, Plan(writes=[Delete(PODS, pod, grace_seconds=0)]))
            except (ApiError, Unreachable) as error:
                log.warning("pod %s of a node that is gone: %s", pod.path, error)
        await asyncio.sleep(settings.sweep_s)
