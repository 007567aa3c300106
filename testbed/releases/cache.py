"""Where installed releases are kept, and how a new one appears there whole or not at all."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.releases.release import ReleaseUnavailable


def directory() -> Path:
    """``$XDG_CACHE_HOME/ovn-testbed/releases``, else ``/var/cache/ovn-testbed/releases``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "/var/cache") / "ovn-testbed" / "releases"


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the place of release ``name``: one process at a time makes or removes it, others wait for it."""
    try:
        directory().mkdir(parents=True, exist_ok=True)
        lock = (directory() / f".{name}.lock").open("w")
    except OSError as error:
        raise ReleaseUnavailable(
            f"{directory()} cannot be written ({error.strerror}); run it as root"
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def appearing(name: str) -> Iterator[Path]:
    """A directory to fill, which becomes the release's when the block ends well and goes when it does not.

    What an earlier attempt left when it was killed goes too. The caller holds the lock.
    """
    for left in directory().glob(f".{name}.making.*"):
        shutil.rmtree(left)
    making = Path(tempfile.mkdtemp(prefix=f".{name}.making.", dir=directory()))
    making.chmod(0o755)
    try:
        yield making
        making.rename(directory() / name)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def discard(name: str) -> None:
    """Take a release away: first out of sight in one step, then off the disk. The caller holds the lock."""
    doomed = Path(tempfile.mkdtemp(prefix=f".{name}.making.", dir=directory()))
    (directory() / name).rename(doomed / name)
    shutil.rmtree(doomed)
