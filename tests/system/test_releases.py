"""Releases are real: their binaries say their versions, and their daemons serve from where the testbed wants them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import releases
from testbed.releases import Release, ReleaseUnavailable, cache

pytestmark = [pytest.mark.system, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]

NAMES = ("system", "suite:trixie", "suite:sid", "prefix:/usr")


@pytest.fixture(scope="module", params=NAMES)
def release(request: pytest.FixtureRequest) -> Release:
    """Each kind of release; a suite that is not in the cache is fetched once (under a minute)."""
    name: str = request.param
    return releases.add(name) if name.startswith("suite:") else releases.resolve(name)


def packaged(release: Release, package: str) -> str:
    """The version that the package manager knows, for comparison with what the binary says."""
    root = (
        str(cache.directory() / release.name.removeprefix("suite:"))
        if release.name.startswith("suite:")
        else "/"
    )
    query = ["dpkg-query", f"--root={root}", "--show", "--showformat=${Version}", package]
    return subprocess.run(query, check=True, capture_output=True, text=True).stdout


def test_the_binaries_say_the_version_that_was_installed(release: Release) -> None:
    versions = release.versions()
    assert packaged(release, "ovn-central").startswith(versions.ovn)
    assert packaged(release, "openvswitch-switch").startswith(versions.ovs)
    assert re.fullmatch(r"\d+\.\d+\.\d+", versions.library)


def test_each_program_has_a_digest_of_its_own_file(release: Release) -> None:
    digests = release.binaries()
    daemons = [digests[name] for name in ("ovn-northd", "ovn-controller", "ovsdb-server", "ovs-vswitchd")]
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in daemons)
    assert len(set(daemons)) == len(daemons)


SERVE = """
import shutil, subprocess, sys
from pathlib import Path
from testbed import releases

release, directory = releases.resolve(sys.argv[1]), Path(sys.argv[2])
release.enter(directory)
release.enter(directory)  # twice, as two nodes of one cluster do
run = lambda *argv: subprocess.run(
    release.argv(*argv), check=True, capture_output=True, text=True, env=release.environment()
).stdout
shutil.copy(release.schema_path("ovn-nb.ovsschema"), directory / "nb.ovsschema")
run("ovsdb-tool", "create", str(directory / "nb.db"), str(directory / "nb.ovsschema"))
remote = f"unix:{directory}/nb.sock"
run("ovsdb-server", "--detach", "--no-chdir", f"--log-file={directory}/nb.log", f"--pidfile={directory}/nb.pid",
    f"--unixctl={directory}/nb.ctl", f"--remote=p{remote}", str(directory / "nb.db"))
run("ovn-nbctl", f"--db={remote}", "--timeout=10", "ls-add", "blue")
print(run("ovn-nbctl", f"--db={remote}", "--timeout=10", "--bare", "--columns=name", "list", "Logical_Switch"))
"""
ALONE = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child"]


def test_its_daemons_serve_in_a_directory_of_ours_and_leave_no_mount(
    release: Release, tmp_path: Path
) -> None:
    mounts = Path("/proc/self/mounts").read_text()
    served = subprocess.run(
        [*ALONE, sys.executable, "-c", SERVE, release.name, str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert served.returncode == 0, served.stderr
    assert served.stdout.strip() == "blue"
    assert (tmp_path / "nb.sock").is_socket()
    assert Path("/proc/self/mounts").read_text() == mounts


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "ovn-testbed/releases"


LIVE_IN = "import os, sys; os.chroot(sys.argv[1]); print('there', flush=True); sys.stdin.read()"


def test_a_suite_in_use_is_not_removed(own_cache: Path) -> None:
    (own_cache / "trixie").mkdir(parents=True)
    with subprocess.Popen(
        [sys.executable, "-c", LIVE_IN, str(own_cache / "trixie")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as user:
        assert user.stdout
        assert user.stdout.readline() == b"there\n"
        with pytest.raises(ReleaseUnavailable, match=f"in use by 1 processes .pid {user.pid}."):
            releases.remove("suite:trixie")
        assert (own_cache / "trixie").exists()
        user.communicate()
    releases.remove("suite:trixie")
    assert not (own_cache / "trixie").exists()


ADD = """
import signal
from testbed import releases

signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the tests were started with
releases.add("suite:trixie", lambda step: print(step, flush=True))
"""


@pytest.fixture
def adding(own_cache: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that installs a suite, at the moment of its first step."""
    with subprocess.Popen([sys.executable, "-c", ADD], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline()
        yield process
        process.kill()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_installation_cut_short_is_no_release_and_the_next_one_is_whole(
    adding: subprocess.Popen[str], own_cache: Path, how: signal.Signals
) -> None:
    adding.send_signal(how)
    adding.wait(30)
    assert releases.known() == ("system",)
    steps: list[str] = []
    added = releases.add("suite:trixie", steps.append)
    assert added.versions().ovn.startswith("25.03")
    assert any("Configuring" in step for step in steps)
    assert list(own_cache.glob(".trixie.making.*")) == []
    releases.remove("suite:trixie")
    assert releases.known() == ("system",)


def test_an_unknown_suite_is_refused_before_anything_is_made(own_cache: Path) -> None:
    with pytest.raises(ReleaseUnavailable, match="debootstrap knows no such suite"):
        releases.add("suite:nosuch")
    assert not own_cache.exists()


def test_a_mirror_that_cannot_be_reached_gives_one_line_and_leaves_nothing(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("testbed.releases.bootstrap.mirror", lambda: "http://127.0.0.1:9/debian")
    with pytest.raises(ReleaseUnavailable, match=r"debootstrap failed: .*reachable\? \(log: ") as refused:
        releases.add("suite:trixie")
    assert "\n" not in str(refused.value)
    assert [path.name for path in own_cache.iterdir() if path.is_dir()] == []
