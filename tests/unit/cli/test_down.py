"""Which clusters `testbed down` means."""

from pathlib import Path

import pytest

from testbed.cli import exits
from testbed.cli.app import status_of
from testbed.experiment import preflight


@pytest.fixture(autouse=True)
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path))
    monkeypatch.setenv("TESTBED_CLUSTER", "demo")
    monkeypatch.setattr(preflight, "require_privilege", lambda: None)


def test_all_means_all_also_in_a_shell_that_works_with_one_of_them() -> None:
    assert status_of(["down", "--all"]) == exits.GOOD


def test_all_and_one_of_them_contradict_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["down", "--all", "--name", "other"]) == exits.UNFIT
    assert "exclude each other" in capsys.readouterr().err
