"""Network namespaces for a thread: a new one, or that of a process.

Sockets opened and children started within stay there.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def new_network_namespace() -> Iterator[None]:
    """The calling thread is in a network namespace of its own, which ends with the last process in it."""
    with _restored():
        _succeeded(_LIBC.unshare(_CLONE_NEWNET), "unshare")
        yield


@contextlib.contextmanager
def network_namespace_of(pid: int) -> Iterator[None]:
    """The calling thread is in the network namespace of a process."""
    with _restored():
        _enter(f"/proc/{pid:d}/ns/net")
        yield


@contextlib.contextmanager
def _restored() -> Iterator[None]:
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield
    finally:
        try:
            _succeeded(_LIBC.setns(home, _CLONE_NEWNET), "setns")
        finally:
            os.close(home)


def _enter(path: str) -> None:
    there = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _succeeded(_LIBC.setns(there, _CLONE_NEWNET), "setns")
    finally:
        os.close(there)


def _succeeded(result: int, call: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
