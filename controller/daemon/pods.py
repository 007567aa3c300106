"""The pods of one node as the daemon needs them: who exists, and what each was promised."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from controller.api.core import Pod
from controller.api.kinds import PODS
from controller.daemon import promise
from controller.daemon.errors import Refused
from controller.daemon.promise import Promise
from controller.kubernetes import Client

log = logging.getLogger(__name__)

Key = tuple[str, str]
Gone = Callable[[str, str, str], None]


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of a pod: its uid, and its promise or why that cannot be read."""

    uid: str
    promise: Promise | Refused | None


class Pods:
    """Follows the pods of a node; ``gone`` is told namespace, name and uid of those that need no port any more."""

    def __init__(self, node: str, gone: Gone, mtu: int) -> None:
        self._node = node
        self._gone = gone
        self._mtu = mtu
        self._known: dict[Key, Known] = {}
        self._waiting: dict[Key, list[asyncio.Future[None]]] = {}
        self.synced = asyncio.Event()

    async def run(self, client: Client) -> None:
        """Follows for ever."""
        async for change in client.follow(PODS, field_selector=f"spec.nodeName={self._node}"):
            if change.type == "SYNCED":
                self.synced.set()
            elif change.type == "DELETED" or change.object.is_finished:
                self._drop(change.object)
            else:
                self._keep(change.object)

    def has(self, namespace: str, name: str, uid: str) -> bool:
        """Whether this very pod is here and needs a port."""
        known = self._known.get((namespace, name))
        return known is not None and known.uid == uid

    async def promised(self, namespace: str, name: str, uid: str, patience: float) -> Promise:
        """What a pod is promised, waited for.

        A pod of another uid may be the one before: our watch may be behind the asker's. Raises ``Refused`` when the
        promise is broken, or when ``patience`` seconds have passed.
        """
        key = (namespace, name)
        try:
            async with asyncio.timeout(patience):
                while True:
                    known = self._known.get(key)
                    if known and known.uid == uid and known.promise is not None:
                        break
                    await self._next(key)
        except TimeoutError:
            here = self.has(namespace, name, uid)
            what = "has no address yet" if here else f"is not on node {self._node}"
            raise Refused(504, f"pod {namespace}/{name} {what} after {patience:g} s") from None
        if isinstance(known.promise, Refused):
            raise Refused(known.promise.status, known.promise.reason)
        return known.promise

    async def _next(self, key: Key) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        try:
            await future
        finally:
            waiting = self._waiting.get(key, [])
            if future in waiting:
                waiting.remove(future)
            if not waiting:
                self._waiting.pop(key, None)

    def _keep(self, pod: Pod) -> None:
        found: Promise | Refused | None
        try:
            found = promise.read(pod.annotations, self._mtu)
        except Refused as refused:
            found = refused
        key = (pod.namespace, pod.name)
        self._known[key] = Known(pod.metadata.uid, found)
        self._wake(key)

    def _drop(self, pod: Pod) -> None:
        key = (pod.namespace, pod.name)
        known = self._known.get(key)
        if known and known.uid == pod.metadata.uid:
            del self._known[key]
        self._gone(pod.namespace, pod.name, pod.metadata.uid)
        self._wake(key)

    def _wake(self, key: Key) -> None:
        for future in self._waiting.pop(key, ()):
            if not future.done():
                future.set_result(None)
