"""What can go wrong while a cluster is built or kept: each error says what a person needs to go on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class ClusterError(Exception):
    """Any failure of the laboratory itself."""


class NotPrivileged(ClusterError):
    """The laboratory needs namespaces, and namespaces need root."""


class SpecError(ClusterError):
    """The cluster that was asked for cannot be; nothing was started."""


class StateInUse(ClusterError):
    """Another live cluster holds the state directory of this name."""


class StateUnusable(ClusterError):
    """A state directory that cannot be used, or that is not the testbed's to empty."""


class NoCluster(ClusterError):
    """No cluster of that name runs here, or it does not answer."""


def _told(lines: Sequence[str], log: Path) -> str:
    quoted = "\n".join(f"    {line}" for line in lines) if lines else "    (its log is empty)"
    return f"last lines of {log}:\n{quoted}"


class StartFailed(ClusterError):
    """A process did not come up."""

    def __init__(self, process: str, why: str, last_lines: Sequence[str], log: Path) -> None:
        super().__init__(f"{process} did not start: {why}; {_told(last_lines, log)}")
        self.process = process
        self.why = why
        self.last_lines = tuple(last_lines)
        self.log = log


class DaemonDied(ClusterError):
    """A process of a running cluster ended although nobody asked it to."""

    def __init__(self, daemon: str, returncode: int, last_lines: Sequence[str], log: Path) -> None:
        how = f"killed by signal {-returncode}" if returncode < 0 else f"exit status {returncode}"
        super().__init__(f"{daemon} died ({how}); {_told(last_lines, log)}")
        self.daemon = daemon
        self.returncode = returncode
        self.last_lines = tuple(last_lines)
        self.log = log
