"""A daemon that is replaced in one go, as an upgrade or a supervisor does: killed and started at once."""

from testbed.faults.victims import Victim, called


class Restart:
    """Kill a daemon and start it again; there is nothing to undo. Raises what its supervisor raises."""

    def __init__(self, victim: Victim) -> None:
        self._victim = victim

    @property
    def name(self) -> str:
        """What is broken, in words."""
        return f"restart of {called(self._victim)}"

    def apply(self) -> None:
        """Returns once the new process is ready."""
        self._victim.process.restart()

    def undo(self) -> None:
        """Nothing: the daemon runs."""
