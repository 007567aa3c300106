"""What can be learnt of a program file: where it lies, for which machine it was built, what it says of itself."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from testbed.releases.release import Release, ReleaseUnavailable, Versions

_LINKS_ALLOWED = 40  # as the kernel follows before it says ELOOP
_ELF_MACHINES = {3: "i386", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64", 21: "ppc64", 22: "s390x"}


def inside(root: Path, path: str) -> Path:
    """``path`` as a process with ``root`` as its root directory would see it, as a path of the machine.

    Absolute links (Debian's alternatives) stay within the root, where plain resolution would leave it for the
    machine's own files. Raises ``OSError`` with ``ELOOP`` for links that never end.
    """
    pending = list(reversed(PurePosixPath(path).parts))
    reached = PurePosixPath("/")
    links = 0
    while pending:
        part = pending.pop()
        if part == "/":
            reached = PurePosixPath("/")
        elif part == "..":
            reached = reached.parent
        else:
            here = root / (reached / part).relative_to("/")
            if here.is_symlink():
                links += 1
                if links > _LINKS_ALLOWED:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(root / path))
                pending.extend(reversed(here.readlink().parts))
            else:
                reached /= part
    return root / reached.relative_to("/")


def find(root: Path, directories: Iterable[str], file: str) -> tuple[str, Path] | None:
    """The first of ``directories`` (absolute within ``root``) that holds ``file``: its path within, and without."""
    for directory in directories:
        within = f"{directory}/{file}"
        without = inside(root, within)
        if without.is_file():
            return within, without
    return None


def architecture(program: Path) -> str:
    """The machine that an ELF program was built for, such as ``amd64 (64 bit)``. Raises ``ReleaseUnavailable``."""
    with program.open("rb") as file:
        header = file.read(20)
    if len(header) < 20 or not header.startswith(b"\x7fELF"):
        raise ReleaseUnavailable(f"{program} is not a program of this system (no ELF file)")
    order = "<" if header[5] == 1 else ">"
    (machine,) = struct.unpack(order + "H", header[18:20])
    return f"{_ELF_MACHINES.get(machine, f'machine {machine}')} ({32 * header[4]} bit)"


def require_own_architecture(name: str, program: Path) -> None:
    """Refuse a release whose ``program`` was built for another machine than the one that runs this."""
    ours, theirs = architecture(Path(sys.executable).resolve()), architecture(program)
    if ours != theirs:
        raise ReleaseUnavailable(
            f"{name}: built for {theirs}, this machine is {ours}; use a build for {ours}"
        )


def sha256(files: dict[str, Path]) -> dict[str, str]:
    """The SHA-256 of each file, in hexadecimal."""
    digests = {}
    for program, path in files.items():
        with path.open("rb") as file:
            digests[program] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def ask_versions(release: Release) -> Versions:
    """Start the daemons of ``release`` with ``--version`` and read what they say."""
    northd = _ask(release, "ovn-northd")
    return Versions(
        ovn=_version(release, northd, r"ovn-northd(?: \(\w+\))? (\d+\.\d+\.\d+\S*)"),
        ovs=_version(
            release, _ask(release, "ovs-vswitchd"), r"ovs-vswitchd \(Open vSwitch\) (\d+\.\d+\.\d+\S*)"
        ),
        library=_version(release, northd, r"Open vSwitch Library (\d+\.\d+\.\d+\S*)"),
    )


def _ask(release: Release, program: str) -> str:
    command = release.argv(program, "--version")
    try:
        answer = subprocess.run(
            command,
            env={**os.environ, **release.environment()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ReleaseUnavailable(f"{release.name}: {program} does not run ({error})") from error
    if answer.returncode:
        raise ReleaseUnavailable(f"{release.name}: {program} --version failed: {_last_line(answer.stderr)}")
    return answer.stdout


def _version(release: Release, said: str, pattern: str) -> str:
    found = re.search(pattern, said)
    if found is None:
        raise ReleaseUnavailable(f"{release.name}: no version in {said.strip()!r}")
    return found.group(1)


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2] or "it said nothing"
