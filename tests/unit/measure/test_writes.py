"""The log of a database tells exactly what was written between two moments."""

import hashlib
import json
from pathlib import Path

import pytest

from testbed.measure.writes import LogUnreadable, Writes, between, position


def append(log: Path, record: object) -> None:
    body = json.dumps(record).encode() + b"\n"
    with log.open("ab") as file:
        file.write(b"OVSDB JSON %d %s\n" % (len(body), hashlib.sha1(body).hexdigest().encode()))  # noqa: S324
        file.write(body)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    log = tmp_path / "nb.db"
    append(log, {"name": "OVN_Northbound", "tables": {}})
    return log


def test_nothing_written_is_nothing(log: Path) -> None:
    here = position(log)
    assert between(log, here, here) == Writes(0, 0, 0, 0)


def test_rows_are_counted_by_what_became_of_them(log: Path) -> None:
    before = position(log)
    append(
        log, {"_date": 1, "_comment": "a", "Port": {"u1": {"name": "x"}, "u2": None}, "Switch": {"u3": {}}}
    )
    append(log, {"_date": 2, "Port": {"u1": {"name": "y"}}})
    after = position(log)
    assert between(log, before, after) == Writes(2, 3, 1, after.length - before.length)


def test_what_came_before_and_after_does_not_count(log: Path) -> None:
    append(log, {"Port": {"u1": {}}})
    before = position(log)
    append(log, {"Port": {"u2": {}}})
    after = position(log)
    append(log, {"Port": {"u3": {}}})
    assert between(log, before, after).written == 1


def test_a_compacted_log_tells_nothing(log: Path) -> None:
    before = position(log)
    compacted = log.with_suffix(".new")
    append(compacted, {"Port": {f"u{number}": {} for number in range(100)}})
    compacted.rename(log)
    with pytest.raises(LogUnreadable, match="compacted"):
        between(log, before, position(log))


def test_a_log_of_another_format_is_no_log_of_nothing(log: Path) -> None:
    before = position(log)
    with log.open("ab") as file:
        file.write(b"OVSDB CLUSTER 10 abc\n0123456789")
    with pytest.raises(LogUnreadable, match="no record"):
        between(log, before, position(log))
