"""Whom faults befall: what a fault needs to know of a daemon and of a machine (`testbed.cluster` has both)."""

from collections.abc import Sequence
from subprocess import CompletedProcess
from typing import Protocol


class Supervised(Protocol):
    """A child process that its supervisor can end and start (`testbed.cluster.processes.Process`)."""

    @property
    def returncode(self) -> int | None:
        """None while it runs."""

    def kill(self) -> None:
        """SIGKILL, wait until it is gone, and do not call its end a failure."""

    def restart(self, timeout_s: float = ...) -> None:
        """Kill it if it lives, start it and wait until it is ready."""


class Victim(Protocol):
    """A daemon (`testbed.cluster.Daemon`)."""

    @property
    def node(self) -> str:
        """The machine it runs on."""

    @property
    def role(self) -> str:
        """What it is there for on its machine."""

    @property
    def pid(self) -> int:
        """Another one after a restart."""

    @property
    def process(self) -> Supervised:
        """Its supervisor's handle."""


class Machine(Protocol):
    """A node, the central or the external host (`testbed.cluster.Host`)."""

    @property
    def name(self) -> str:
        """As people call it."""

    def run(self, argv: Sequence[str]) -> CompletedProcess[str]:
        """Run a command in its network namespace."""


def called(victim: Victim) -> str:
    """A daemon in words: `node1 chassis`."""
    return f"{victim.node} {victim.role}"
