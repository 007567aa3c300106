import shutil
from pathlib import Path

import pytest

from testbed.experiment import preflight
from testbed.experiment.errors import Unfit


def test_without_root_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(Unfit, match="sudo"):
        preflight.require_privilege()
    monkeypatch.setattr("os.geteuid", lambda: 0)
    preflight.require_privilege()


def test_every_missing_tool_is_named_with_the_package_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda tool: None if tool in ("ping", "mnexec") else f"/bin/{tool}")
    with pytest.raises(Unfit, match=r"missing mnexec, ping: .*apt-get install iputils-ping mininet"):
        preflight.require_tools()


def test_the_longest_socket_path_may_have_107_bytes() -> None:
    room = preflight.SOCKET_PATH_LIMIT - len(preflight.LONGEST_SOCKET) - 1
    preflight.require_short_paths(Path("/" + "s" * (room - 1)))
    with pytest.raises(Unfit, match="would have 108 bytes, allowed 107"):
        preflight.require_short_paths(Path("/" + "s" * room))


def test_a_disk_that_is_too_full_is_told_with_what_is_left(tmp_path: Path) -> None:
    left = shutil.disk_usage(tmp_path).free
    preflight.require_room_for_state(tmp_path / "not" / "yet", needed=left // 2)
    with pytest.raises(Unfit, match=r"MiB are left there, .* MiB are needed: make room"):
        preflight.require_room_for_state(tmp_path / "not" / "yet", needed=10 * left + 1)


def test_runs_need_a_directory_that_can_be_written_to(tmp_path: Path) -> None:
    preflight.require_place_for_runs(tmp_path / "not" / "yet")
    (tmp_path / "file").write_text("")
    with pytest.raises(Unfit, match="no directory that can be written to"):
        preflight.require_place_for_runs(tmp_path / "file" / "runs")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
