"""Commands run from the host inside a cluster: in its enclosure, on a node or in a pod, as the caller's own children.

The command inherits the caller's streams and terminal, so nothing has to be copied to and fro, and its exit status is
the kernel's own word. It lives in the PID namespace of the enclosure and ends with the cluster.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

_NAMESPACES = ("user", "cgroup", "ipc", "uts", "net", "pid", "mnt")
"""In the order in which nsenter(1) enters them: the mounts last, since the others are looked up through /proc."""

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""As every shell says it of a command."""
OWN_FAILURE = 125

_libc = ctypes.CDLL(None, use_errno=True)


def run(supervisor: int, target: int, argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command in the namespaces of a cluster's process and wait for it.

    Args:
        supervisor: PID of the cluster's supervisor, numbered as the caller's namespace numbers it.
        target: PID of the process whose namespaces are entered, numbered as the enclosure does.
        argv: program and arguments; looked up in `PATH` there.
        environment: added to the caller's.

    Returns:
        Its exit status; 128 + N when signal N ended it; 127 or 126 when there is no such program.

    Raises:
        OSError: the namespaces cannot be entered.
    """
    enter(supervisor, target)
    sys.stdout.flush()
    sys.stderr.flush()
    terminal = _terminal()
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # to hand the terminal over and take it back
    child = os.fork()
    if child == 0:
        _take(terminal)
        _become(argv, {**os.environ, **environment})
    for number in (signal.SIGINT, signal.SIGQUIT):  # these reach the child by the terminal itself
        signal.signal(number, signal.SIG_IGN)

    def forward(number: int, _frame: FrameType | None) -> None:
        os.kill(child, number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, forward)
    _, status = os.waitpid(child, 0)
    if terminal is not None:
        os.tcsetpgrp(terminal, os.getpgrp())
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def enter(supervisor: int, target: int) -> None:
    """Join the namespaces of a process of the enclosure; children from now on are in its PID namespace.

    Raises:
        OSError: it is gone, or may not be entered.
    """
    own = _stats("/proc/self/ns")
    theirs = _join(f"/proc/{supervisor:d}/ns", own)
    _join(f"/proc/{target:d}/ns", theirs)  # with the enclosure's mounts came its /proc


def _stats(directory: str) -> dict[str, os.stat_result]:
    return {name: Path(directory, name).stat() for name in _NAMESPACES}


def _join(directory: str, own: Mapping[str, os.stat_result]) -> dict[str, os.stat_result]:
    """Join the namespaces in which a process differs from our `own`; returns all of its."""
    theirs = _stats(directory)
    different = [name for name in _NAMESPACES if not os.path.samestat(own[name], theirs[name])]
    with contextlib.ExitStack() as stack:
        descriptors = []
        for name in different:
            descriptors.append(os.open(f"{directory}/{name}", os.O_RDONLY | os.O_CLOEXEC))
            stack.callback(os.close, descriptors[-1])
        for descriptor in descriptors:
            if _libc.setns(descriptor, 0) != 0:
                number = ctypes.get_errno()
                raise OSError(number, f"{directory}: {os.strerror(number)}")
    return theirs


def _terminal() -> int | None:
    """The terminal that the child is to have in the foreground, if we have it."""
    try:
        return 0 if os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp() else None
    except OSError:
        return None


def _take(terminal: int | None) -> None:
    """Be a process group that the new PID namespace knows, in the foreground: else a shell has no job control."""
    if terminal is not None:
        os.setpgid(0, 0)
        os.tcsetpgrp(terminal, os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)


def _become(argv: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    try:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, its children would too
        os.execvpe(argv[0], list(argv), dict(environment))  # noqa: S606 - the absence of a shell is the point
    except FileNotFoundError:
        print(f"testbed: {argv[0]}: no such program there", file=sys.stderr, flush=True)
        os._exit(NOT_FOUND)
    except OSError as error:
        print(f"testbed: {argv[0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(NOT_EXECUTABLE)
