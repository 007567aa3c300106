"""A supervised process is ready when it says so, and its death or failure to start tells its last log lines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from testbed.cluster import DaemonDied, StartFailed
from testbed.cluster.processes import Process, stop_all, wait_ready, wait_until

Start = Callable[..., Process]

SERVE = "print('{\"ready\": true}', flush=True); import signal; signal.pause()"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Start]:
    made: list[Process] = []

    def start(program: str, ready: Callable[[int], Sequence[Path]] | None = None) -> Process:
        one = Process(
            "some daemon", [sys.executable, "-c", program], tmp_path / "logs" / "some.log", ready=ready
        )
        made.append(one)
        one.start()
        return one

    yield start
    stop_all(made)


def test_the_ready_line_makes_it_ready(process: Start) -> None:
    one = process(SERVE)
    wait_ready([one], 60)
    assert one.is_ready
    one.check()


@pytest.mark.parametrize("line", ['{"ready": false}', "ready", '{"ready": true', '["ready"]', '{"ready": 1}'])
def test_no_other_line_does(process: Start, line: str) -> None:
    with pytest.raises(StartFailed, match="not ready after"):
        wait_ready([process(f"print({line!r}, flush=True); import signal; signal.pause()")], 0.5)


def test_a_socket_that_appears_makes_it_ready(process: Start, tmp_path: Path) -> None:
    program = f"import os, pathlib, signal; pathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch(); signal.pause()"
    one = process(program, ready=lambda pid: (tmp_path / str(pid),))
    wait_ready([one], 60)
    assert (tmp_path / str(one.pid)).exists()


def test_one_that_ends_before_it_is_ready_says_how_and_shows_its_log(process: Start) -> None:
    with pytest.raises(StartFailed) as failure:
        wait_ready([process("print('no such schema'); raise SystemExit(7)")], 60)
    told = str(failure.value)
    assert "some daemon" in told
    assert "status 7" in told
    assert "no such schema" in told
    assert "some.log" in told


def test_one_that_dies_later_is_told_with_its_signal_and_last_lines(process: Start) -> None:
    one = process("print('{\"ready\": true}\\nlast words', flush=True); import os; os.abort()")
    with pytest.raises(StartFailed):
        wait_until(lambda: False, [one], 60, "")
    with pytest.raises(DaemonDied, match=r"some daemon died \(killed by signal 6\)(.|\n)*last words"):
        one.check()


def test_one_that_was_killed_on_purpose_is_not_told(process: Start) -> None:
    one = process(SERVE)
    one.kill()
    one.check()
    assert one.returncode == -9


def test_a_restart_waits_for_the_new_ready_line(process: Start) -> None:
    one = process(SERVE)
    wait_ready([one], 60)
    before = one.pid
    one.restart(60)
    assert one.is_ready
    assert one.pid != before
    one.check()


def test_the_old_ready_line_does_not_count_after_a_restart(process: Start, tmp_path: Path) -> None:
    marker = tmp_path / "first"
    fail_next_time = (
        f"import pathlib; p = pathlib.Path({str(marker)!r})\nif p.exists(): raise SystemExit(1)\np.touch()"
    )
    one = process(f"{fail_next_time}; {SERVE}")
    wait_ready([one], 60)
    with pytest.raises(StartFailed, match="status 1"):
        one.restart(60)


def test_only_the_last_lines_are_shown(process: Start) -> None:
    one = process("print('\\n'.join(map(str, range(100))))")
    with pytest.raises(StartFailed) as failure:
        wait_ready([one], 60)
    assert failure.value.last_lines == tuple(map(str, range(88, 100)))
