"""Load that is offered by the clock: a slow answer delays no later request, so waiting is never left out of a figure.

Load that waits for its answers slows down just when the system under load does, and the requests that it did not make
meanwhile are the ones that would have waited: coordinated omission (G. Tene, "How NOT to Measure Latency", 2013).
Times are therefore counted from when a request was due. A driver that is late itself sends what is overdue at once,
drops nothing, and keeps how late it was.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def offer(due: Iterable[tuple[int, T]], send: Callable[[T, int], Awaitable[None]]) -> None:
    """Begin ``send(what, due_ns)`` for each of ``due`` when it is due; returns once all have ended.

    Moments are CLOCK_MONOTONIC ns in ascending order. An error of one ends all.
    """

    async def begin(what: T, due_ns: int) -> None:
        await send(what, due_ns)

    async with asyncio.TaskGroup() as group:
        for due_ns, what in due:
            await asyncio.sleep(max(0.0, (due_ns - time.monotonic_ns()) / 1e9))
            group.create_task(begin(what, due_ns))
