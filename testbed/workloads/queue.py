"""Which objects are to be looked at: each at most once at a time, and again if something changed meanwhile.

An object that takes long to look at rests long before the next look, so that the pods of a large workload, each of
which changes several times, cost a fixed share of the processor and not the square of their number.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from controller.kubernetes import ApiError, Backoff, Unreachable

log = logging.getLogger(__name__)

Key = tuple[str, str, str]
"""Kind, namespace, name."""

FIRST_S, CEILING_S = 0.05, 30.0
"""Back-off after a failure, seconds."""


class WorkQueue:
    """Calls ``work(key)`` for keys that were added; it answers how many seconds the key is to rest afterwards."""

    def __init__(self, work: Callable[[Key], Awaitable[float]], tasks: asyncio.TaskGroup) -> None:
        self._work = work
        self._group = tasks
        self._due: set[Key] = set()
        self._attended: set[Key] = set()
        self._timers: dict[Key, asyncio.TimerHandle] = {}

    def add(self, key: Key) -> None:
        """Have a key looked at."""
        self._due.add(key)
        if key not in self._attended:
            self._attended.add(key)
            self._group.create_task(self._attend(key))

    def add_later(self, key: Key, seconds: float) -> None:
        """Have a key looked at after some seconds; replaces an earlier such wish."""
        self.forget_later(key)
        self._timers[key] = asyncio.get_running_loop().call_later(seconds, self._fire, key)

    def forget_later(self, key: Key) -> None:
        """Withdraw the wish to look at it later."""
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()

    def _fire(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.add(key)

    async def _attend(self, key: Key) -> None:
        backoff = Backoff(FIRST_S, CEILING_S)
        while key in self._due:
            self._due.discard(key)
            try:
                rest = await self._work(key)
                backoff.succeeded()
            except (ApiError, Unreachable) as error:
                rest = self._failed(key, backoff)
                log.warning("%s %s/%s: %s; again in %.2f s", *key, error, rest)
            except Exception:
                rest = self._failed(key, backoff)
                log.exception("%s %s/%s: again in %.2f s", *key, rest)
            if rest:
                await asyncio.sleep(rest)
        self._attended.discard(key)

    def _failed(self, key: Key, backoff: Backoff) -> float:
        self._due.add(key)
        return FIRST_S + backoff.failed()
