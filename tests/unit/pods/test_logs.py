"""Reading a container's output: which lines, in which form, and until when."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from testbed.pods import logs, output
from testbed.pods.logs import Wanted
from testbed.pods.output import Output

LINES = (
    b"2026-01-01T00:00:01.000000000Z stdout F one\n"
    b"2026-01-01T00:00:02.000000000Z stdout P a long \n"
    b"2026-01-01T00:00:02.500000000Z stdout F line\n"
    b"2026-01-01T00:00:03.000000000Z stdout F \n"
    b"2026-01-01T00:00:04.000000000Z stdout F last\n"
)
WITHIN_S = 60.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "0.log"
    made.write_bytes(LINES)
    return made


async def shown(path: Path, wanted: Wanted, source: Output | None = None) -> str:
    async with asyncio.timeout(WITHIN_S):
        return b"".join([piece async for piece in logs.read(path, wanted, source)]).decode()


async def test_all_lines_are_shown_without_their_times(path: Path) -> None:
    assert await shown(path, Wanted()) == "one\na long line\n\nlast\n"


@pytest.mark.parametrize(
    ("tail", "text"), [(0, ""), (1, "last\n"), (2, "\nlast\n"), (5, "one\na long line\n\nlast\n"), (99, None)]
)
async def test_the_last_lines_are_counted_from_the_end(path: Path, tail: int, text: str | None) -> None:
    assert await shown(path, Wanted(tail=tail)) == (await shown(path, Wanted()) if text is None else text)


async def test_lines_older_than_a_moment_are_left_out(path: Path) -> None:
    since = datetime(2026, 1, 1, 0, 0, 3, tzinfo=UTC)
    assert await shown(path, Wanted(since=since)) == "\nlast\n"
    assert await shown(path, Wanted(since=since, tail=1)) == "last\n"


async def test_times_are_shown_where_they_are_wanted(path: Path) -> None:
    assert await shown(path, Wanted(timestamps=True, tail=1)) == "2026-01-01T00:00:04.000000000Z last\n"


async def test_no_more_than_so_many_bytes_are_shown(path: Path) -> None:
    assert await shown(path, Wanted(limit=6)) == "one\na "
    assert await shown(path, Wanted(limit=0)) == ""


async def test_the_last_lines_of_much_output_are_found_across_pieces_and_files(tmp_path: Path) -> None:
    path = tmp_path / "0.log"
    count = 9_000
    lines = [b"2026-01-01T00:00:00.%09dZ stdout F line %d\n" % (number, number) for number in range(count)]
    output.older(path).write_bytes(b"".join(lines[:5_000]))
    path.write_bytes(b"".join(lines[5_000:]))
    for tail in (1, 3_999, 4_000, 4_001, count - 1, count, count + 1):
        kept = min(tail, count)
        expected = "".join(f"line {number}\n" for number in range(count - kept, count))
        assert await shown(path, Wanted(tail=tail)) == expected, tail


async def test_no_output_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await shown(tmp_path / "0.log", Wanted())


@asynccontextmanager
async def following(path: Path, source: Output, wanted: Wanted) -> AsyncIterator[asyncio.Queue[str]]:
    """What a follower is shown, piece by piece; an empty text is the end."""
    seen: asyncio.Queue[str] = asyncio.Queue()

    async def follow() -> None:
        async for piece in logs.read(path, wanted, source):
            seen.put_nowait(piece.decode())
        seen.put_nowait("")

    task = asyncio.create_task(follow())
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.wait([task])


async def take(seen: asyncio.Queue[str], wanted: str) -> None:
    """Wait until just this was shown."""
    text = ""
    async with asyncio.timeout(WITHIN_S):
        while text != wanted:
            text += await seen.get()
            assert wanted.startswith(text), text


async def test_a_follower_is_shown_what_comes_until_the_attempt_ends(tmp_path: Path) -> None:
    source = Output(tmp_path)
    writer = source.begin(0)
    source.note("before")
    async with following(output.log_file(tmp_path, 0), source, Wanted(tail=1)) as seen:
        await take(seen, "before\n")
        os.write(writer, b"during\n")
        await take(seen, "during\n")
        os.write(writer, b"the end")
        os.close(writer)
        source.finish()
        await take(seen, "the end\n")
        assert await asyncio.wait_for(seen.get(), WITHIN_S) == ""


async def test_a_follower_goes_on_in_the_file_that_replaces_a_full_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "LARGEST", 100)
    source = Output(tmp_path)
    os.close(source.begin(0))
    async with following(output.log_file(tmp_path, 0), source, Wanted()) as seen:
        for number in range(20):
            source.note(f"number {number}")
            await take(seen, f"number {number}\n")
        assert output.older(output.log_file(tmp_path, 0)).exists()
    source.finish()


async def test_the_next_attempt_is_not_what_was_followed(tmp_path: Path) -> None:
    source = Output(tmp_path)
    os.close(source.begin(0))
    source.note("first attempt")
    async with following(output.log_file(tmp_path, 0), source, Wanted()) as seen:
        await take(seen, "first attempt\n")
        os.close(source.begin(1))
        source.note("second attempt")
        assert await asyncio.wait_for(seen.get(), WITHIN_S) == ""
    source.finish()
