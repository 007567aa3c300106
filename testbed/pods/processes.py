"""Programs of the host, run in a pod's namespaces: its network, and a mount and a host name of their own.

There are no images, so a container's files are the host's. They are read-only there, and what is below /tmp, /run and
/var/tmp is empty and the container's own: a manifest cannot change the machine that it is tried on. This guards
against accidents and not against malice.

A process inherits the namespaces of the thread that starts it. The thread is made for that and ends with it, since a
thread cannot go back to the mount namespace that all others share.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs are looked for unless the container's environment says otherwise."""
MARK = "TESTBED_CONTAINER"
"""Variable by which a container's process is found again: uid of the pod, name, number of the attempt."""

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
    executable = program(argv, environment)
    if executable is None:
        raise FileNotFoundError(2, f"{argv[0] if argv else ''!r}: executable file not found in $PATH")
    outcome: list[subprocess.Popen[bytes] | BaseException] = []

    def enter_and_start() -> None:
        try:
            _enter(place)
            outcome.append(
                subprocess.Popen(
                    list(argv),
                    executable=executable,
                    env={"PATH": PATH, **environment},
                    cwd=directory or "/",
                    start_new_session=True,
                    stdin=stdin,
                    stdout=stdout,
                    stderr=stderr,
                )
            )
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
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            found = _marked(int(entry.name))
            if found is not None:
                yield found


def mark(uid: str, container: str, attempt: int) -> dict[str, str]:
    """The variable that lets a container's process be found again."""
    return {MARK: f"{uid}/{container}/{attempt}"}


def _marked(pid: int) -> Found | None:
    try:
        if os.getsid(pid) != pid:
            return None
        pairs = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    start_of_mark = f"{MARK}=".encode()
    for pair in pairs:
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
