import json
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.cli import exits
from testbed.cli.app import status_of
from testbed.experiment import registry
from testbed.experiment.errors import Fault, Unfit
from testbed.releases import ReleaseUnavailable
from testbed.results import RunNotFound

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["list", "--nonsense"],
        ["list", "nonsense"],
        ["run"],
        ["run", "nonsense"],
        ["run", "incremental", "--profile", "nonsense"],
        ["run", "incremental", "--set", "nonsense=1"],
        ["run", "incremental", "--set", "pods=many"],
        ["run", "incremental", "--repeat", "0"],
        ["run", "incremental", "--max-time", "soon"],
        ["run", "incremental", "--max-time", "0s"],
        ["show", "nonsense"],
        ["report", "nonsense"],
        ["releases", "add", "nonsense"],
        ["releases", "remove", "system"],
    ],
)
def test_an_unfit_request_is_one_line_and_status_2(
    arguments: list[str], capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert status_of(arguments) == exits.UNFIT
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("testbed: ")
    assert told.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def _raises(error: BaseException) -> Callable[[], None]:
    def load() -> None:
        raise error

    return load


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unfit("too little"), exits.UNFIT),
        (ReleaseUnavailable("add it"), exits.UNFIT),
        (RunNotFound("no run"), exits.UNFIT),
        (Fault("northd died", Path("/somewhere/logs")), exits.FAULT),
    ],
)
def test_each_failure_has_its_status(
    error: BaseException, status: int, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "load", _raises(error))
    assert status_of(["list"]) == status
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "Traceback" not in told


def test_an_interrupt_has_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "load", _raises(KeyboardInterrupt()))
    assert status_of(["list"]) == exits.INTERRUPTED


def test_a_fault_says_where_the_logs_are(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "load", _raises(Fault("northd died", Path("/somewhere/logs"))))
    status_of(["list"])
    assert capsys.readouterr().err == "testbed: northd died (logs: /somewhere/logs)\n"


def test_an_error_that_nobody_foresaw_is_one_line_with_the_path_of_its_traceback(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(registry, "load", _raises(ZeroDivisionError("oh")))
    assert status_of(["list"]) == exits.FAULT
    (log,) = tmp_path.iterdir()
    assert capsys.readouterr().err == f"testbed: ZeroDivisionError: oh (traceback: {log})\n"
    assert "Traceback" in log.read_text()


def test_list_prints_names_questions_and_profiles(capsys: Capture) -> None:
    assert status_of(["list"]) == exits.GOOD
    told = capsys.readouterr().out
    assert "incremental" in told
    assert "quick, nightly, full" in told


def test_list_as_json_tells_the_params_of_each_profile(capsys: Capture) -> None:
    assert status_of(["list", "incremental", "--json"]) == exits.GOOD
    (found,) = json.loads(capsys.readouterr().out)["scenarios"]
    assert found["name"] == "incremental"
    assert found["profiles"]["quick"]["nodes"] == 3
    assert {"name", "allowed", "default", "description"} == set(found["params"][0])


def test_a_broken_file_is_named_and_the_others_are_listed(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.py").write_text("x = (")
    monkeypatch.setenv("TESTBED_SCENARIOS", str(tmp_path))
    assert status_of(["list"]) == exits.GOOD
    assert f"broken: {tmp_path / 'broken.py'}: line 1" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["list", "run", "show", "report", "clean", "releases"])
def test_help_teaches_with_an_example(command: str, capsys: Capture) -> None:
    arguments = ["releases", "add", "--help"] if command == "releases" else [command, "--help"]
    assert status_of(arguments) == exits.GOOD
    assert f"testbed {command}" in capsys.readouterr().out
    assert status_of([command, "--help"]) == exits.GOOD
