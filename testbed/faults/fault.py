"""What every fault can do, and how a block of code suffers one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Fault(Protocol):
    """Something that is broken for a while."""

    @property
    def name(self) -> str:
        """What is broken, in words for events and reports: `pause of node1 chassis`."""

    def apply(self) -> None:
        """Break it; returns once it is broken. Raises FaultFailed when that cannot be done."""

    def undo(self) -> None:
        """Mend it; returns once the thing is as it was (not once the cluster has recovered). Safe to call twice."""


class FaultFailed(Exception):
    """A fault could not be applied or undone; the message names it and says why."""


@contextmanager
def suffering(fault: Fault) -> Iterator[Fault]:
    """Apply a fault for the length of a block; it is undone however the block ends."""
    try:
        fault.apply()
        yield fault
    finally:
        fault.undo()
