"""What a release may be called, and what is said of one that cannot be used."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from testbed import releases
from testbed.releases import ReleaseUnavailable
from testbed.releases.release import PROGRAMS, SCHEMAS


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/ovn-testbed/releases"


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A build under a directory, its programs being this Python."""
    where = tmp_path / "build"
    for folder in ("bin", "sbin", "share/ovn", "share/openvswitch", "lib"):
        (where / folder).mkdir(parents=True)
    for program in PROGRAMS:
        folder = "sbin" if program in ("ovsdb-server", "ovs-vswitchd") else "bin"
        (where / folder / program).symlink_to(Path(sys.executable).resolve())
    for schema, folder in SCHEMAS.items():
        (where / "share" / folder / schema).write_text("{}")
    return where


@pytest.mark.parametrize("name", ["", "sid", "suite:", "prefix:", "system:", "kernel:x", "suite", "System"])
def test_a_name_of_no_kind_is_refused_with_the_forms_there_are(name: str) -> None:
    with pytest.raises(ReleaseUnavailable, match=r"expected system, suite:NAME .* or prefix:"):
        releases.resolve(name)


@pytest.mark.parametrize("suite", ["..", "../../etc", "a/b", "-x", "SID", "x" * 40, "sid;true", "."])
def test_a_suite_that_could_be_a_path_or_an_option_is_refused(suite: str) -> None:
    with pytest.raises(ReleaseUnavailable, match="expected a Debian suite"):
        releases.resolve(f"suite:{suite}")
    with pytest.raises(ReleaseUnavailable, match="expected a Debian suite"):
        releases.add(f"suite:{suite}")


def test_a_suite_not_installed_says_how_to_install_it() -> None:
    with pytest.raises(ReleaseUnavailable, match="testbed releases add suite:sid"):
        releases.resolve("suite:sid")


def test_a_half_made_suite_is_not_taken_for_one(cache: Path) -> None:
    (cache / ".sid.making.x1").mkdir(parents=True)
    assert releases.known() == ("system",)
    with pytest.raises(ReleaseUnavailable, match="is not installed"):
        releases.resolve("suite:sid")


def test_a_prefix_is_started_from_its_own_directories(build: Path) -> None:
    release = releases.resolve(f"prefix:{build}")
    assert release.name == f"prefix:{build}"
    assert release.argv("ovs-vswitchd", "unix:db.sock") == [f"{build}/sbin/ovs-vswitchd", "unix:db.sock"]
    assert release.argv("ovn-northd") == [f"{build}/bin/ovn-northd"]
    assert release.schema_path("ovn-sb.ovsschema") == build / "share/ovn/ovn-sb.ovsschema"
    assert release.environment() == {
        "OVN_PKGDATADIR": f"{build}/share/ovn",
        "OVS_PKGDATADIR": f"{build}/share/openvswitch",
    }
    assert release.binaries()["ovn-northd"] == release.binaries()["ovsdb-tool"]
    assert set(release.binaries()) == set(PROGRAMS)


def test_the_libraries_of_a_prefix_go_before_the_machines(build: Path) -> None:
    (build / "lib/libopenvswitch.so.3").touch()
    assert releases.resolve(f"prefix:{build}").environment()["LD_LIBRARY_PATH"] == f"{build}/lib"


def test_a_prefix_as_destdir_is_found_under_usr(build: Path, tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    build.rename(tmp_path / "image/usr")
    release = releases.resolve(f"prefix:{tmp_path}/image")
    assert release.argv("ovn-nbctl") == [f"{tmp_path}/image/usr/bin/ovn-nbctl"]


def test_all_that_a_prefix_lacks_is_named_at_once(build: Path) -> None:
    (build / "bin/ovn-northd").unlink()
    (build / "share/ovn/ovn-nb.ovsschema").unlink()
    with pytest.raises(ReleaseUnavailable, match=r"has no ovn-northd, ovn-nb\.ovsschema; `make install`"):
        releases.resolve(f"prefix:{build}")


@pytest.mark.parametrize(
    ("directory", "told"), [("opt/ovn", "an absolute path"), ("/no/such", "no such directory")]
)
def test_a_prefix_must_be_a_directory_by_its_whole_path(directory: str, told: str) -> None:
    with pytest.raises(ReleaseUnavailable, match=told):
        releases.resolve(f"prefix:{directory}")


def test_a_program_that_is_part_of_no_release_is_refused(build: Path) -> None:
    release = releases.resolve(f"prefix:{build}")
    with pytest.raises(ReleaseUnavailable, match="has no rm"):
        release.argv("rm", "-rf")
    with pytest.raises(ReleaseUnavailable, match="has no schema"):
        release.schema_path("../../etc/passwd")


def test_binaries_that_tell_no_version_make_the_release_unusable(build: Path) -> None:
    with pytest.raises(ReleaseUnavailable, match="no version in 'Python"):
        releases.resolve(f"prefix:{build}").versions()


def test_a_prefix_is_remembered_until_it_is_removed_and_its_files_stay(build: Path) -> None:
    name = f"prefix:{build}"
    releases.add(name)
    releases.add(name)
    assert releases.known() == ("system", name)
    releases.remove(name)
    assert releases.known() == ("system",)
    assert (build / "bin/ovn-northd").exists()


def test_a_remembered_prefix_that_is_gone_is_known_but_not_installed(build: Path) -> None:
    releases.add(f"prefix:{build}")
    shutil.rmtree(build)
    assert f"prefix:{build}" in releases.known()
    assert f"prefix:{build}" not in {release.name for release in releases.installed()}


@pytest.mark.parametrize(
    ("name", "told"), [("system", "the machine's own"), ("suite:sid", "is not installed")]
)
def test_what_is_not_ours_or_not_there_cannot_be_removed(name: str, told: str) -> None:
    with pytest.raises(ReleaseUnavailable, match=told):
        releases.remove(name)
