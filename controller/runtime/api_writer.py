"""The one hand that writes what fragments state to the API: patches, deletions, events.

What was sent is assumed to hold until the answer says otherwise, so that the next diff does not send it again. Writes
to one object stay in order; those to different objects run side by side.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from controller.api.core import Event, EventSource, ObjectReference
from controller.api.kinds import EVENTS, PODS, Kind
from controller.api.meta import ObjectMeta
from controller.api.names import FINALIZER
from controller.engine import statement
from controller.engine.engine import Effect
from controller.engine.fragment import Notice
from controller.engine.view import View
from controller.kubernetes import ApiError, Client, Unreachable
from controller.northbound.replica import Replica
from controller.runtime.clock import timestamp

log = logging.getLogger(__name__)

MOST_PENDING = 2_000
"""Writes on their way before the loop waits: bounds memory, and keeps NB from running far ahead of daemons."""

COMPONENT = "kube-ovn-controller"


@dataclass
class Tally:
    """Exact amounts of work since the start."""

    patches: int = 0
    deletions: int = 0
    events: int = 0
    failures: int = 0


class ApiWriter:
    """Carries out effects. ``retry`` is called with the owner of each that has to be tried again."""

    def __init__(self, client: Client, view: View, replica: Replica, retry: Callable[[str], None]) -> None:
        self._client = client
        self._view = view
        self._replica = replica
        self._retry = retry
        self._tails: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._room = asyncio.Event()
        self._room.set()
        self.tally = Tally()

    @property
    def pending(self) -> int:
        """How many objects are being written to."""
        return len(self._tails)

    async def room(self) -> None:
        """Waits while too many writes are on their way."""
        await self._room.wait()

    async def drain(self) -> None:
        """Waits until nothing is on its way."""
        while self._tails:
            await asyncio.wait(set(self._tails.values()))

    def submit(self, effects: Iterable[Effect]) -> None:
        """Starts to carry out ``effects``; returns at once."""
        for effect in effects:
            stated = self._view.stated(effect.kind, effect.path)
            if stated is not None and stated.uid != effect.uid:
                continue  # It is another by now, of which the engine has been told.
            if stated is not None and effect.patch:
                self._view.assume(effect.kind, effect.path, statement.merged(stated, effect.patch))
            key = (effect.kind.name, effect.path)
            task = asyncio.create_task(self._carry_out(effect, self._tails.get(key)))
            self._tails[key] = task
            task.add_done_callback(lambda done, key=key: self._ended(key, done))  # type: ignore[misc]
        if len(self._tails) >= MOST_PENDING:
            self._room.clear()

    def _ended(self, key: tuple[str, str], task: asyncio.Task[None]) -> None:
        if self._tails.get(key) is task:
            del self._tails[key]
        if len(self._tails) < MOST_PENDING:
            self._room.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("writing %s %s", *key, exc_info=error)

    async def _carry_out(self, effect: Effect, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        try:
            await self._write(effect)
        except (ApiError, Unreachable) as error:
            if isinstance(error, ApiError) and (error.is_not_found or error.is_conflict):
                return  # It went, or is another by now: the informer tells, and the diff is made anew.
            self.tally.failures += 1
            log.warning("%s %s: %s", effect.kind.name, effect.path, error)
            await self._reload(effect)
            self._retry(effect.owner)

    async def _write(self, effect: Effect) -> None:
        namespace, name = _split(effect.path)
        identity = {"uid": effect.uid}
        if effect.patch.annotations:
            metadata = identity | {"annotations": effect.patch.annotations}
            await self._client.patch(effect.kind, name, {"metadata": metadata}, namespace=namespace)
            self.tally.patches += 1
        if effect.patch.spec:
            patch = {"metadata": identity, "spec": effect.patch.spec}
            await self._client.patch(effect.kind, name, patch, namespace=namespace)
            self.tally.patches += 1
        if effect.patch.status and effect.kind is PODS:
            conditions = [_of_a_pod(entry) for entry in effect.patch.status["conditions"]]
            await self._client.merge_conditions(PODS, name, conditions, uid=effect.uid, namespace=namespace)
            self.tally.patches += 1
        elif effect.patch.status:
            patch = {"metadata": identity, "status": effect.patch.status}
            await self._client.patch(effect.kind, name, patch, namespace=namespace, subresource="status")
            self.tally.patches += 1
        for notice in effect.notices:
            await self._tell(effect, notice)
        if effect.patch.finalizer is not None:
            await self._hold(effect, effect.patch.finalizer)
        if effect.gone_after is not None:
            if self._replica.uuid(effect.gone_after) is not None:
                self._retry(effect.owner)
                return
            await self._client.delete(effect.kind, name, namespace=namespace, uid=effect.uid)
            self.tally.deletions += 1

    async def _hold(self, effect: Effect, is_to_be_held: bool) -> None:
        """Writes the list of finalizers, in which others have theirs: only as it was read a moment ago."""
        namespace, name = _split(effect.path)
        kind: Kind[Any] = effect.kind
        found = (await self._client.get(kind, name, namespace)).metadata
        finalizers = [entry for entry in found.finalizers if entry != FINALIZER]
        if is_to_be_held:
            finalizers.append(FINALIZER)
        metadata = {"uid": effect.uid, "resourceVersion": found.resource_version, "finalizers": finalizers}
        await self._client.patch(kind, name, {"metadata": metadata}, namespace=namespace)
        self.tally.patches += 1

    async def _tell(self, effect: Effect, notice: Notice) -> None:
        namespace, name = _split(effect.path)
        now = timestamp()
        text = "\0".join((effect.uid, notice.type, notice.reason, notice.message))
        digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        event = Event(
            metadata=ObjectMeta(name=f"{name}.{digest}", namespace=namespace or "default"),
            involved_object=ObjectReference(
                api_version=effect.kind.api_version,
                kind=effect.kind.name,
                name=name,
                namespace=namespace or "",
                uid=effect.uid,
            ),
            type=notice.type,
            reason=notice.reason,
            message=notice.message,
            first_timestamp=now,
            last_timestamp=now,
            source=EventSource(component=COMPONENT),
        )
        try:
            await self._client.create(EVENTS, event)
            self.tally.events += 1
        except ApiError as error:
            if not error.is_conflict:  # The same event again is no news.
                raise

    async def _reload(self, effect: Effect) -> None:
        """What was assumed does not hold: take what the API has instead."""
        namespace, name = _split(effect.path)
        kind: Kind[Any] = effect.kind
        try:
            self._view.put(kind, await self._client.get(kind, name, namespace))
        except (ApiError, Unreachable):
            self._view.doubt(kind, effect.path)


def _of_a_pod(condition: dict[str, Any]) -> dict[str, Any]:
    """A condition in the form that pods have: they know no ``lastUpdateTime``."""
    return {name: value for name, value in condition.items() if name != "lastUpdateTime"}


def _split(path: str) -> tuple[str | None, str]:
    namespace, slash, name = path.rpartition("/")
    return (namespace if slash else None), name
