"""Our controller is told apart by its content, and started by an argv that needs nothing of the caller."""

from __future__ import annotations

import sys
from pathlib import Path

from testbed.systems import Ours
from testbed.systems.ours import digest


def test_a_change_of_any_file_changes_the_digest(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.py").write_text("a")
    (tmp_path / "inner" / "b.py").write_text("b")
    before = digest(tmp_path)
    (tmp_path / "inner" / "b.py").write_text("c")
    assert digest(tmp_path) != before


def test_a_file_that_is_renamed_or_moved_content_changes_the_digest(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("xy")
    (tmp_path / "b.py").write_text("")
    before = digest(tmp_path)
    (tmp_path / "a.py").write_text("x")
    (tmp_path / "b.py").write_text("y")
    moved = digest(tmp_path)
    (tmp_path / "b.py").rename(tmp_path / "c.py")
    assert len({before, moved, digest(tmp_path)}) == 3


def test_caches_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a")
    before = digest(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert digest(tmp_path) == before


def test_the_controller_is_told_where_api_and_databases_are_and_keeps_its_flags() -> None:
    command = Ours(["--seed", "7"]).controller(Path("/k"), "unix:/nb", "unix:/sb", Path("/admin"))
    assert command.argv == (
        *(sys.executable, "-m", "controller"),
        *("--kubeconfig", "/k", "--nb", "unix:/nb", "--sb", "unix:/sb"),
        *("--admin-socket", "/admin", "--seed", "7"),
    )


def test_it_gets_along_with_an_ovn_that_drops_first_connections() -> None:
    faults = {"affinity-drops-first", "northd-recomputes"}
    assert Ours(["--seed", "7"]).suited_to(faults).flags == ("--seed", "7", "--session-affinity", "address")
    assert Ours(["--session-affinity", "time"]).suited_to(faults).flags == ("--session-affinity", "time")
    assert Ours().suited_to({"northd-recomputes"}).flags == ()


def test_the_package_is_found_from_anywhere() -> None:
    ours = Ours()
    assert (Path(ours.environment["PYTHONPATH"]) / "controller" / "__init__.py").is_file()


def test_the_daemon_learns_the_kinds_that_the_testbed_adds() -> None:
    command = Ours().daemon(Path("/k"), Path("/s"), Path("/c"), ["testbed.pods.stub"])
    assert command.argv[-2:] == ("--plug", "testbed.pods.stub")


def test_identity_names_path_content_and_flags() -> None:
    identity = Ours(["--seed", "7"]).identity()
    assert identity.path.endswith("controller")
    assert len(identity.sha256) == 64
    assert identity.flags == ("--seed", "7")
