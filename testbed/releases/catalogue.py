"""From the name of a release to the release: the one place that knows every kind."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from testbed.releases import bootstrap, cache, suite
from testbed.releases.prefix import KIND as PREFIX
from testbed.releases.prefix import Prefix
from testbed.releases.release import Release, ReleaseUnavailable
from testbed.releases.suite import KIND as SUITE
from testbed.releases.suite import Suite
from testbed.releases.system import NAME as SYSTEM
from testbed.releases.system import System

_FORMS = f"expected {SYSTEM}, {SUITE}:NAME (such as {SUITE}:sid) or {PREFIX}:/absolute/path"


def resolve(name: str) -> Release:
    """The release of that name, checked to be whole and of this machine's architecture.

    Raises ``ReleaseUnavailable`` with what is wrong and the remedy.
    """
    kind, argument = _parse(name)
    if kind == SYSTEM:
        return System()
    return Suite(argument) if kind == SUITE else Prefix(argument)


def known() -> tuple[str, ...]:
    """The names of all that is installed or was added, whether or not it can be used; the system's first."""
    suites = sorted(
        path.name for path in cache.directory().glob("[a-z]*") if path.is_dir() and not path.is_symlink()
    )
    prefixes = sorted(str(link.readlink()) for link in cache.directory().glob(f".{PREFIX}.*.link"))
    return (SYSTEM, *(f"{SUITE}:{name}" for name in suites), *(f"{PREFIX}:{path}" for path in prefixes))


def installed() -> tuple[Release, ...]:
    """Every release that can be used here."""
    usable = []
    for name in known():
        try:
            usable.append(resolve(name))
        except ReleaseUnavailable:
            continue
    return tuple(usable)


def add(name: str, progress: Callable[[str], None] = lambda step: None) -> Release:
    """Install a suite, or remember a prefix; what is there already stays as it is.

    ``progress`` is told each step of a lengthy installation. Raises ``ReleaseUnavailable``.
    """
    kind, argument = _parse(name)
    if kind == SUITE:
        suite.check_name(argument)
        bootstrap.make(argument, progress)
    release = resolve(name)
    if kind == PREFIX:
        with cache.locked(_link(argument).name.strip(".")):
            if not _link(argument).is_symlink():
                _link(argument).symlink_to(argument)
    return release


def remove(name: str) -> None:
    """Take a suite off the disk, or forget a prefix (its files are left alone). Raises ``ReleaseUnavailable``."""
    kind, argument = _parse(name)
    if kind == SYSTEM:
        raise ReleaseUnavailable(
            f"{SYSTEM} is the machine's own; remove its packages with apt if that is what you want"
        )
    if name not in known():
        raise ReleaseUnavailable(f"{name} is not installed; installed are: {', '.join(known())}")
    if kind == PREFIX:
        _link(argument).unlink()
        return
    with cache.locked(argument):
        users = _processes_in(cache.directory() / argument)
        if users:
            raise ReleaseUnavailable(
                f"{name} is in use by {len(users)} processes (pid {users[0]}); end them first"
            )
        cache.discard(argument)


def _parse(name: str) -> tuple[str, str]:
    kind, _, argument = name.partition(":")
    if name == SYSTEM or (kind in (SUITE, PREFIX) and argument):
        return kind, argument
    raise ReleaseUnavailable(f"no release {name!r}: {_FORMS}")


def _link(directory: str) -> Path:
    digest = hashlib.sha256(directory.encode()).hexdigest()[:12]
    return cache.directory() / f".{PREFIX}.{digest}.link"


def _processes_in(root: Path) -> list[int]:
    """The processes whose root directory is ``root``, in whatever namespaces they live."""
    there = root.stat()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            theirs = (entry / "root").stat()
        except OSError:
            continue  # it has ended, or is none of ours
        if (theirs.st_dev, theirs.st_ino) == (there.st_dev, there.st_ino):
            found.append(int(entry.name))
    return found
