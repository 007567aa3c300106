"""One run of a container: a process, one that an earlier kubelet started, or a responder that has none."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from dataclasses import dataclass, field

from testbed.kubelet import ending

LOST = 137
"""Exit status of a process that ended while nobody looked, as Kubernetes gives it (ContainerStatusUnknown)."""


@dataclass
class Attempt:
    """From its start to its end."""

    number: int
    started: str
    """When, as Kubernetes writes times."""
    pid: int | None = None
    popen: subprocess.Popen[bytes] | None = None
    """Its process, where it is a child of ours."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    why: str = ""
    """Why it was ended by us."""

    async def exit_code(self) -> int:
        """Wait for its end; nobody knows the exit status of what another kubelet started."""
        if self.pid is None:
            await self.ended.wait()
            return LOST
        await ending.gone(self.pid)
        self.ended.set()
        return LOST if self.popen is None else ending.status(self.popen)

    def reason(self, code: int) -> str:
        """Kubernetes' word for an end with that exit status."""
        if code == 0:
            return "Completed"
        was_unseen = code == LOST and self.popen is None and not self.why
        return "ContainerStatusUnknown" if was_unseen else "Error"

    async def stop(self, grace_s: float) -> None:
        """End it: asked to, and killed after so many seconds."""
        if self.pid is None:
            self.ended.set()
            return
        if self.ended.is_set():
            return  # its number may be another process's by now
        ending.send(self.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(grace_s):
                await self.ended.wait()
        except TimeoutError:
            ending.send(self.pid, signal.SIGKILL)
            await self.ended.wait()
