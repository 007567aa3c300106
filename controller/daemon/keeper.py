"""Something on a node that is kept as objects demand: worked out anew after each change, applied where it differs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

from controller.daemon.config import NodeConfig
from controller.kubernetes import Backoff

log = logging.getLogger(__name__)

T = TypeVar("T")


class Changing(Protocol):
    """What tells of its changes."""

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Has ``callback`` called after each change."""


class Keeper(Generic[T]):
    """Keeps it on one node.

    Args:
        what: its name in the log.
        wanted: what it is to be now.
        apply: brings it there, in the network namespace of the process given; blocks, raises ``OSError``.
        sources: what it is worked out from.
    """

    def __init__(
        self,
        config: NodeConfig,
        what: str,
        wanted: Callable[[], T],
        apply: Callable[[int, T], None],
        workers: ThreadPoolExecutor,
        *sources: Changing,
    ) -> None:
        self._config = config
        self._what = what
        self._wanted = wanted
        self._apply = apply
        self._workers = workers
        self._changed = asyncio.Event()
        for source in sources:
            source.subscribe(self._changed.set)

    async def run(self) -> None:
        """Keeps it, for ever."""
        backoff = Backoff(first=0.2, ceiling=5.0)
        in_force: T | None = None
        while True:
            await self._changed.wait()
            self._changed.clear()
            wanted = self._wanted()
            if wanted == in_force:
                continue
            loop = asyncio.get_running_loop()
            try:
                await loop.run_in_executor(self._workers, self._apply, self._config.pid, wanted)
            except OSError as error:
                log.warning("node %s: %s: %s", self._config.node, self._what, error)
                self._changed.set()
                await asyncio.sleep(backoff.failed())
            else:
                backoff.succeeded()
                in_force = wanted
