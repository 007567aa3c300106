"""Private PID, mount and network namespaces for everything of a cluster, so that nothing can outlive it.

Cleaning up by a list of what was made fails when the cleaner is killed. Here the kernel cleans: a *keeper*
(the process that a person started) forks a child that is PID 1 of a new PID namespace and dies with its keeper.
When PID 1 ends, however it ends, the kernel kills every process of the namespace; with the last process go the
mounts, interfaces and bridges. What remains is the state directory, see `testbed.cluster.state`.

Three processes share the work: the keeper waits and passes signals on; PID 1 does nothing but reap orphans, so it
cannot steal the exit status of somebody's `subprocess.Popen`; the *main* process below it runs the given function.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import select
import signal
import socket
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

from testbed.cluster.errors import NotPrivileged

# linux/sched.h, linux/mount.h, linux/prctl.h, linux/sockios.h, linux/if.h
_CLONE_NEWNS, _CLONE_NEWPID, _CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 2, 4, 8, 0x4000, 1 << 18
_PR_SET_PDEATHSIG = 1
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FAULT = 3
"""Exit status when the function raised: a fault of the testbed itself."""

HIDDEN = (Path("/run/openvswitch"), Path("/run/ovn"), Path("/run/netns"))
"""Where the host's own OVS, OVN and named namespaces are reached: empty inside, so that no mistake can touch them."""

_libc = ctypes.CDLL(None, use_errno=True)


def run(function: Callable[[], int]) -> int:
    """Run `function` inside a new enclosure and return its exit status, when all of the enclosure is gone.

    File descriptors that are open now stay usable inside. SIGINT, SIGTERM and SIGHUP of the keeper reach the
    function as KeyboardInterrupt and SystemExit; a second one ends the enclosure at once. An exception of the function
    is printed and becomes status 3, a death by signal N of the enclosure 128 + N.

    Raises:
        NotPrivileged: not root.
        RuntimeError: called from a thread other than the main one, to which signals do not come.
        OSError: the kernel refused a namespace.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("an enclosure is entered from the main thread")
    if os.geteuid() != 0:
        raise NotPrivileged("emulated clusters need root: run this command with sudo")
    sys.stdout.flush()
    sys.stderr.flush()
    lifeline, held = os.pipe()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    try:
        child = _fork_into_new_pid_namespace()
        if child == 0:
            os.close(held)
            _be_init(function, lifeline)
        handle = os.pidfd_open(child)
        try:
            with _forwarding(handle) as interrupts:
                signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
                _, status = os.waitpid(child, 0)
        finally:
            os.close(handle)
    finally:
        os.close(lifeline)
        os.close(held)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGKILL and interrupts:
        return 128 + interrupts[0]
    return code if code >= 0 else 128 - code


def _fork_into_new_pid_namespace() -> int:
    """Fork a child that is PID 1 of a new namespace; the keeper's later children stay in the keeper's own."""
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _call("unshare", _CLONE_NEWPID)
        try:
            child = os.fork()
        except OSError:
            child = -1
            raise
        finally:
            if child != 0:
                _call("setns", own, _CLONE_NEWPID)
        return child
    finally:
        os.close(own)


@contextlib.contextmanager
def _forwarding(child: int) -> Iterator[list[int]]:
    """Pass signals on to `child` (a pidfd), the second one as SIGKILL; yields the signals seen so far."""
    seen: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        seen.append(number)
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(child, number if len(seen) == 1 else signal.SIGKILL)

    before = {number: signal.signal(number, forward) for number in FORWARDED}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _be_init(function: Callable[[], int], lifeline: int) -> NoReturn:
    """PID 1: make the namespaces, start the main process, reap everything until it ends."""
    try:
        _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL)
        if select.select([lifeline], [], [], 0)[0]:  # the keeper died before it was asked to take us along
            os._exit(128 + signal.SIGKILL)
        os.close(lifeline)
        os.setsid()  # a terminal's Ctrl-C reaches the keeper, which passes it on once
        os.environ["PATH"] = (
            f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"  # sudo and su may leave these out
        )
        _isolate()
        main = os.fork()
        if main == 0:
            _be_main(function)
        for number in FORWARDED:
            signal.signal(number, lambda number, _frame: os.kill(main, number))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
        while True:
            ended, status = os.wait()
            if ended == main:
                code = os.waitstatus_to_exitcode(status)
                os._exit(code if code >= 0 else 128 - code)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(FAULT)


def _be_main(function: Callable[[], int]) -> NoReturn:
    code = FAULT
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _exit_by_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
        code = function()
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else FAULT
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _exit_by_signal(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _isolate() -> None:
    _call("unshare", _CLONE_NEWNS | _CLONE_NEWNET)
    _mount(None, Path("/"), None, _MS_REC | _MS_PRIVATE)
    _mount("proc", Path("/proc"), "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    for directory in HIDDEN:
        if directory.is_dir():
            _mount("tmpfs", directory, "tmpfs", _MS_NOSUID | _MS_NODEV)
    _raise_loopback()


def _mount(source: str | None, target: Path, kind: str | None, flags: int) -> None:
    _call("mount", source and source.encode(), bytes(target), kind and kind.encode(), flags, None)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        (flags,) = struct.unpack_from("H", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request), 16)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
