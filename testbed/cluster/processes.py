"""One supervised child process: its log, when it is ready, whether it still lives.

Children run in the foreground and are never detached: their parent knows their exit status, there is no PID file to
race for, and the enclosure ends them if nobody else does. Output and errors go to one log file, in which the line
`{"ready": true}` says that a process of ours is ready; OVS daemons are ready when all their sockets exist.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from testbed.cluster.errors import DaemonDied, StartFailed

POLL_S = 0.005
LAST_LINES = 12


Launcher = Callable[..., subprocess.Popen[bytes]]
"""`subprocess.Popen`, or a machine's own that first enters the machine's namespaces."""


class Process:
    """A child with a log file.

    Args:
        name: what people call it, for example `node3 ovs-vswitchd`.
        argv: program and arguments; never a shell line.
        log: where output and errors are appended.
        environment: added to the inherited environment.
        launch: how the process is started.
        ready: from the PID, the sockets whose existence says "ready"; without it the ready line in the log does.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        launch: Launcher = subprocess.Popen,
        ready: Callable[[int], Sequence[Path]] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.argv = tuple(argv)
        self.log = log
        self.ready = ready
        self._environment = dict(environment or {})
        self._launch = launch
        self._pass_fds = tuple(pass_fds)
        self._popen: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self._expected_to_run = False

    def start(self) -> None:
        """Start it; returns at once. Sockets that an earlier start left are removed first."""
        if self.ready is not None:
            for left in self.ready(self._popen.pid if self._popen else 0):
                left.unlink(missing_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._popen = self._launch(
                list(self.argv),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | self._environment,
                pass_fds=self._pass_fds,
            )
        self._expected_to_run = True

    @property
    def pid(self) -> int:
        """PID within the enclosure.

        Raises:
            RuntimeError: it was never started.
        """
        if self._popen is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs (or was never started)."""
        return None if self._popen is None else self._popen.poll()

    @property
    def is_ready(self) -> bool:
        """Whether its sockets exist, or its ready line is in the log since the last start."""
        if self.ready is not None:
            return all(socket.exists() for socket in self.ready(self.pid))
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return any(_is_ready_line(line) for line in log)

    def check(self) -> None:
        """Do nothing if it lives.

        Raises:
            DaemonDied: it ended although nobody stopped it.
        """
        code = self.returncode
        if code is not None and self._expected_to_run:
            raise DaemonDied(self.name, code, self.last_lines(), self.log)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone; it is expected to be gone from now on."""
        self.send_kill()
        if self._popen is not None:
            self._popen.wait()

    def send_kill(self) -> None:
        """SIGKILL without waiting for the end."""
        self._expected_to_run = False
        if self._popen is not None:
            self._popen.kill()

    def restart(self, timeout_s: float = 10.0) -> None:
        """Kill it, start it again and wait until it is ready.

        Raises:
            StartFailed: it did not come back.
        """
        self.kill()
        self.start()
        wait_ready([self], timeout_s)

    def last_lines(self, count: int = LAST_LINES) -> list[str]:
        """The end of its log."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - 65536))
                return log.read().decode(errors="replace").splitlines()[-count:]
        except FileNotFoundError:
            return []

    def failed(self, why: str) -> StartFailed:
        """The error to raise when it does not come up."""
        return StartFailed(self.name, why, self.last_lines(), self.log)


def _is_ready_line(line: bytes) -> bool:
    if not line.startswith(b"{"):
        return False
    try:
        said = json.loads(line)
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("ready") is True


def wait_ready(processes: Iterable[Process], timeout_s: float) -> None:
    """Wait until all are ready.

    Raises:
        StartFailed: one died, or was not ready in time.
    """
    waiting = list(processes)

    def all_ready() -> bool:
        waiting[:] = [process for process in waiting if not process.is_ready]
        return not waiting

    wait_until(all_ready, waiting, timeout_s, "it is not ready")


def wait_until(condition: Callable[[], bool], needed: Sequence[Process], timeout_s: float, why: str) -> None:
    """Wait for `condition` while all `needed` processes live.

    Raises:
        StartFailed: a needed process died, or `timeout_s` passed: the first needed process is blamed, for `why`.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        for process in needed:
            code = process.returncode
            if code is not None:
                raise process.failed(f"it ended with status {code}")
        if time.monotonic() > deadline:
            raise needed[0].failed(f"{why} after {timeout_s:g} s")
        time.sleep(POLL_S)


def stop_all(processes: Iterable[Process]) -> None:
    """Kill all, then wait for all: as fast as the kernel can."""
    mine = list(processes)
    for process in mine:
        process.send_kill()
    for process in mine:
        process.kill()
