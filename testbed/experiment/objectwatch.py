"""Waiting for what becomes of objects of one kind, by one watch for all who wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from controller.api.kinds import Kind
from controller.api.meta import Resource
from controller.kubernetes import Client
from testbed.experiment.waiting import Waiting

T = TypeVar("T", bound=Resource)


class ObjectWatch(Generic[T]):
    """Follows all objects of a kind; keys are paths (``namespace/name`` or ``name``).

    Used as a task: ``run`` ends only with an error or cancelled.
    """

    def __init__(self, api: Client, kind: Kind[T]) -> None:
        self._api = api
        self._kind = kind
        self._states: dict[str, tuple[T | None, int]] = {}
        self._waiting = Waiting()

    async def run(self) -> None:
        """Keep the view current."""
        async for change in self._api.follow(self._kind):
            if change.type == "SYNCED":
                continue
            key = change.object.path
            found = None if change.type == "DELETED" else change.object
            self._states[key] = (found, change.accepted_ns or change.received_ns)
            self._waiting.tell(key)

    async def until(self, key: str, holds: Callable[[T], bool], timeout: float) -> int:
        """When the API accepted the state in which ``holds`` was first seen to be true (CLOCK_MONOTONIC ns).

        Raises ``TimeoutError`` naming the object.
        """
        return await self._until(key, lambda found: found is not None and holds(found), timeout)

    async def until_gone(self, key: str, timeout: float) -> int:
        """When the API removed the object, which has to be there or to have been; raises ``TimeoutError``."""
        return await self._until(key, lambda found: found is None, timeout)

    async def _until(self, key: str, holds: Callable[[T | None], bool], timeout: float) -> int:
        def moment() -> int | None:
            found, accepted_ns = self._states.get(key, (None, None))
            return accepted_ns if holds(found) else None

        return await self._waiting.until(key, moment, timeout, f"{self._kind.name} {key} was not as expected")
