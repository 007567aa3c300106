"""Programs that people run in a container beside its own: they end when it does, however far they got away from it.

A guest carries the container's mark in its environment, and so does all that it starts: that finds daemons too, which
are in no process group of ours.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Mapping

from testbed.pods import processes
from testbed.pods.processes import Place

Starting = Callable[[Mapping[str, str], Place], "subprocess.Popen[bytes]"]
"""Starts a program, given its environment and its place; runs in a thread."""


class NotRunning(Exception):
    """A container in which nothing can be started at present; the message says why."""


class Guests:
    """The guests of one container.

    Args:
        uid: of its pod.
        container: its name.
        variables: its environment.
        were_admitted: whether an earlier kubelet may have let some in.
    """

    def __init__(self, uid: str, container: str, variables: Mapping[str, str], were_admitted: bool) -> None:
        self._uid = uid
        self._container = container
        self._variables = {**variables, **processes.mark(uid, container, processes.GUEST)}
        self._may_be_there = were_admitted

    async def admit(
        self, start: Starting, place: Place, ended: asyncio.Event
    ) -> subprocess.Popen[bytes] | None:
        """Start a program there; None when `ended` was set meanwhile: the container that it was for has ended.

        Raises:
            OSError: it cannot be started.
        """
        self._may_be_there = True
        starting = asyncio.ensure_future(asyncio.to_thread(start, self._variables, place))
        try:
            popen = await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(_discard)
            raise
        if ended.is_set():
            _discard(starting)
            return None
        return popen

    async def end(self) -> None:
        """Kill all of them."""
        if self._may_be_there:
            await asyncio.to_thread(processes.kill_guests, self._uid, self._container)
            self._may_be_there = False


def _discard(starting: asyncio.Future[subprocess.Popen[bytes]]) -> None:
    """End a program that nobody waits for any more."""
    if starting.cancelled() or starting.exception() is not None:
        return
    popen = starting.result()
    processes.kill_session(popen.pid)
    popen.kill()
    popen.wait()
