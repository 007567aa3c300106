"""Which program of the host a container runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.pods.processes import program


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    made = tmp_path / "tool"
    made.write_text("#!/bin/sh\n")
    made.chmod(0o755)
    return made


def test_a_program_is_looked_for_where_the_containers_environment_says(tool: Path) -> None:
    assert program(["tool"], {"PATH": str(tool.parent)}) == str(tool)
    assert program(["tool"], {"PATH": "/nowhere"}) is None
    assert program(["tool"], {}) is None


def test_without_a_path_of_its_own_a_container_has_the_hosts_usual_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert program(["sh"], {}) in ("/usr/bin/sh", "/bin/sh")


def test_a_path_is_taken_as_it_is(tool: Path) -> None:
    assert program([str(tool), "argument"], {"PATH": "/nowhere"}) == str(tool)


@pytest.mark.parametrize("argv", [[], [""], ["no-such-program-here"], ["/tmp"]])  # noqa: S108
def test_what_is_no_program_is_none(argv: list[str]) -> None:
    assert program(argv, {}) is None


def test_a_file_that_may_not_be_run_is_none(tool: Path) -> None:
    tool.chmod(0o644)
    assert program(["tool"], {"PATH": str(tool.parent)}) is None
