"""A daemon that hangs: it keeps its connections and its state but does nothing, as with a stuck disk or a debugger."""

from testbed.faults import signals
from testbed.faults.victims import Victim, called


class Pause:
    """Stop all threads of a daemon (SIGSTOP); undone by letting it go on (SIGCONT)."""

    def __init__(self, victim: Victim) -> None:
        self._victim = victim

    @property
    def name(self) -> str:
        """What is broken, in words."""
        return f"pause of {called(self._victim)}"

    def apply(self) -> None:
        """Returns once every thread has stopped. Raises FaultFailed."""
        signals.stop(self._victim.pid)

    def undo(self) -> None:
        """Let it go on; nothing happens if it is gone."""
        signals.go_on(self._victim.pid)
