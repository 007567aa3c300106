"""The state directory of a cluster: where its files lie, who holds it, and whether its holder still lives.

A directory belongs to a live cluster exactly as long as somebody holds the lock on its `.lock` file. The kernel drops
the lock with the last process that inherited it, so neither a crash nor a reused PID can make a dead cluster look
alive. `sweep` removes the dead ones.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from testbed.cluster.errors import StateInUse, StateUnusable

LOCK = ".lock"
DEFAULT_ROOT = Path("/run/ovn-testbed")


def root() -> Path:
    """Where the state directories lie: `$TESTBED_STATE`, else /run/ovn-testbed."""
    chosen = os.environ.get("TESTBED_STATE")
    return Path(chosen).absolute() if chosen else DEFAULT_ROOT


@contextlib.contextmanager
def claim(name: str) -> Iterator[Path]:
    """Hold a new, empty state directory called `name`; on leaving it is removed.

    Call it in the keeper, around `enclosure.run`. What dead clusters left is swept first.

    Raises:
        StateInUse: a live cluster of that name holds it.
        StateUnusable: it cannot be made or locked, or holds what no cluster left there.
    """
    directory = root() / name
    try:
        sweep()
        _must_be_ours(directory)
        lock = _try_lock(directory)
    except OSError as error:
        raise StateUnusable(
            f"state directory {directory}: {error.strerror}: put it right, or set TESTBED_STATE to another"
        ) from error
    if lock is None:
        raise StateInUse(f"a cluster named {name!r} is running here: choose another name, or end it first")
    try:
        _empty(directory)
        yield directory
    finally:
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
        try:
            _remove(directory)
        finally:
            os.close(lock)
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def sweep() -> tuple[Path, ...]:
    """Remove the state directories whose cluster is dead; returns them.

    Only directories that carry the testbed's lock file are looked at.
    """
    swept = []
    if root().is_dir():
        for directory in sorted(root().iterdir()):
            if not directory.is_symlink() and (directory / LOCK).is_file():
                lock = _try_lock(directory)
                if lock is not None:
                    _remove(directory)
                    os.close(lock)
                    swept.append(directory)
    return tuple(swept)


def names() -> tuple[str, ...]:
    """The names of all clusters that have a state directory here, dead or alive."""
    if not root().is_dir():
        return ()
    return tuple(entry.name for entry in sorted(root().iterdir()) if (entry / LOCK).is_file())


def is_held(directory: Path) -> bool:
    """Whether the cluster of this directory lives."""
    try:
        descriptor = os.open(directory / LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _must_be_ours(directory: Path) -> None:
    """What lies in a directory without our lock file is somebody else's, and is not emptied."""
    if directory.is_dir() and not (directory / LOCK).exists() and any(directory.iterdir()):
        raise StateUnusable(
            f"state directory {directory} holds files but no {LOCK}: no cluster left them; move them away"
        )


def _try_lock(directory: Path) -> int | None:
    """A descriptor that holds the lock of the (if need be, new) directory, or None if somebody else holds it."""
    while True:
        directory.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(
                directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
            )
        except FileNotFoundError:  # swept between the two calls
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), (directory / LOCK).stat()):
                return descriptor
        os.close(descriptor)  # we locked a file that was just swept away


def _empty(directory: Path) -> None:
    for entry in directory.iterdir():
        if entry.name == LOCK:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _remove(directory: Path, timeout_s: float = 60.0) -> None:
    """Remove the tree, its lock file last: a removal that is cut short can be taken up by the next sweep.

    Processes that the kernel is still killing may write into it meanwhile.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            _empty(directory)
            (directory / LOCK).unlink()
            directory.rmdir()
            return
        except FileNotFoundError:
            if not directory.exists():
                return
        except OSError as error:
            if error.errno != errno.ENOTEMPTY or time.monotonic() > deadline:
                raise
        time.sleep(0.01)
