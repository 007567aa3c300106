"""A daemon on a processor that is too busy for it: it gets only a share of every period.

Pulses of SIGSTOP and SIGCONT make it so without a control group, which a container may not be allowed to make. A period
is short against what the cluster waits for (probes of seconds) and long against the pulses' own jitter.
"""

import threading
import time

from testbed.faults import signals
from testbed.faults.fault import FaultFailed
from testbed.faults.victims import Victim, called

PERIOD_S = 0.05


class Slow:
    """Let a daemon run for `share` (0 < share < 1) of the time. Raises ValueError for another share."""

    def __init__(self, victim: Victim, share: float) -> None:
        if not 0 < share < 1:
            raise ValueError(f"share of time to run: found {share:g}, allowed more than 0 and less than 1")
        self._victim = victim
        self._share = share
        self._ended = threading.Event()
        self._pulse: threading.Thread | None = None

    @property
    def name(self) -> str:
        """What is broken, in words."""
        return f"slow down of {called(self._victim)} to {self._share:.0%}"

    def apply(self) -> None:
        """Returns once the first pulse has begun. Raises FaultFailed when the daemon is gone."""
        self._ended.clear()
        signals.stop(self._victim.pid)
        self._pulse = threading.Thread(
            target=self._run, args=(self._victim.pid,), daemon=True, name=self.name
        )
        self._pulse.start()

    def undo(self) -> None:
        """Let it run freely again."""
        if self._pulse is not None:
            self._ended.set()
            self._pulse.join()
            self._pulse = None

    def _run(self, pid: int) -> None:
        """Until undone, or until the daemon is gone (another fault may have killed it)."""
        began = time.monotonic()
        period = 0
        try:
            while not self._wait_until(began + (period + 1 - self._share) * PERIOD_S):
                signals.go_on(pid)
                period += 1
                if self._wait_until(began + period * PERIOD_S):
                    break
                signals.stop(pid)
        except FaultFailed:
            return
        finally:
            signals.go_on(pid)

    def _wait_until(self, moment: float) -> bool:
        """Whether it was undone before the moment came."""
        return self._ended.wait(max(0.0, moment - time.monotonic()))
