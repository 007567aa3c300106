"""The keeper of a cluster that stays up: a detached process that holds its state directory and its enclosure.

It is forked from the command that asks for the cluster, tells it by a pipe how far it is, and lives on when that
command ends. A command that is gone before the cluster is ready, killed for example, takes the cluster with it: nobody
would know of it. When the enclosure ends, however it ends, the keeper removes the state directory and ends too.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from testbed.cluster import enclosure, state, supervisor
from testbed.cluster.errors import ClusterError, SpecError, StateInUse, StateUnusable
from testbed.cluster.handle import Handle
from testbed.cluster.spec import ClusterSpec

REFUSED = (StateInUse, StateUnusable, SpecError)
"""What nothing was started for."""

UNHEARD = 4
"""Exit status when whoever asked for the cluster was gone before it was ready."""

END_TIMEOUT_S = 3.0
"""How long a cluster may take to end by itself."""

Tell = Callable[[dict[str, Any]], None]


class Refused(ClusterError):
    """The cluster cannot be started as asked; nothing was started."""


class Failed(ClusterError):
    """The cluster did not come up; `logs` is where its logs were saved."""

    def __init__(self, message: str, logs: Path | None) -> None:
        super().__init__(message)
        self.logs = logs


def start(
    spec: ClusterSpec, https: socket.socket, on_phase: Callable[[str], None] = lambda _phase: None
) -> Path:
    """Start a cluster that outlives the caller, and return its state directory when it is ready.

    Args:
        spec: what to build.
        https: a listening TCP socket of this network namespace for the API.
        on_phase: told each phase of start-up when it begins.

    An exception of the caller's meanwhile (Ctrl-C) ends the cluster.

    Raises:
        Refused: the name is taken, or the state directory cannot be used.
        Failed: a process of it did not come up.
    """
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    # Until somebody is there who would end the keeper, no Ctrl-C may part the two.
    asked_for = signal.pthread_sigmask(signal.SIG_BLOCK, enclosure.FORWARDED)
    keeper = os.fork()
    if keeper == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, asked_for)
        os.close(reading)
        _keep(spec, https, writing)
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, asked_for)
        os.close(writing)
        return _hear(reading, on_phase)
    except ClusterError:
        os.waitpid(keeper, 0)  # it cleans up
        raise
    except BaseException:
        _end(keeper)
        raise


def _end(keeper: int) -> None:
    """SIGTERM, and if the cluster has not ended soon a second one, which lets the kernel end it (`enclosure.run`).

    A library that is just being called may swallow the exception that the first one becomes.
    """
    with contextlib.closing(Handle(keeper)) as handle:
        for _ in range(2):
            handle.send(signal.SIGTERM)
            if handle.ended(END_TIMEOUT_S):
                break
    os.waitpid(keeper, 0)


def _hear(reading: int, on_phase: Callable[[str], None]) -> Path:
    with os.fdopen(reading, "rb") as messages:
        for line in messages:
            said = json.loads(line)
            if "phase" in said:
                on_phase(said["phase"])
            elif "ready" in said:
                return Path(said["ready"])
            elif "refused" in said:
                raise Refused(said["refused"])
            else:
                raise Failed(said["failed"], Path(said["logs"]) if said["logs"] else None)
    raise Failed("the keeper of the cluster ended without a word", None)


def _keep(spec: ClusterSpec, https: socket.socket, writing: int) -> NoReturn:
    """The keeper's whole life."""
    status = enclosure.FAULT
    try:
        os.setsid()  # neither the terminal's end nor its Ctrl-C is meant for the cluster
        os.chdir("/")
        _redirect(Path(os.devnull))
        status = _hold(spec, https, writing)
    finally:
        os._exit(status)


def _hold(spec: ClusterSpec, https: socket.socket, writing: int) -> int:
    tell = _teller(writing)
    reason: list[str] = []

    def inside() -> int:
        return supervisor.serve(spec, state.root() / spec.name, https, tell)

    try:
        with state.claim(spec.name) as directory, _logs_saved(spec.name, directory, tell, reason):
            _redirect(directory / supervisor.LOG)
            status = enclosure.run(inside)
            if status == enclosure.FAULT:
                reason.append(_last_words(directory))
            return status
    except REFUSED as error:
        tell({"refused": str(error)})
        return 2


@contextlib.contextmanager
def _logs_saved(name: str, directory: Path, tell: Tell, reason: list[str]) -> Iterator[None]:
    """Whatever went wrong, the logs are somewhere else before the directory goes."""
    try:
        yield
    finally:
        if reason:
            saved = Path(tempfile.mkdtemp(prefix=f"testbed-{name}-logs-"))
            for log in directory.rglob("*.log"):
                target = saved / log.relative_to(directory)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(log, target)
            tell({"failed": reason[0], "logs": str(saved)})


def _last_words(directory: Path) -> str:
    """What the supervisor said of its failure, in a line."""
    try:
        said = (directory / supervisor.FAILURE).read_text().strip()
    except OSError:
        said = ""
    return said or f"the supervisor of the cluster failed; is there room left in {directory.parent}?"


def _teller(writing: int) -> Tell:
    def tell(message: dict[str, Any]) -> None:
        try:
            os.write(writing, json.dumps(message).encode() + b"\n")
        except BrokenPipeError:
            raise SystemExit(UNHEARD) from None

    return tell


def _redirect(output: Path) -> None:
    """Streams of the caller's are not held open: `out=$(testbed up)` returns."""
    with output.open("ab") as log, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
