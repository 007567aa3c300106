"""Database files are written in OVSDB's log format: a schema record, then one transaction."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from testbed.cluster import seed


def records(path: Path) -> list[Any]:
    """Read the log back, checking every length and checksum."""
    rest, found = path.read_bytes(), []
    while rest:
        header, _, rest = rest.partition(b"\n")
        magic, length, checksum = header.rsplit(b" ", 2)
        body, rest = rest[: int(length)], rest[int(length) :]
        assert magic == b"OVSDB JSON"
        assert hashlib.sha1(body, usedforsecurity=False).hexdigest().encode() == checksum
        assert body.endswith(b"\n")
        found.append(json.loads(body))
    return found


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    path = tmp_path / "a.ovsschema"
    path.write_text('{"name": "A",\n "version": "1.0.0", "tables": {}}')
    return path


def test_the_first_record_is_the_schema_and_the_second_holds_all_rows(tmp_path: Path, schema: Path) -> None:
    port = seed.Row("Port", {"name": "p"})
    bridge = seed.Row("Bridge", {"name": "b", "ports": seed.references([port])})
    seed.write(tmp_path / "db", schema, [bridge, port])
    first, second = records(tmp_path / "db")
    assert first == {"name": "A", "version": "1.0.0", "tables": {}}
    assert second["Port"] == {port.uuid: {"name": "p"}}
    assert second["Bridge"][bridge.uuid]["ports"] == ["set", [["uuid", port.uuid]]]


def test_maps_are_written_in_ovsdbs_notation() -> None:
    assert seed.string_map({"a": "1", "b": "2"}) == ["map", [["a", "1"], ["b", "2"]]]


def test_a_database_that_exists_is_never_overwritten(tmp_path: Path, schema: Path) -> None:
    seed.write(tmp_path / "db", schema, [])
    with pytest.raises(FileExistsError):
        seed.write(tmp_path / "db", schema, [])
