"""A machine of the emulated network: a Mininet node that is spoken to by argv and file, never through its shell."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from typing import Any

import mininet.node

COMMAND_TIMEOUT_S = 30.0


class Host(mininet.node.Node):  # type: ignore[misc]  # Mininet comes without types
    """A network namespace with a name.

    Mininet's prompt uses the shell that Mininet starts in it; the testbed itself does not.
    """

    name: str
    pid: int
    """A process in its network namespace."""

    @classmethod
    def setup(cls) -> None:
        """Mininet would look for ifconfig here; interfaces are configured with `ip`."""

    def run(self, argv: Sequence[str], *, input: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in it to its end, whatever its exit status.

        Raises:
            subprocess.TimeoutExpired: after 30 s.
        """
        return subprocess.run(
            self._entered(argv),
            input=input,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )

    def must(self, argv: Sequence[str], *, input: str | None = None) -> str:
        """Run a command that has to succeed; returns its output.

        Raises:
            RuntimeError: it failed; the message holds what it said.
        """
        done = self.run(argv, input=input)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise RuntimeError(f"{self.name}: {' '.join(argv)}: exit status {done.returncode}: {said}")
        return done.stdout

    def popen(self, argv: Sequence[str], **keywords: Any) -> subprocess.Popen[Any]:
        """Start a command in it; keywords are those of `subprocess.Popen`."""
        return subprocess.Popen(self._entered(argv), **keywords)

    def read_file(self, path: str) -> str:
        """The content of a file as its processes see it (its own /sys, for example).

        Raises:
            RuntimeError: it cannot be read.
        """
        return self.must(["cat", "--", path])

    def ip(self, commands: Iterable[str]) -> None:
        """Run a batch of `ip` commands in it.

        Raises:
            RuntimeError: one was refused.
        """
        self.must(["ip", "-batch", "-"], input="".join(f"{command}\n" for command in commands))

    def vanish(self) -> None:
        """End its shell at once; the namespace goes with the last process in it."""
        if self.shell is not None:
            self.shell.kill()
            self.cleanup()

    def _entered(self, argv: Sequence[str]) -> list[str]:
        # -d: a session of its own, so that a terminal's Ctrl-C does not reach it; -a: the namespaces of that PID
        return ["mnexec", "-da", str(self.pid), *argv]
