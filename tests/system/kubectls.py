"""kubectl of two generations, as Debian packages them, unpacked beside the machine's own and called by their paths.

The machine may have any kubectl, or none: both generations come from the mirror that its package sources name, checked
by apt against Debian's keys, and stay in the cache.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import orjson

from testbed.releases.mirror import mirror

PACKAGES = {"1.20": ("bookworm", "kubernetes-client"), "1.32": ("trixie", "kubectl")}
"""Version of kubectl: the suite and the package that carry it."""
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def cache() -> Path:
    """Where the unpacked packages stay."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "/var/cache") / "ovn-testbed" / "kubectl"


def kubectl(version: str) -> Path:
    """The program of that version, fetched if it is not there yet. Raises ``CalledProcessError`` when it cannot be."""
    directory = cache()
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / version / "usr/bin/kubectl"
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _fetch(*PACKAGES[version], directory / version)
    return program


class Kubectl:
    """One kubectl in a namespace of its own."""

    def __init__(self, version: str, kubeconfig: Path, cache: Path) -> None:
        self.version = version
        self.namespace = f"with-{version.replace('.', '-')}"
        self.command = [
            str(kubectl(version)),
            f"--kubeconfig={kubeconfig}",
            f"--cache-dir={cache}",
            f"--namespace={self.namespace}",
        ]

    def run(self, *arguments: str, document: Any = None) -> subprocess.CompletedProcess[str]:
        """What it says, however it ends; ``document`` goes to its standard input."""
        return subprocess.run(
            [*self.command, *arguments],
            input=None if document is None else orjson.dumps(document).decode(),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def __call__(self, *arguments: str, document: Any = None) -> str:
        """What it prints; it must end well."""
        done = self.run(*arguments, document=document)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def apply(self, document: Any, *arguments: str) -> str:
        """Applies an object."""
        return self("apply", "-f", "-", *arguments, document=document)


def _fetch(suite: str, package: str, into: Path) -> None:
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=".making-") as place:
        root = Path(place)
        root.chmod(0o755)
        for name in ("lists/partial", "archives/partial", "etc", "unpacked"):
            (root / name).mkdir(parents=True)
        (root / "status").touch()
        (root / "etc/sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror()} {suite} main\n")
        options = {
            "Dir::State": str(root),
            "Dir::State::status": str(root / "status"),
            "Dir::Cache": str(root),
            "Dir::Etc::SourceList": str(root / "etc/sources.list"),
            "Dir::Etc::SourceParts": "-",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
        }
        apt = [
            "apt-get",
            "-q",
            *(part for key, value in options.items() for part in ("-o", f"{key}={value}")),
        ]
        _run([*apt, "update"], root)
        _run([*apt, "download", package], root)
        (archive,) = root.glob(f"{package}_*.deb")
        _run(["dpkg-deb", "--extract", str(archive), str(root / "unpacked")], root)
        shutil.rmtree(into, ignore_errors=True)
        (root / "unpacked").rename(into)


def _run(command: list[str], directory: Path) -> None:
    subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True, timeout=300)
