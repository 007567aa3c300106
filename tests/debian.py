"""Programs of Debian packages, unpacked beside the machine's own and called by their paths: nothing is installed.

They come from the mirror that the machine's package sources name, checked by apt against Debian's keys, and stay in
the cache.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from pathlib import Path

from testbed.releases.mirror import mirror

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def unpacked(suite: str, package: str, name: str) -> Path:
    """The directory ``name`` of the cache, which holds the package's files; fetched if they are not there yet.

    Raises ``CalledProcessError`` when it cannot be.
    """
    usual = "/var/cache" if os.geteuid() == 0 else str(Path.home() / ".cache")
    into = Path(os.environ.get("XDG_CACHE_HOME") or usual) / "ovn-testbed" / name
    into.parent.mkdir(parents=True, exist_ok=True)
    with (into.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not into.exists():
            _fetch(suite, package, into)
    return into


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
        (root / "unpacked").rename(into)


def _run(command: list[str], directory: Path) -> None:
    subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True, timeout=300)
