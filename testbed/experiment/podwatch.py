"""The driver's view of pods: which are there and ready, and when the API accepted that, by one watch for all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from controller.api.annotations import ALLOCATED, TRUE
from controller.api.core import Pod
from controller.api.kinds import PODS
from controller.kubernetes import Client
from testbed.experiment.waiting import Waiting

PROGRESS_INTERVAL_S = 1.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept of a pod; moments are the API server's (CLOCK_MONOTONIC ns), None for what has not come to pass."""

    uid: str
    address: str
    allocated_ns: int | None
    """When the controller promised an address to the node."""
    ready_ns: int | None
    """Since when the pod is Ready."""


class _Gathering:
    """Pods that somebody waits for together: told of each once, so that ten thousand cost no more than their events."""

    def __init__(self, waiting: set[str]) -> None:
        self.waiting = waiting
        self.complete = asyncio.get_running_loop().create_future()
        self._tell()

    def arrived(self, key: str) -> None:
        """One of them is ready."""
        self.waiting.discard(key)
        self._tell()

    def _tell(self) -> None:
        if not self.waiting and not self.complete.done():
            self.complete.set_result(None)


class PodWatch:
    """Follows all pods; keys are ``namespace/name``. Used as a task: ``run`` ends only with an error or cancelled."""

    def __init__(self, api: Client) -> None:
        self._api = api
        self._pods: dict[str, Seen] = {}
        self._ready = 0
        self._gone_ns: dict[str, int] = {}
        self._waiting = Waiting()
        self._gatherings: list[_Gathering] = []

    async def run(self) -> None:
        """Keep the view current."""
        async for change in self._api.follow(PODS):
            if change.type == "SYNCED" or change.object is None:
                continue
            accepted_ns = change.accepted_ns or change.received_ns
            if change.type == "DELETED":
                self._forget(change.object.path, accepted_ns)
            else:
                self._note(change.object, accepted_ns)
            self._waiting.tell(change.object.path)

    @property
    def count(self) -> int:
        """Pods there are."""
        return len(self._pods)

    @property
    def ready(self) -> int:
        """Pods that are Ready."""
        return self._ready

    @property
    def paths(self) -> tuple[str, ...]:
        """The keys of all pods there are."""
        return tuple(self._pods)

    def get(self, key: str) -> Seen | None:
        """What is known of one pod."""
        return self._pods.get(key)

    async def until_ready(self, key: str, timeout: float) -> int:
        """When the API accepted Ready=True of this pod (ns); raises ``TimeoutError`` naming the pod."""

        def ready_ns() -> int | None:
            seen = self._pods.get(key)
            return seen.ready_ns if seen else None

        return await self._waiting.until(key, ready_ns, timeout, f"pod {key} was not Ready")

    async def until_gone(self, key: str, timeout: float) -> int:
        """When the API removed this pod (ns); raises ``TimeoutError`` naming the pod."""
        return await self._waiting.until(
            key,
            lambda: self._gone_ns.get(key) if key not in self._pods else None,
            timeout,
            f"pod {key} was not gone",
        )

    async def until_all_ready(
        self, keys: Iterable[str], patience: float, progress: Callable[[int, int], None]
    ) -> None:
        """Until every pod of ``keys`` is Ready; raises ``TimeoutError`` if none became so for ``patience`` seconds."""
        gathering = _Gathering({key for key in keys if not self._is_ready(key)})
        total = left = len(gathering.waiting)
        deadline = time.monotonic() + patience
        self._gatherings.append(gathering)
        try:
            while not gathering.complete.done():
                await asyncio.wait([gathering.complete], timeout=PROGRESS_INTERVAL_S)
                now = len(gathering.waiting)
                progress(total - now, total)
                if now < left:
                    left, deadline = now, time.monotonic() + patience
                elif now and time.monotonic() > deadline:
                    some = ", ".join(sorted(gathering.waiting)[:3])
                    raise TimeoutError(
                        f"{now} of {total} pods were not Ready and none became so for {patience:g} s: {some} ..."
                    )
        finally:
            self._gatherings.remove(gathering)

    def _is_ready(self, key: str) -> bool:
        seen = self._pods.get(key)
        return seen is not None and seen.ready_ns is not None

    def _note(self, pod: Pod, accepted_ns: int) -> None:
        before = self._pods.get(pod.path)
        if before is not None and before.uid != pod.metadata.uid:
            self._forget(pod.path, accepted_ns)
            before = None
        now = Seen(
            uid=pod.metadata.uid,
            address=pod.status.pod_ip,
            allocated_ns=_since(
                before.allocated_ns if before else None, pod.annotations.get(ALLOCATED) == TRUE, accepted_ns
            ),
            ready_ns=_since(before.ready_ns if before else None, pod.is_ready, accepted_ns),
        )
        self._ready += int(now.ready_ns is not None) - int(before is not None and before.ready_ns is not None)
        if now.ready_ns is not None:
            for gathering in self._gatherings:
                gathering.arrived(pod.path)
        self._pods[pod.path] = now
        self._gone_ns.pop(pod.path, None)

    def _forget(self, key: str, accepted_ns: int) -> None:
        gone = self._pods.pop(key, None)
        if gone is not None and gone.ready_ns is not None:
            self._ready -= 1
        self._gone_ns[key] = accepted_ns


def _since(before: int | None, holds: bool, now: int) -> int | None:
    """Since when something holds: the first of the moments at which it was seen to hold without a break."""
    if not holds:
        return None
    return now if before is None else before
