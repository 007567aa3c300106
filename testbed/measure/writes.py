"""What reached a database, exactly: the log that ovsdb-server keeps of every transaction, read between two moments.

A row counts once a transaction that wrote it, whoever wrote it: the controller, northd or an ovn-controller. Format:
ovsdb(5), "Standalone Database Format": a header ``OVSDB JSON length sha1``, then that many bytes of JSON, in which
tables hold their changed rows by UUID (null: deleted) and names with a leading underscore are no tables.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import msgspec

_HEADER = re.compile(rb"OVSDB JSON (\d+) [0-9a-f]{40}\n")
_RECORD = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ROWS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class LogUnreadable(Exception):
    """What was written between two moments is not known: the log was compacted in between, or is of another format."""


class Position(NamedTuple):
    """How far a log goes: the file and its length in bytes."""

    inode: int
    length: int


class Writes(NamedTuple):
    """Transactions, the rows that they wrote and deleted, and the bytes of the log that say so."""

    transactions: int
    written: int
    deleted: int
    bytes: int


def position(log: Path) -> Position:
    """Where the log of a database ends now. Raises ``OSError``."""
    status = log.stat()
    return Position(status.st_ino, status.st_size)


def between(log: Path, before: Position, after: Position) -> Writes:
    """What was logged between two positions. Raises ``LogUnreadable`` or ``OSError``."""
    if before.inode != after.inode or after.length < before.length:
        raise LogUnreadable(f"{log}: compacted meanwhile")
    with log.open("rb") as file:
        file.seek(before.length)
        content = file.read(after.length - before.length)
    transactions = written = deleted = at = 0
    while at < len(content):
        header = _HEADER.match(content, at)
        if header is None:
            raise LogUnreadable(f"{log}: no record at byte {before.length + at}")
        at = header.end() + int(header[1])
        transactions += 1
        for name, table in _RECORD.decode(content[header.end() : at]).items():
            if not name.startswith("_"):
                rows = _ROWS.decode(table).values()
                gone = sum(bytes(row) == b"null" for row in rows)
                deleted += gone
                written += len(rows) - gone
    return Writes(transactions, written, deleted, after.length - before.length)
