"""Reading what a container wrote: the last lines, those since a moment, and what comes next."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BufferedReader
from pathlib import Path

from testbed.pods.output import older

LOOK_S = 0.1
"""How often a file that is followed is looked at."""
_TIME_LENGTH = len("2026-01-01T00:00:00.000000000Z")


@dataclass(frozen=True)
class Wanted:
    """Which lines: the last `tail`, none older than `since_s` seconds; with their times; at most `limit` bytes."""

    tail: int | None = None
    since_s: int | None = None
    timestamps: bool = False
    limit: int | None = None
    follow: bool = False


async def read(path: Path, wanted: Wanted, writes: Callable[[], bool]) -> AsyncIterator[bytes]:
    """The text of an attempt's file, and what is added to it as long as `writes()` says that it is written to.

    Raises:
        FileNotFoundError: there is none.
    """
    left = wanted.limit
    with path.open("rb") as file:
        present = _older_part(path) + file.read()
        lines = _newer(present.splitlines(keepends=True), wanted.since_s)
        if wanted.tail is not None:
            lines = lines[max(0, len(lines) - wanted.tail) :]
        async for chunk in _and_on(path, file, lines, wanted, writes):
            if left is not None:
                chunk = chunk[:left]
                left -= len(chunk)
            if chunk:
                yield chunk
            if left == 0:
                return


async def _and_on(
    path: Path, file: BufferedReader, lines: list[bytes], wanted: Wanted, writes: Callable[[], bool]
) -> AsyncIterator[bytes]:
    yield b"".join(text(line, wanted.timestamps) for line in lines)
    while wanted.follow:
        last_look = not writes()
        added = file.read()
        if added:
            yield b"".join(text(line, wanted.timestamps) for line in added.splitlines(keepends=True))
        elif _was_replaced(path, file):
            with path.open("rb") as newer:
                async for chunk in _and_on(path, newer, [], wanted, writes):
                    yield chunk
            return
        elif last_look:
            return
        else:
            await asyncio.sleep(LOOK_S)


def text(line: bytes, timestamps: bool) -> bytes:
    """What people see of a line of a file; without its time unless they want it."""
    moment, _, rest = line.partition(b" ")
    _, _, rest = rest.partition(b" ")
    tag, _, words = rest.partition(b" ")
    if tag == b"P":
        words = words.removesuffix(b"\n")
    return moment + b" " + words if timestamps else words


def _older_part(path: Path) -> bytes:
    try:
        return older(path).read_bytes()
    except FileNotFoundError:
        return b""


def _newer(lines: list[bytes], since_s: int | None) -> list[bytes]:
    if since_s is None:
        return lines
    begin = (datetime.now(UTC) - timedelta(seconds=since_s)).strftime("%Y-%m-%dT%H:%M:%S.%f000Z").encode()
    return [line for line in lines if line[:_TIME_LENGTH] >= begin]


def _was_replaced(path: Path, file: BufferedReader) -> bool:
    try:
        return path.stat().st_ino != os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False
