"""How processes end: waited for without a thread, told to end, their status as shells give it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess


async def gone(pid: int) -> None:
    """Wait until a process has ended; at once when there is none of that number."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_reader(descriptor, over.set)
    try:
        await over.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def status(popen: subprocess.Popen[bytes]) -> int:
    """The exit status of a child that has ended; 128 more than the number of the signal that it died of."""
    code = popen.wait()
    return code if code >= 0 else 128 - code


def send(pid: int, number: signal.Signals) -> None:
    """A signal to the process group that a process leads; nothing when there is none."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)
