"""What a container writes is kept line by line, in bounded files."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.pods import output
from testbed.pods.output import Output, attempts, log_file, older

WITHIN_S = 60.0


def kept(path: Path) -> list[str]:
    """The lines of a file without their times, which are of the form that Kubernetes' runtimes write."""
    lines = path.read_text().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z stdout [FP] ", line) for line in lines)
    return [line.partition(" ")[2].removeprefix("stdout ") for line in lines]


def size_of(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.glob("*.log*"))


def written(source: Output, attempt: int, *pieces: bytes) -> None:
    writer = source.begin(attempt)
    for piece in pieces:
        os.write(writer, piece)
    os.close(writer)
    source.finish()


async def test_lines_are_whole_however_they_are_written_and_the_last_needs_no_end(tmp_path: Path) -> None:
    written(Output(tmp_path), 0, b"one\ntw", b"o\n\nth", b"ree")
    assert kept(log_file(tmp_path, 0)) == ["F one", "F two", "F ", "F three"]


async def test_a_line_that_never_ends_is_kept_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "LONGEST_LINE", 8)
    written(Output(tmp_path), 0, b"x" * 20, b"end\n")
    parts = kept(log_file(tmp_path, 0))
    assert "".join(part[2:] for part in parts) == "x" * 20 + "end"
    assert parts[-1].startswith("F ")


async def test_what_is_written_is_kept_while_the_container_runs_and_listeners_hear_of_it(
    tmp_path: Path,
) -> None:
    source = Output(tmp_path)
    writer = source.begin(0)
    with source.listening() as heard:
        os.write(writer, b"now\n")
        await asyncio.wait_for(heard.wait(), WITHIN_S)
    assert source.is_writing(log_file(tmp_path, 0))
    assert kept(log_file(tmp_path, 0)) == ["F now"]
    os.close(writer)
    source.finish()
    assert not source.is_writing(log_file(tmp_path, 0))


async def test_a_file_that_is_full_becomes_the_older_of_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "LARGEST", 100)
    source = Output(tmp_path)
    os.close(source.begin(0))
    for number in range(9):
        source.note(f"line {number}")
    source.finish()
    lines = kept(older(log_file(tmp_path, 0))) + kept(log_file(tmp_path, 0))
    assert lines == [f"F line {number}" for number in range(9 - len(lines), 9)]
    assert size_of(tmp_path) < 4 * 100


async def test_the_present_attempt_and_the_one_before_it_are_kept(tmp_path: Path) -> None:
    source = Output(tmp_path)
    for number in range(4):
        written(source, number, b"x\n")
    assert attempts(tmp_path) == [2, 3]


async def test_an_attempt_that_runs_already_is_gone_on_with(tmp_path: Path) -> None:
    first, second = Output(tmp_path), Output(tmp_path)
    writer = first.begin(0)
    os.write(writer, b"before\n")
    first.finish()
    os.write(writer, b"while nobody reads\n")
    os.close(second.begin(0))
    os.close(writer)
    second.finish()
    assert kept(log_file(tmp_path, 0)) == ["F before", "F while nobody reads"]


@pytest.mark.parametrize("step", [lambda source: source.finish(), lambda source: source.note("x")])
async def test_without_an_attempt_nothing_is_kept(tmp_path: Path, step: Callable[[Output], None]) -> None:
    step(Output(tmp_path / "none"))
    assert not (tmp_path / "none").exists()
