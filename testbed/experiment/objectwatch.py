"""Waiting for what becomes of objects of one kind, by one watch for all who wait.

Whoever waits is woken by news of its own object only, so a thousand that wait cost no more than the events.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Generic, TypeVar

from controller.api.kinds import Kind
from controller.api.meta import Resource
from controller.kubernetes import Client

T = TypeVar("T", bound=Resource)


class ObjectWatch(Generic[T]):
    """Follows all objects of a kind; keys are paths (``namespace/name`` or ``name``).

    Used as a task: ``run`` ends only with an error or cancelled.
    """

    def __init__(self, api: Client, kind: Kind[T]) -> None:
        self._api = api
        self._kind = kind
        self._states: dict[str, tuple[T | None, int]] = {}
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    async def run(self) -> None:
        """Keep the view current."""
        async for change in self._api.follow(self._kind):
            if change.type == "SYNCED":
                continue
            key = change.object.path
            found = None if change.type == "DELETED" else change.object
            self._states[key] = (found, change.accepted_ns or change.received_ns)
            for told in self._waiting.get(key, ()):
                told.set()

    async def until(self, key: str, holds: Callable[[T], bool], timeout: float) -> int:
        """When the API accepted the state in which ``holds`` was first seen to be true (CLOCK_MONOTONIC ns).

        Raises ``TimeoutError`` naming the object.
        """
        return await self._until(key, lambda found: found is not None and holds(found), timeout)

    async def until_gone(self, key: str, timeout: float) -> int:
        """When the API removed the object, which has to be there or to have been; raises ``TimeoutError``."""
        return await self._until(key, lambda found: found is None, timeout)

    async def _until(self, key: str, holds: Callable[[T | None], bool], timeout: float) -> int:
        told = asyncio.Event()
        self._waiting[key].add(told)
        try:
            async with asyncio.timeout(timeout):
                while True:
                    if key in self._states:
                        found, accepted_ns = self._states[key]
                        if holds(found):
                            return accepted_ns
                    told.clear()
                    await told.wait()
        except TimeoutError:
            raise TimeoutError(f"{self._kind.name} {key} was not as expected within {timeout:g} s") from None
        finally:
            self._waiting[key].discard(told)
            if not self._waiting[key]:
                del self._waiting[key]
