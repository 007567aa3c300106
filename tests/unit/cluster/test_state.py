"""A state directory belongs to a live cluster exactly as long as somebody holds its lock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.cluster import StateInUse, state


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path))
    return tmp_path


def test_a_claimed_directory_is_empty_and_gone_afterwards(root: Path) -> None:
    with state.claim("lab") as directory:
        assert directory == root / "lab"
        assert [entry.name for entry in directory.iterdir()] == [state.LOCK]
        (directory / "node1").mkdir()
        (directory / "node1" / "conf.db").write_text("x")
    assert not directory.exists()


def test_it_is_gone_after_an_error_too() -> None:
    with pytest.raises(RuntimeError), state.claim("lab") as directory:
        raise RuntimeError
    assert not directory.exists()


def test_a_live_cluster_is_neither_swept_nor_claimed_twice() -> None:
    with state.claim("lab") as directory:
        assert state.sweep() == ()
        with pytest.raises(StateInUse, match="lab"), state.claim("lab"):
            pass
        assert directory.exists()


def test_two_clusters_of_different_names_live_side_by_side() -> None:
    with state.claim("one") as one, state.claim("two") as two:
        assert one.exists()
        assert two.exists()


def test_what_a_killed_process_held_is_swept() -> None:
    held = "from testbed.cluster import state\nwith state.claim('lab') as d: print(d, flush=True); input()"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", held],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        directory = Path(holder.stdout.readline().strip())
        assert state.sweep() == ()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert state.sweep() == (directory,)
    assert not directory.exists()


def test_only_what_is_the_testbeds_own_is_swept(root: Path) -> None:
    (root / "somebodys").mkdir()
    (root / "somebodys" / "file").write_text("x")
    (root / "file").write_text("x")
    elsewhere = root.parent / f"{root.name}-elsewhere"
    elsewhere.mkdir()
    (elsewhere / state.LOCK).write_text("")
    (root / "link").symlink_to(elsewhere)
    assert state.sweep() == ()
    assert (root / "somebodys" / "file").exists()
    assert (elsewhere / state.LOCK).exists()


def test_a_symbolic_link_within_a_dead_directory_is_removed_and_not_followed(root: Path) -> None:
    precious = root / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    (root / "dead").mkdir()
    (root / "dead" / state.LOCK).write_text("")
    (root / "dead" / "link").symlink_to(precious)
    assert state.sweep() == (root / "dead",)
    assert (precious / "file").exists()
