"""A daemon that dies at once, with no chance to say goodbye (SIGKILL), and stays dead until it is started again."""

from testbed.faults.victims import Victim, called


class Kill:
    """Kill a daemon; undone by starting it. Raises what its supervisor raises when it does not come back."""

    def __init__(self, victim: Victim) -> None:
        self._victim = victim
        self._dead = False

    @property
    def name(self) -> str:
        """What is broken, in words."""
        return f"kill of {called(self._victim)}"

    def apply(self) -> None:
        """SIGKILL; returns once the process is gone."""
        self._victim.process.kill()
        self._dead = True

    def undo(self) -> None:
        """Start it; returns once it is ready."""
        if self._dead:
            self._victim.process.restart()
            self._dead = False
