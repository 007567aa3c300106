"""The scheduler: gives each pod that has no node to one that fits, spread by the pods that nodes have already.

Pods of one workload ask for the same, so which nodes fit is worked out once for all of them, until a node changes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from controller.kubernetes import ApiError, Backoff, Client, Unreachable
from testbed.workloads import fitting, moments, topology
from testbed.workloads.constraints import LabelSelector
from testbed.workloads.events import Recorder
from testbed.workloads.labels import matches
from testbed.workloads.objects import PODS, Node, Pod, controller_of
from testbed.workloads.placements import Placements
from testbed.workloads.plan import Tell
from testbed.workloads.world import World

log = logging.getLogger(__name__)

NAME = "default-scheduler"
RETRY_S = 0.2
"""Seconds after which pods that did not fit for other pods are looked at again when pods came or went."""
Fit = tuple[Sequence[tuple[Node, int]], str]
"""Nodes that fit with how much they are preferred; why none does."""


def fit(pod: Pod, nodes: Sequence[Node]) -> Fit:
    """The nodes that can take a pod; among them those with the strongest preference come first."""
    reasons = [(node, fitting.misfit(pod, node)) for node in nodes]
    fitting_nodes = [(node, fitting.preference(pod, node)) for node, reason in reasons if not reason]
    return fitting_nodes, "" if fitting_nodes else fitting.refusal(reason for _, reason in reasons)


def choose(
    candidates: Sequence[tuple[Node, int]], siblings: Mapping[str, int], pods: Mapping[str, int]
) -> str:
    """The most preferred node; among equals that with the fewest pods of the same workload, then the fewest pods."""

    def rank(candidate: tuple[Node, int]) -> tuple[int, int, int, str]:
        node, preference = candidate
        return -preference, siblings.get(node.name, 0), pods.get(node.name, 0), node.name

    return min(candidates, key=rank)[0].name


def wants(pod: Pod) -> bool:
    """Whether a pod waits for this scheduler."""
    return not pod.spec.node_name and pod.is_active and pod.spec.scheduler_name == NAME


class Scheduler:
    """Places pods as they come; those that fit nowhere wait for a node to change."""

    def __init__(self, client: Client, world: World, recorder: Recorder, tasks: asyncio.TaskGroup) -> None:
        self._client = client
        self._world = world
        self._recorder = recorder
        self._tasks = tasks
        self._pending: dict[str, Pod] = {}
        self._misfits: dict[str, Pod] = {}
        self._assumed: dict[str, str] = {}
        self._pods: Counter[str] = Counter()
        self._siblings: dict[str, Counter[str]] = {}
        self._fits: dict[bytes, Fit] = {}
        self._placements = Placements(self._in_namespace)
        self._retry: asyncio.TimerHandle | None = None
        self._wake = asyncio.Event()
        self._slots = asyncio.Semaphore(16)
        world.pods.listeners.append(self._pod_changed)
        world.nodes.listeners.append(self._node_changed)

    async def run(self) -> None:
        """Schedule for ever, in the order in which pods came."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._pending:
                uid = next(iter(self._pending))
                self._place(self._pending.pop(uid))

    def _pod_changed(self, old: Pod | None, new: Pod | None) -> None:
        if old is not None and (new is None or old.metadata.uid != new.metadata.uid):
            self._forget(old)
        if new is None:
            return
        uid = new.metadata.uid
        if new.spec.node_name:
            self._pending.pop(uid, None)
            self._misfits.pop(uid, None)
            if new.is_finished:
                self._forget(new)
            elif uid not in self._assumed:
                self._assume(new, new.spec.node_name)
            elif old is not None and _counts_as(old) != _counts_as(new):
                self._placements.remove(new)
                self._placements.place(new, new.spec.node_name)
                self._pods_moved()
        elif not wants(new):
            self._forget(new)
        elif uid not in self._assumed:
            queue = self._misfits if uid in self._misfits else self._pending
            queue[uid] = new
            self._wake.set()

    def _node_changed(self, old: Node | None, new: Node | None) -> None:
        if old is not None and new is not None and _decisive(old) == _decisive(new):
            return
        self._fits.clear()
        self._pending.update(self._misfits)
        self._misfits.clear()
        self._wake.set()

    def _place(self, pod: Pod) -> None:
        candidates, why = self._fit(pod)
        if candidates and topology.concerns(pod, self._placements):
            candidates, why = self._fit_among_pods(pod, candidates)
        if not candidates:
            self._misfits[pod.metadata.uid] = pod
            self._tasks.create_task(self._refuse(pod, why))
            return
        node = choose(candidates, self._siblings.get(_family(pod), {}), self._pods)
        self._assume(pod, node)
        self._tasks.create_task(self._bind(pod, node))

    def _fit(self, pod: Pod) -> Fit:
        spec = pod.spec
        key = msgspec.json.encode((spec.node_selector, spec.affinity, spec.tolerations))
        found = self._fits.get(key)
        if found is None:
            found = self._fits[key] = fit(pod, tuple(self._world.nodes.values()))
        return found

    def _fit_among_pods(self, pod: Pod, candidates: Sequence[tuple[Node, int]]) -> Fit:
        """Of the nodes that fit, those that other pods leave; domains are counted over all nodes."""
        nodes = tuple(self._world.nodes.values())
        why = topology.misfits(pod, nodes, self._placements)
        worth = topology.worth(pod, nodes, self._placements)
        left = [(node, liked + worth.get(node.name, 0)) for node, liked in candidates if node.name not in why]
        if left:
            return left, ""
        return [], fitting.refusal(fitting.misfit(pod, node) or why[node.name] for node in nodes)

    def _in_namespace(self, selector: LabelSelector, name: str) -> bool:
        found = self._world.namespaces.get(name)
        return matches(selector, found.metadata.labels if found is not None else {})

    def _assume(self, pod: Pod, node: str) -> None:
        """Counts a pod on a node from the moment of the decision on, so that the next one sees it."""
        self._assumed[pod.metadata.uid] = node
        self._pods[node] += 1
        self._siblings.setdefault(_family(pod), Counter())[node] += 1
        self._placements.place(pod, node)
        self._pods_moved()

    def _forget(self, pod: Pod) -> None:
        uid = pod.metadata.uid
        self._pending.pop(uid, None)
        self._misfits.pop(uid, None)
        node = self._assumed.pop(uid, None)
        if node is not None:
            self._pods[node] -= 1
            family = self._siblings[_family(pod)]
            family[node] -= 1
            if not any(family.values()):
                del self._siblings[_family(pod)]
            self._placements.remove(pod)
            self._pods_moved()

    def _pods_moved(self) -> None:
        """Pods that fit nowhere for other pods are looked at again soon, however many came or went meanwhile."""
        if self._misfits and self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(RETRY_S, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        for uid, pod in list(self._misfits.items()):
            if topology.concerns(pod, self._placements):
                self._pending[uid] = self._misfits.pop(uid)
        self._wake.set()

    async def _bind(self, pod: Pod, node: str) -> None:
        """Binds, and again until it is answered: the second of two bindings is refused by the server."""
        backoff = Backoff()
        target = {"apiVersion": "v1", "kind": "Node", "name": node}
        body = {"metadata": {"name": pod.name, "uid": pod.metadata.uid}, "target": target}
        while True:
            try:
                async with self._slots:
                    await self._client.post(PODS, pod.name, "binding", body, namespace=pod.namespace)
            except Unreachable:
                await asyncio.sleep(backoff.failed())
            except ApiError as error:
                if not (error.is_not_found or error.is_conflict):
                    log.warning("pod %s: %s", pod.path, error)
                    await asyncio.sleep(1 + backoff.failed())
                    continue
                return  # it is gone, going or bound already: the watch tells which
            else:
                message = f"Successfully assigned {pod.path} to {node}"
                self._recorder.tell(PODS, pod, Tell("Normal", "Scheduled", message), NAME)
                return

    async def _refuse(self, pod: Pod, why: str) -> None:
        """Tells why a pod fits nowhere: in its condition and by an Event."""
        found = pod.condition("PodScheduled")
        if found is not None and found.message == why:
            return
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": why}
        condition["lastTransitionTime"] = moments.written(time.time())
        others = [
            msgspec.to_builtins(entry) for entry in pod.status.conditions if entry.type != "PodScheduled"
        ]
        patch = {"metadata": {"uid": pod.metadata.uid}, "status": {"conditions": [*others, condition]}}
        self._recorder.tell(PODS, pod, Tell("Warning", "FailedScheduling", why), NAME)
        try:
            await self._client.patch(PODS, pod.name, patch, namespace=pod.namespace, subresource="status")
        except (ApiError, Unreachable) as error:
            log.warning("pod %s: %s", pod.path, error)


def _family(pod: Pod) -> str:
    owner = controller_of(pod)
    return owner.uid if owner else ""


def _counts_as(pod: Pod) -> tuple[object, ...]:
    """What of a pod decides about others."""
    return pod.metadata.labels, pod.is_being_deleted


def _decisive(node: Node) -> tuple[object, ...]:
    """What of a node decides about pods."""
    return node.spec, node.metadata.labels
