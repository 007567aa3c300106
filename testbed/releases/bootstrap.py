"""Making the root file system of a Debian suite that holds OVN and OVS.

Two steps, so that installing packages can disturb nothing: the first downloads and unpacks; the second configures the
packages in private process, mount and network namespaces, where whatever a package's script starts or mounts ends with
it and never meets the machine's network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from testbed.releases import cache
from testbed.releases.mirror import mirror
from testbed.releases.release import ReleaseUnavailable

PACKAGES = ("ovn-central", "ovn-host", "openvswitch-switch", "iproute2")
_SCRIPTS = Path("/usr/share/debootstrap/scripts")
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# Whatever a step starts or mounts ends with it, and it ends with us, even by kill -9.
_ALONE = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child")


def make(suite: str, progress: Callable[[str], None]) -> None:
    """Fetch and install ``suite`` into the cache (about 20 s and 270 MB); nothing to do if it is there.

    ``progress`` is told each step in a few words. Raises ``ReleaseUnavailable`` with what went wrong and the remedy.
    """
    if os.geteuid() != 0:
        raise ReleaseUnavailable(f"suite:{suite} can only be installed by root; run it through sudo")
    if shutil.which("debootstrap", path=_PATH) is None:
        raise ReleaseUnavailable(f"suite:{suite} needs debootstrap; install it with `make setup`")
    if not (_SCRIPTS / suite).exists():
        raise ReleaseUnavailable(f"suite:{suite}: debootstrap knows no such suite; try trixie or sid")
    with cache.locked(suite):
        if (cache.directory() / suite).exists():
            return
        log = cache.directory() / f"{suite}.log"
        with cache.appearing(suite) as root:
            log.write_text("")
            download = ["debootstrap", "--variant=minbase", "--foreign", f"--include={','.join(PACKAGES)}"]
            _run([*_ALONE, *download, suite, str(root), mirror()], log, progress)
            configure = ["chroot", str(root), "/debootstrap/debootstrap", "--second-stage"]
            _run([*_ALONE, "--net", *configure], log, progress)
            for archive in (root / "var/cache/apt/archives").glob("*.deb"):
                archive.unlink()


def _run(command: list[str], log: Path, progress: Callable[[str], None]) -> None:
    """Run one step of debootstrap, its output in ``log``, its messages to ``progress``."""
    last = ""
    with (
        log.open("a") as record,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={"PATH": _PATH, "LC_ALL": "C", **_proxies()},
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                record.write(line)
                kind, colon, text = line.strip().partition(": ")
                if colon and kind in ("I", "W", "E"):
                    last = text
                    if kind == "I":
                        progress(text)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise ReleaseUnavailable(
            f"debootstrap failed: {last or 'it said nothing'}; is the mirror {mirror()} reachable? (log: {log})"
        )


def _proxies() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if name.lower() in ("http_proxy", "https_proxy")
    }
