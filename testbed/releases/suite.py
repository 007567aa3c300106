"""OVN and OVS of a Debian suite, in a root file system of its own.

Newer (or older) daemons with the libraries that they were built against, without touching the machine's packages.
They are started by ``chroot``, which replaces itself by the daemon.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from testbed.releases import cache
from testbed.releases.release import ReleaseUnavailable, Versions
from testbed.releases.tree import Tree

KIND = "suite"
_KERNEL_VIEWS = ("/proc", "/sys", "/dev")


def check_name(suite: str) -> None:
    """Refuse what cannot be the name of a Debian suite (it becomes a part of paths and commands)."""
    if not re.fullmatch(r"[a-z][a-z0-9]{1,31}", suite):
        raise ReleaseUnavailable(
            f"suite:{suite}: expected a Debian suite in small letters, such as trixie or sid"
        )


class Suite(Tree):
    """The programs of a suite's root file system in the cache."""

    def __init__(self, suite: str) -> None:
        check_name(suite)
        root = cache.directory() / suite
        if not root.is_dir():
            raise ReleaseUnavailable(
                f"suite:{suite} is not installed; install it with `testbed releases add suite:{suite}`"
            )
        super().__init__(
            f"{KIND}:{suite}",
            root,
            bins=("/usr/bin", "/usr/sbin"),
            shares=("/usr/share",),
            remedy=f"make it anew: `testbed releases remove suite:{suite}`, then `testbed releases add suite:{suite}`",
        )
        self._chroot = (
            shutil.which("chroot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or "chroot"
        )

    def versions(self) -> Versions:
        """The versions, asked of the binaries once. Raises ``ReleaseUnavailable`` without the privilege to enter."""
        if os.geteuid() != 0:
            raise ReleaseUnavailable(
                f"{self.name} is entered by chroot, which needs root; run it through sudo"
            )
        return super().versions()

    def argv(self, program: str, *arguments: str) -> list[str]:
        """``chroot`` into the suite; it becomes ``program``."""
        return [self._chroot, str(self.root), self.program(program), *arguments]

    def enter(self, directory: Path) -> None:
        """Mount ``directory``, and the kernel's /proc, /sys and /dev, into the suite's tree.

        What is mounted under /run is put on a file system in memory, so that the tree in the cache stays as it is.
        """
        run = self.root / "run"
        if not os.path.ismount(run):  # another directory of the same cluster may be there already
            for view in _KERNEL_VIEWS:
                _mount("--rbind", view, str(self.root / view.lstrip("/")))
            _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(run))
        inner = self.root / directory.relative_to("/")
        inner.mkdir(parents=True, exist_ok=True)
        _mount("--rbind", str(directory), str(inner))


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseUnavailable(f"mount {' '.join(arguments)} failed: {done.stderr.strip()}; are you root?")
