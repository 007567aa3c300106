"""Programs of the host, run in a pod's namespaces: its network, and a mount and a host name of their own.

There are no images, so a container's files are the host's. They are read-only there, and what is below /tmp, /run and
/var/tmp is empty and the container's own: a manifest cannot change the machine that it is tried on. This guards
against accidents and not against malice.

A process inherits the namespaces of the thread that starts it. The thread is made for that and ends with it, since a
thread cannot go back to the mount namespace that all others share.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs are looked for unless the container's environment says otherwise."""
MARK = "TESTBED_CONTAINER"
"""Variable by which a container's process is found again: uid of the pod, name, number of the attempt."""
GUEST = "guest"
"""In the place of that number: a further program that somebody runs in the container."""

_GONE_S = 5.0
"""How long processes that were killed may take to be gone."""

_OWN = ("/tmp", "/run", "/var/tmp")  # noqa: S108 - these become the container's own
_NEW_MOUNTS, _NEW_NAME, _NEW_NETWORK = 0x00020000, 0x04000000, 0x40000000
_SHARED_FS = 0x00000200
_MOUNT_SETATTR = 442  # the same number on all architectures of Linux, from 5.12 on
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_RDONLY, _PRIVATE = 1, 1 << 18
_NOSUID_NODEV = 2 | 4
_LIBC = ctypes.CDLL(None, use_errno=True)

Stream = int | IO[bytes] | None


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")]


@dataclass(frozen=True)
class Place:
    """Where a process runs: in the network namespace of process `network`, called `hostname`.

    With `beside` it joins the mount namespace of that process, without it gets one of its own.
    """

    network: int
    hostname: str
    beside: int | None = None


@dataclass(frozen=True)
class Found:
    """A container's process that an earlier kubelet started."""

    uid: str
    container: str
    attempt: int
    pid: int


def program(argv: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """The path of the program that `argv` starts, None when this host has none of that name."""
    found = shutil.which(argv[0], path=environment.get("PATH", PATH)) if argv and argv[0] else None
    return found and str(Path(found).absolute())


def start(
    argv: Sequence[str],
    environment: Mapping[str, str],
    place: Place,
    *,
    directory: str = "",
    stdin: Stream = subprocess.DEVNULL,
    stdout: Stream = subprocess.DEVNULL,
    stderr: Stream = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a program there, in a session of its own; `program` must have found it.

    Raises:
        FileNotFoundError: this host has no such program.
        OSError: the kernel refuses, or the pod is gone.
    """
    executable = _executable(argv, environment)
    return _started(
        place,
        lambda: subprocess.Popen(
            list(argv),
            executable=executable,
            env={"PATH": PATH, **environment},
            cwd=directory or "/",
            start_new_session=True,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        ),
    )


def start_on_terminal(
    argv: Sequence[str],
    environment: Mapping[str, str],
    place: Place,
    terminal: int,
    *,
    directory: str = "",
) -> subprocess.Popen[bytes]:
    """Start a program there, in a session of its own that `terminal` controls; raises as `start` does.

    setsid(1) makes the session, in the process that becomes the program: the kernel gives a terminal to the leader of
    a session alone.
    """
    executable = _executable(argv, environment)
    return _started(
        place,
        lambda: subprocess.Popen(
            ["setsid", "--ctty", executable, *argv[1:]],
            executable="/usr/bin/setsid",
            env={"PATH": PATH, "TERM": "xterm", **environment},
            cwd=directory or "/",
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        ),
    )


def _executable(argv: Sequence[str], environment: Mapping[str, str]) -> str:
    executable = program(argv, environment)
    if executable is None:
        raise FileNotFoundError(2, f"{argv[0] if argv else ''!r}: executable file not found in $PATH")
    return executable


def _started(place: Place, starting: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    outcome: list[subprocess.Popen[bytes] | BaseException] = []

    def enter_and_start() -> None:
        try:
            _enter(place)
            outcome.append(starting())
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=enter_and_start, name="container")
    thread.start()
    thread.join()
    (result,) = outcome
    if isinstance(result, BaseException):
        raise result
    return result


def running() -> Iterator[Found]:
    """The processes of containers, of whatever pod: of each the one that was started, and not its children."""
    for pid in _pids():
        found = _marked(pid)
        if found is not None:
            yield found


def mark(uid: str, container: str, attempt: int | str) -> dict[str, str]:
    """The variable that lets a container's process be found again; `attempt` is a number or `GUEST`."""
    return {MARK: f"{uid}/{container}/{attempt}"}


def kill_session(leader: int) -> None:
    """Kill what is left of the session that a process began."""
    for pid in _pids():
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(pid) == leader:
                os.kill(pid, signal.SIGKILL)


def kill_guests(uid: str, container: str) -> None:
    """Kill the further programs of a container and all that they started; returns when none is left."""
    marked = f"{MARK}={uid}/{container}/{GUEST}".encode()
    deadline = time.monotonic() + _GONE_S
    while guests := [pid for pid in _pids() if marked in _environment(pid)]:
        for pid in guests:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return
        time.sleep(0.01)


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _marked(pid: int) -> Found | None:
    try:
        if os.getsid(pid) != pid:
            return None
    except OSError:
        return None
    start_of_mark = f"{MARK}=".encode()
    for pair in _environment(pid):
        if pair.startswith(start_of_mark):
            parts = pair.decode(errors="replace").partition("=")[2].split("/")
            if len(parts) == 3 and parts[2].isdecimal():
                return Found(parts[0], parts[1], int(parts[2]), pid)
    return None


def _enter(place: Place) -> None:
    if place.beside is not None:
        _check(_LIBC.unshare(_SHARED_FS), "unshare")
        _join(place.beside, "mnt", _NEW_MOUNTS)
        _join(place.beside, "uts", _NEW_NAME)
    else:
        _check(_LIBC.unshare(_NEW_MOUNTS | _NEW_NAME), "unshare")
        socket.sethostname(place.hostname[:63])
        _guard_files()
    _join(place.network, "net", _NEW_NETWORK)


def _guard_files() -> None:
    attributes = _MountAttributes(attr_set=_RDONLY, propagation=_PRIVATE)
    size = ctypes.sizeof(attributes)
    arguments = (_AT_FDCWD, b"/", _AT_RECURSIVE, ctypes.byref(attributes), ctypes.c_size_t(size))
    _check(_LIBC.syscall(ctypes.c_long(_MOUNT_SETATTR), *arguments), "mount_setattr")
    for path in _OWN:
        if Path(path).is_dir():
            options = b"mode=1777,size=64m"
            _check(_LIBC.mount(b"tmpfs", path.encode(), b"tmpfs", _NOSUID_NODEV, options), f"mount {path}")


def _join(pid: int, name: str, flag: int) -> None:
    there = os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _check(_LIBC.setns(there, flag), f"setns {name}")
    finally:
        os.close(there)


def _check(result: int, call: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
