"""Holding OVN's daemons still and making them process a change in full, so that "full" can be told from "waited".

A recomputation that is merely asked for may come before the change, after it, or be what the change waits behind.
Paused, the daemons cannot see the change; recomputation is then asked for on sight of it and they are let go, so that
the change is in that recomputation or the counters say that it was not.

`async with held(northd, chassis):` lets all go again however the block ends.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from controller.ovsdb import unixctl
from testbed.measure.clock import monotonic_ns
from testbed.measure.subjects import MeasuredDaemon

RECOMPUTE = "inc-engine/recompute"

ACTIVE_TIMEOUT_S = 5.0
"""Until northd has its lock again: a round trip to SB, unless another northd took it."""

PROCESSING_TIMEOUT_S = 120.0
"""For one answer: a daemon gives none while it recomputes, and ten that do so at once share two processors."""

NUDGE_S = 0.001


class NotActive(Exception):
    """northd was let go but does not process anything: another one is active."""


class _Held(Protocol):
    async def pause(self) -> None: ...
    async def resume(self) -> None: ...


class Northd:
    """The ovn-northd among some daemons. Methods raise UnixctlError when it does not answer."""

    def __init__(self, daemons: Iterable[MeasuredDaemon]) -> None:
        self._daemon = next(daemon for daemon in daemons if daemon.role == "northd")

    async def pause(self) -> None:
        """It answers but processes nothing until resumed. Harmless when it is paused already."""
        await _tell(self._daemon, "pause")

    async def resume(self) -> None:
        """Process what has come up, in whichever way it likes; returns when it has. Raises NotActive.

        Paused, northd gives up its lock on SB. That of OVN 23.03 may fall asleep between asking for it and using it,
        until anything at all wakes it, which being asked for its status does. It answers after a round of processing.
        """
        await _tell(self._daemon, "resume")
        deadline = monotonic_ns() + ACTIVE_TIMEOUT_S * 1e9
        while "active" not in await _tell(self._daemon, "status"):
            if monotonic_ns() > deadline:
                raise NotActive(f"ovn-northd is still on standby {ACTIVE_TIMEOUT_S:g} s after it was resumed")
            await asyncio.sleep(NUDGE_S)

    async def recompute_and_resume(self) -> None:
        """Process what has come up by recomputing everything once; returns when that is done. Raises NotActive."""
        await _tell(self._daemon, RECOMPUTE)
        await self.resume()


class Chassis:
    """All ovn-controllers among some daemons, told at the same time. Methods raise UnixctlError as Northd's do."""

    def __init__(self, daemons: Iterable[MeasuredDaemon]) -> None:
        self._daemons: Sequence[MeasuredDaemon] = [daemon for daemon in daemons if daemon.role == "chassis"]

    async def pause(self) -> None:
        """They answer but process nothing until resumed."""
        await self._tell("debug/pause")

    async def resume(self) -> None:
        """Process what has come up, in whichever way they like."""
        await self._tell("debug/resume")

    async def recompute(self) -> None:
        """Compute everything anew soon; returns once they know, not when it is done."""
        await self._tell(RECOMPUTE)

    async def recompute_and_resume(self) -> None:
        """Process what has come up by recomputing everything once."""
        await asyncio.gather(*(self._recompute_and_resume(daemon) for daemon in self._daemons))

    async def _tell(self, command: str) -> None:
        await asyncio.gather(*(_tell(daemon, command) for daemon in self._daemons))

    @staticmethod
    async def _recompute_and_resume(daemon: MeasuredDaemon) -> None:
        await _tell(daemon, RECOMPUTE)
        await _tell(daemon, "debug/resume")


async def _tell(daemon: MeasuredDaemon, command: str) -> str:
    return await unixctl.call(daemon.control, command, timeout=PROCESSING_TIMEOUT_S)


@asynccontextmanager
async def held(*paused: _Held) -> AsyncIterator[None]:
    """Pause all at once; resume all when the block ends, also those that were let go within it."""
    try:
        await asyncio.gather(*(one.pause() for one in paused))
        yield
    finally:
        await asyncio.gather(*(one.resume() for one in paused))
