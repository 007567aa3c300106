import pytest

from testbed.cli import watching
from testbed.cli.watching import Watcher
from testbed.experiment.channel import Progress

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def lines(capsys: Capture) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_without_a_terminal_each_new_step_is_a_line(clock: list[float], capsys: Capture) -> None:
    watcher = Watcher()
    watcher.progress(1, 1, Progress(text="building the cluster"))
    watcher.progress(1, 1, Progress(text="pods ready", done=1, total=20))
    assert lines(capsys) == ["building the cluster", "pods ready 1/20"]


def test_a_step_that_goes_on_is_told_again_only_after_a_while(clock: list[float], capsys: Capture) -> None:
    watcher = Watcher()
    for done, later in ((1, 0.0), (2, 1.0), (3, watching.LINE_INTERVAL_S)):
        clock[0] += later
        watcher.progress(1, 1, Progress(text="pods ready", done=done, total=20))
    assert lines(capsys) == ["pods ready 1/20", "pods ready 3/20"]


def test_the_end_of_a_step_is_always_told(clock: list[float], capsys: Capture) -> None:
    watcher = Watcher()
    watcher.progress(1, 1, Progress(text="pods ready", done=1, total=20))
    watcher.progress(1, 1, Progress(text="pods ready", done=20, total=20))
    assert lines(capsys) == ["pods ready 1/20", "pods ready 20/20"]


def test_of_several_instances_each_line_says_which(clock: list[float], capsys: Capture) -> None:
    Watcher().progress(2, 3, Progress(text="building the cluster"))
    assert lines(capsys) == ["instance 2/3: building the cluster"]
