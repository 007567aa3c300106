"""The journal keeps what it was given, in order, and no more than history needs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from testbed.apiserver.journal import Journal, JournalError, JournalUnusable, Row


def row(revision: int, type_: str = "MODIFIED", name: str = "a") -> Row:
    return Row(revision, revision * 1000, type_, "Pod", "default", name, b'{"n":%d}' % revision)


def revisions(journal: Journal) -> list[int]:
    return [found.revision for found in journal.rows()]


def test_what_is_committed_is_read_back_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.db", history=10)
    journal.commit([row(1, "ADDED"), row(2)])
    journal.commit([row(3, "DELETED")])
    journal.close()
    assert list(Journal(tmp_path / "j.db", 10).rows()) == [row(1, "ADDED"), row(2), row(3, "DELETED")]


def test_an_outdated_revision_goes_once_what_outdated_it_left_the_history(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.db", history=3)
    journal.commit([row(1)])
    journal.outdate(1, by=2)
    journal.commit([row(2)])
    journal.commit([row(3, name="b"), row(4, name="c")])
    assert revisions(journal) == [1, 2, 3, 4]
    journal.commit([row(5, name="d")])
    assert revisions(journal) == [2, 3, 4, 5]


def test_one_process_has_it_at_a_time(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.db", 10)
    with pytest.raises(JournalUnusable, match="locked"):
        Journal(tmp_path / "j.db", 10)
    journal.close()
    Journal(tmp_path / "j.db", 10).close()


def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    path.write_bytes(b"these are somebody's notes, at some length" * 100)
    with pytest.raises(JournalUnusable, match="not a database"):
        Journal(path, 10)
    assert path.read_bytes().startswith(b"these are")
    newer = tmp_path / "newer.db"
    with sqlite3.connect(newer) as database:
        database.execute("PRAGMA user_version=99")
    with pytest.raises(JournalUnusable, match="format 99, allowed 1"):
        Journal(newer, 10)


def test_a_revision_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.db", 10)
    journal.commit([row(1)])
    with pytest.raises(JournalError, match="UNIQUE"):
        journal.commit([row(1)])
