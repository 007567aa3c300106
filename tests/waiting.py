"""How tests wait: for the thing itself, asked for again and again, and never for longer than a limit."""

from __future__ import annotations

import asyncio
import os
import select
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

WITHIN_S = 60.0
"""Far more than anything takes, on a machine that is busy with other things."""


async def until(ask: Callable[[], Awaitable[T | None]], what: str, within_s: float = WITHIN_S) -> T:
    """What the answer is, once it is one; ``what`` tells people what did not happen."""
    deadline = time.monotonic() + within_s
    while not (found := await ask()):
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        await asyncio.sleep(0.01)
    return found


def wait_until(ask: Callable[[], T | None], what: str, within_s: float = WITHIN_S) -> T:
    """The same, where there is no event loop."""
    deadline = time.monotonic() + within_s
    while not (found := ask()):
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        time.sleep(0.02)
    return found


def read_until(descriptor: int, wanted: bytes, within_s: float = WITHIN_S) -> bytes:
    """What somebody writes, up to what is wanted and perhaps beyond."""
    said, deadline = b"", time.monotonic() + within_s
    while wanted not in said:
        assert select.select([descriptor], [], [], max(0, deadline - time.monotonic()))[0], said
        said += os.read(descriptor, 65_536)
    return said
