"""Waiting for news of one of many things: who waits is woken by news of that one only.

So a thousand that wait cost no more than the events that they wait for.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable


class Waiting:
    """Who waits for news of what, by key."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def tell(self, key: str) -> None:
        """There is news of it."""
        for told in self._waiting.get(key, ()):
            told.set()

    async def until(self, key: str, moment: Callable[[], int | None], timeout: float, fault: str) -> int:
        """The moment, once there is one; looked for now and at each news of the key.

        Raises ``TimeoutError`` after ``timeout`` seconds, saying ``fault``.
        """
        told = asyncio.Event()
        self._waiting[key].add(told)
        try:
            async with asyncio.timeout(timeout):
                while (found := moment()) is None:
                    told.clear()
                    await told.wait()
                return found
        except TimeoutError:
            raise TimeoutError(f"{fault} within {timeout:g} s") from None
        finally:
            self._waiting[key].discard(told)
            if not self._waiting[key]:
                del self._waiting[key]
