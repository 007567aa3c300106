"""A process that cannot be mistaken for a later one of the same number: what is sent by it reaches nobody else."""

from __future__ import annotations

import contextlib
import os
import select
import signal


class Handle:
    """A pidfd (pidfd_open(2)) of a process that lives, or has not been waited for."""

    def __init__(self, pid: int) -> None:
        self._descriptor = os.pidfd_open(pid)

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens if it has ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, number)

    def ended(self, timeout_s: float) -> bool:
        """Whether it has ended; waits for that up to `timeout_s`."""
        return bool(select.select([self._descriptor], [], [], timeout_s)[0])

    def close(self) -> None:
        """Let go of it; it lives on."""
        os.close(self._descriptor)
