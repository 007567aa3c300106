"""A release appears in the cache whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.releases import cache


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "ovn-testbed/releases").mkdir(parents=True)
    return tmp_path / "ovn-testbed/releases"


def test_it_is_not_there_before_it_is_whole(directory: Path) -> None:
    with cache.appearing("sid") as making:
        (making / "usr").mkdir()
        assert not (directory / "sid").exists()
    assert (directory / "sid/usr").is_dir()


def test_a_failure_leaves_nothing(directory: Path) -> None:
    def interrupted() -> None:
        with cache.appearing("sid") as making:
            (making / "usr").mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(directory.iterdir()) == []


def test_what_a_killed_attempt_left_goes_with_the_next(directory: Path) -> None:
    (directory / ".sid.making.dead").mkdir()
    (directory / ".trixie.making.alive").mkdir()
    with cache.appearing("sid"):
        assert not (directory / ".sid.making.dead").exists()
    assert (directory / ".trixie.making.alive").exists()


def test_discarded_is_gone(directory: Path) -> None:
    (directory / "sid/usr").mkdir(parents=True)
    cache.discard("sid")
    assert list(directory.iterdir()) == []


def test_the_cache_is_the_machines_unless_a_user_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache.directory() == Path("/var/cache/ovn-testbed/releases")
