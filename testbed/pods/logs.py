"""Reading what a container wrote: the last lines, those since a moment, and what comes next.

A reader is told of news and looks at nothing meanwhile. It takes the file piece by piece and at its own pace, so that
one that is slow, or wants much, is in nobody's way.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path

from testbed.pods.output import Output, older

_PIECE = 65_536
"""Bytes that are read at once, lines completed."""


@dataclass(frozen=True)
class Wanted:
    """Which lines: of the last `tail` those that are not older than `since`; with times; `limit` bytes at most."""

    tail: int | None = None
    since: datetime | None = None
    timestamps: bool = False
    limit: int | None = None


async def read(path: Path, wanted: Wanted, output: Output | None = None) -> AsyncGenerator[bytes, None]:
    """The text of an attempt's file, in pieces; with an `output`, what that adds to it until the attempt ends.

    Raises:
        FileNotFoundError: there is none.
    """
    left = wanted.limit
    since = b"" if wanted.since is None else _as_written(wanted.since)
    async with contextlib.aclosing(_pieces(path, wanted.tail, output)) as pieces:
        async for lines in pieces:
            shown = b"".join(text(line, wanted.timestamps) for line in lines if line >= since)
            if left is not None:
                shown = shown[:left]
                left -= len(shown)
            if shown:
                yield shown
            if left == 0:
                return
            await asyncio.sleep(0)


async def _pieces(path: Path, tail: int | None, output: Output | None) -> AsyncGenerator[list[bytes], None]:
    with contextlib.ExitStack() as opened:
        files = [opened.enter_context(path.open("rb"))]
        with contextlib.suppress(FileNotFoundError):
            files.insert(0, opened.enter_context(older(path).open("rb")))
        if tail is not None:
            _skip_to_tail(files, tail)
        ends = [os.fstat(file.fileno()).st_size for file in files]
        for file, end in zip(files, ends, strict=True):
            while (left := end - file.tell()) > 0:  # what is written meanwhile could go on for ever
                yield file.readlines(min(left - 1, _PIECE))
        if output is None:
            return
        file = files[-1]
        news = opened.enter_context(output.listening())
        while True:
            lines = file.readlines(_PIECE)
            if lines:
                yield lines
            elif _was_replaced(path, file):
                file = opened.enter_context(path.open("rb"))
            elif not output.is_writing(path):
                return
            else:
                await news.wait()
                news.clear()


def text(line: bytes, timestamps: bool) -> bytes:
    """What people see of a line of a file; without its time unless they want it."""
    moment, _, rest = line.partition(b" ")
    _, _, rest = rest.partition(b" ")
    tag, _, words = rest.partition(b" ")
    if tag == b"P":
        words = words.removesuffix(b"\n")
    return moment + b" " + words if timestamps else words


def _as_written(moment: datetime) -> bytes:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").encode()


def _skip_to_tail(files: Sequence[BufferedReader], count: int) -> None:
    """Go on in each file where the last `count` lines of all begin."""
    for file in reversed(files):
        count -= _seek_back(file, count)


def _seek_back(file: BufferedReader, count: int) -> int:
    """Go to where the last `count` lines begin; returns how many there are, which may be fewer."""
    position = file.seek(0, os.SEEK_END)
    found = 0
    while position and count:
        begin = max(0, position - _PIECE)
        file.seek(begin)
        block = file.read(position - begin)
        missing = count + 1 - found  # the line before them ends there too
        here = block.count(b"\n")
        if here >= missing:
            file.seek(begin + len(block.rsplit(b"\n", missing)[0]) + 1)
            return count
        found += here
        position = begin
    if count:
        file.seek(0)
    return found


def _was_replaced(path: Path, file: BufferedReader) -> bool:
    try:
        return path.stat().st_ino != os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False
