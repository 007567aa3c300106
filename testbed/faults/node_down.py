"""A node that dies: all its OVN and OVS daemons at once, as when the machine loses its power."""

from collections.abc import Sequence
from typing import Protocol

from testbed.faults.victims import Victim


class DyingNode(Protocol):
    """A node (`testbed.cluster.Node`)."""

    @property
    def name(self) -> str:
        """As people call it."""

    @property
    def daemons(self) -> Sequence[Victim]:
        """Its daemons, in the order in which they are started."""

    def start_again(self) -> None:
        """Start all its daemons and give its devices their addresses back."""


class NodeDown:
    """Kill all daemons of a node; undone by starting them."""

    def __init__(self, node: DyingNode) -> None:
        self._node = node
        self._down = False

    @property
    def name(self) -> str:
        """What is broken, in words."""
        return f"{self._node.name} down"

    def apply(self) -> None:
        """SIGKILL to each, the last started first; returns once all are gone."""
        self._down = True
        for daemon in reversed(self._node.daemons):
            daemon.process.kill()

    def undo(self) -> None:
        """Returns once its daemons are ready; the cluster takes it back on its own time."""
        if self._down:
            self._node.start_again()
            self._down = False
