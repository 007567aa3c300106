"""The journal: every revision on its way to being answered, in SQLite, so that a killed server loses no promise.

One row a revision, never updated: the current objects are the newest rows of their names, recent history is the tail,
and both are read by one pass. SQLite runs in WAL mode with ``synchronous=OFF``: a commit is in the kernel's page cache,
which survives the death of the process (not of the machine) and costs tens of microseconds instead of milliseconds.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FORMAT = 1
"""Kept in ``user_version``: a journal of another format is refused instead of misread."""

_CREATE = """
CREATE TABLE IF NOT EXISTS revision (
    revision INTEGER PRIMARY KEY,
    accepted_ns INTEGER NOT NULL,
    type TEXT NOT NULL,
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    body BLOB NOT NULL
)
"""


class JournalError(Exception):
    """The journal cannot be used or written: the path and what SQLite says."""


class JournalUnusable(JournalError):
    """The file is no journal of ours, or another process has it."""


class Row(NamedTuple):
    """One revision.

    ``accepted_ns`` is CLOCK_MONOTONIC, ``type`` ADDED, MODIFIED or DELETED, ``body`` the object's JSON.
    """

    revision: int
    accepted_ns: int
    type: str
    kind: str
    namespace: str
    name: str
    body: bytes


class Journal:
    """An open journal; exclusively ours until closed. ``history`` is how many of the newest revisions are all kept."""

    def __init__(self, path: Path, history: int) -> None:
        self.path = path
        self.history = history
        self._outdated: deque[tuple[int, int]] = deque()
        try:
            self._database = sqlite3.connect(path, isolation_level=None, timeout=1.0)
            execute = self._database.execute
            execute("PRAGMA locking_mode=EXCLUSIVE")
            execute("PRAGMA journal_mode=WAL")
            execute("PRAGMA synchronous=OFF")
            execute("PRAGMA wal_autocheckpoint=4000")
            found = execute("PRAGMA user_version").fetchone()[0]
            if found not in (0, FORMAT):
                raise JournalUnusable(f"{path}: journal of format {found}, allowed {FORMAT}")
            execute("BEGIN IMMEDIATE")
            execute(_CREATE)
            execute(f"PRAGMA user_version={FORMAT}")
            execute("COMMIT")
        except sqlite3.Error as error:
            raise JournalUnusable(f"{path}: {error}") from error

    def rows(self, kind: str | None = None) -> Iterator[Row]:
        """Every row (of one kind), oldest first."""
        where, values = ("WHERE kind = ?", (kind,)) if kind is not None else ("", ())
        query = f"SELECT * FROM revision {where} ORDER BY revision"  # noqa: S608 - the text is ours
        try:
            yield from map(Row._make, self._database.execute(query, values))
        except sqlite3.Error as error:
            raise JournalError(f"{self.path}: {error}") from error

    def outdate(self, revision: int, by: int) -> None:
        """A revision is no longer current since ``by``; its row goes once ``by`` has left the history."""
        self._outdated.append((by, revision))

    def commit(self, rows: list[Row]) -> None:
        """Makes rows durable, all in one transaction, and drops what has left the history. Raises ``JournalError``."""
        floor = rows[-1].revision - self.history
        outdated = []
        while self._outdated and self._outdated[0][0] <= floor:
            outdated.append((self._outdated.popleft()[1],))
        try:
            self._database.execute("BEGIN")
            self._database.executemany("INSERT INTO revision VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            if outdated:
                self._database.executemany("DELETE FROM revision WHERE revision = ?", outdated)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise JournalError(f"{self.path}: {error}") from error

    def close(self) -> None:
        """Closes the file; everything committed is in it."""
        self._database.close()
