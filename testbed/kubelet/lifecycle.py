"""The life of each pod on a node: made, plugged, reported; unplugged, removed, deleted. Each step can be done again.

A pod has at most one task at a time. What stops a pod cancels what starts it and undoes whatever was done.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

from controller.api.annotations import POD_KIND
from controller.api.kinds import EVENTS
from controller.kubernetes import ApiError, Backoff, Change, Client, Unreachable
from testbed.kubelet import status
from testbed.kubelet.config import NodeConfig
from testbed.kubelet.plugging import DaemonSocket, NotPlugged
from testbed.kubelet.podspec import PODS, Pod
from testbed.kubelet.surroundings import Surroundings
from testbed.kubelet.workload import Workload
from testbed.pods import output, processes
from testbed.pods.processes import Found
from testbed.pods.sandbox import Identity, PodKind, Sandbox

log = logging.getLogger(__name__)


class NodePods:
    """The pods of one node.

    Args:
        node: whose pods.
        client: the API.
        daemon: plugs them.
        kinds: kinds of pod by name.
        slots: bounds how many pods are worked on at once; shared by all nodes of a kubelet.
        directory: where the output of containers is kept, a directory a pod.
    """

    def __init__(
        self,
        node: NodeConfig,
        client: Client,
        daemon: DaemonSocket,
        kinds: Mapping[str, PodKind],
        slots: asyncio.Semaphore,
        directory: Path,
    ) -> None:
        self._node = node
        self._client = client
        self._daemon = daemon
        self._kinds = kinds
        self._slots = slots
        self._directory = directory
        self._found: dict[str, list[Found]] = {}
        self.workloads: dict[str, Workload] = {}
        """What runs in live pods, by uid."""
        self._sandboxes: dict[str, tuple[PodKind, Sandbox]] = {}
        self._up: set[str] = set()
        self._starting: dict[str, asyncio.Task[None]] = {}
        self._stopping: dict[str, asyncio.Task[None]] = {}
        self._to_delete: set[str] = set()
        self._tasks = asyncio.TaskGroup()

    async def run(self) -> None:
        """Follow the node's pods for ever. Sandboxes that run already are found first: nothing is done twice."""
        for kind in self._kinds.values():
            found = await asyncio.to_thread(kind.find, (self._node.node,))
            self._sandboxes |= {uid: (kind, sandbox) for uid, sandbox in found.items()}
        for process in await asyncio.to_thread(lambda: list(processes.running())):
            self._found.setdefault(process.uid, []).append(process)
        async with self._tasks:
            await self._follow()

    def kind_of(self, pod: Pod) -> str:
        """The name of a pod's kind."""
        return pod.annotations.get(POD_KIND, self._node.kind)

    async def _follow(self) -> None:
        strangers = dict(self._sandboxes)
        async for change in self._client.follow(PODS, field_selector=f"spec.nodeName={self._node.node}"):
            if change.type == "SYNCED":
                for _, sandbox in strangers.values():
                    self._stop(sandbox.identity)
                strangers.clear()
            else:
                strangers.pop(change.object.metadata.uid, None)
                self._take_up(change)

    def _take_up(self, change: Change[Pod]) -> None:
        pod = change.object
        uid = pod.metadata.uid
        identity = Identity(self._node.node, pod.namespace, pod.name, uid)
        if change.type == "DELETED":
            if self._has(uid):
                self._stop(identity)
            else:
                self._forget(uid)
        elif pod.is_being_deleted:
            self._to_delete.add(uid)
            self._stop(identity, pod.grace_s)
        elif pod.is_finished:
            if self._has(uid):
                self._stop(identity)
        elif self._is_idle(uid):
            if not self._runs_already(pod):
                self._starting[uid] = self._tasks.create_task(self._start(pod, identity))
            elif self.kind_of(pod) == "live":
                ips = ",".join(entry.ip for entry in pod.status.pod_ips)
                self._begin(pod, identity, ips, pod.status.start_time or status.moment())
                self._up.add(uid)
            else:
                self._up.add(uid)

    def _has(self, uid: str) -> bool:
        return not self._is_idle(uid) or uid in self._sandboxes

    def _is_idle(self, uid: str) -> bool:
        return uid not in self._up and uid not in self._starting and uid not in self._stopping

    def _runs_already(self, pod: Pod) -> bool:
        """Whether an earlier kubelet has brought the pod up and it still stands."""
        stands = pod.metadata.uid in self._sandboxes or pod.spec.host_network
        return pod.is_ready and (stands or self.kind_of(pod) == "stub")

    async def _start(self, pod: Pod, identity: Identity) -> None:
        started = status.moment()
        ips = self._node.address if pod.spec.host_network else await self._plug_at_last(pod, identity)
        if self.kind_of(pod) == "live":
            await self._begin(pod, identity, ips, started).has_begun.wait()
        else:
            patch = status.running(pod, self._node.address, ips, started, status.moment())
            await self._again(pod.path, lambda: self._report(pod, patch))
        self._up.add(identity.uid)
        self._starting.pop(identity.uid, None)

    async def _plug_at_last(self, pod: Pod, identity: Identity) -> str:
        """The pod's addresses, once it could be plugged; people are told of each new reason why it could not."""
        backoff = Backoff(first=1.0, ceiling=30.0)
        told = ""
        while True:
            try:
                async with self._slots:
                    return await self._plug(pod, identity)
            except (NotPlugged, OSError) as error:
                log.warning("pod %s: %s", pod.path, error)
                if str(error) != told:
                    told = str(error)
                    await self._tell(pod, told)
                await asyncio.sleep(backoff.failed())

    async def _plug(self, pod: Pod, identity: Identity) -> str:
        name = self.kind_of(pod)
        kind = self._kinds.get(name)
        if kind is None:
            raise NotPlugged(
                f"annotation {POD_KIND}: found {name!r}, allowed: {', '.join(sorted(self._kinds))}"
            )
        known = self._sandboxes.get(identity.uid)
        sandbox = known[1] if known else await kind.make(identity, self._node.pid)
        self._sandboxes[identity.uid] = (kind, sandbox)
        return (await self._daemon.add(sandbox, name)).ip

    def _begin(self, pod: Pod, identity: Identity, ips: str, started: str) -> Workload:
        """Run what the pod asks for, and report it from now on."""
        uid = identity.uid
        known = self._sandboxes.get(uid)
        network = self._node.pid if known is None or known[1].pid is None else known[1].pid

        def surroundings(changed: Callable[[], None]) -> Surroundings:
            return Surroundings(
                pod,
                identity,
                network,
                ips,
                self._node.address,
                self._directory / uid,
                changed,
                lambda reason, message: self._warn(pod, reason, message),
            )

        async def report(patch: status.Document) -> None:
            await self._again(pod.path, lambda: self._report(pod, patch))

        found = self._found.pop(uid, [])
        workload = self.workloads[uid] = Workload(pod, surroundings, found, started, report)
        workload.start(self._tasks)
        return workload

    async def _report(self, pod: Pod, patch: status.Document) -> None:
        with _unless_gone():
            await self._client.patch(PODS, pod.name, patch, namespace=pod.namespace, subresource="status")

    def _warn(self, pod: Pod, reason: str, message: str) -> None:
        event = status.event(pod, self._node.node, reason, message, status.moment())
        self._tasks.create_task(self._send(pod, event))

    async def _tell(self, pod: Pod, reason: str) -> None:
        await self._send(pod, status.not_plugged(pod, self._node.node, reason, status.moment()))

    async def _send(self, pod: Pod, event: status.Document) -> None:
        try:
            await self._client.create(EVENTS, event, namespace=pod.namespace)
        except (ApiError, Unreachable) as error:
            log.warning("event on pod %s: %s", pod.path, error)

    def _stop(self, identity: Identity, grace_s: float = 0.0) -> None:
        if identity.uid not in self._stopping:
            self._stopping[identity.uid] = self._tasks.create_task(self._end(identity, grace_s))

    async def _end(self, identity: Identity, grace_s: float) -> None:
        uid = identity.uid
        starting = self._starting.pop(uid, None)
        if starting is not None:
            starting.cancel()
            await asyncio.wait([starting])
        workload = self.workloads.pop(uid, None)
        if workload is not None:
            await workload.stop(grace_s)
        is_gone = uid in self._to_delete
        await self._again(f"{identity.namespace}/{identity.name}", lambda: self._undo(identity))
        self._up.discard(uid)
        self._to_delete.discard(uid)
        self._stopping.pop(uid, None)
        if is_gone:
            self._forget(uid)

    def _forget(self, uid: str) -> None:
        """A pod that is no object any more has no output either; one that has ended keeps it."""
        output.forget(self._directory / uid)

    async def _undo(self, identity: Identity) -> None:
        await self._daemon.remove(identity)
        known = self._sandboxes.get(identity.uid)
        if known is not None:
            await known[0].remove(known[1])
            self._sandboxes.pop(identity.uid, None)
        if identity.uid in self._to_delete:
            with _unless_gone():
                await self._client.delete(
                    PODS, identity.name, namespace=identity.namespace, uid=identity.uid, grace_seconds=0
                )

    async def _again(self, pod: str, step: Callable[[], Awaitable[None]]) -> None:
        """Do a step, and again until it succeeds."""
        backoff = Backoff(first=0.5, ceiling=10.0)
        while True:
            try:
                async with self._slots:
                    return await step()
            except (NotPlugged, OSError, ApiError) as error:
                log.warning("pod %s: %s", pod, error)
                await asyncio.sleep(backoff.failed())


@contextlib.contextmanager
def _unless_gone() -> Iterator[None]:
    """A pod that is gone, or another of its name by now, needs nothing more: its watch tells the rest."""
    try:
        yield
    except ApiError as error:
        if not (error.is_not_found or error.is_conflict):
            raise
