"""Database files written before their server starts, so that building a cluster needs no round trip per setting.

An OVSDB file is a log (ovsdb(5), "standalone" format): a schema record, then one record a transaction, each
`OVSDB JSON <length> <SHA-1>` and a line of JSON. Rows leave out the columns that have their default.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True)
class Row:
    """A row to be written; its UUID is made here, so that other rows can refer to it."""

    table: str
    columns: Mapping[str, Json]
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))


def string_map(pairs: Mapping[str, str]) -> Json:
    """A map column in OVSDB's notation."""
    return ["map", [[key, value] for key, value in pairs.items()]]


def references(rows: Iterable[Row]) -> Json:
    """A set column that refers to rows."""
    return ["set", [["uuid", row.uuid] for row in rows]]


def write(path: Path, schema: Path, rows: Iterable[Row], comment: str = "testbed: initial content") -> None:
    """Write a new database file.

    Raises:
        FileExistsError: `path` exists.
        OSError, ValueError: `schema` cannot be read, or is no JSON.
    """
    content: dict[str, Json] = {"_comment": comment}
    for row in rows:
        table = content.setdefault(row.table, {})
        assert isinstance(table, dict)
        table[row.uuid] = dict(row.columns)
    records = _record(json.loads(schema.read_text())) + _record(content)
    with path.open("xb") as file:
        file.write(records)


def _record(content: Json) -> bytes:
    line = json.dumps(content, separators=(",", ":")).encode() + b"\n"
    checksum = hashlib.sha1(line, usedforsecurity=False).hexdigest()  # the format's own choice
    return f"OVSDB JSON {len(line)} {checksum}\n".encode() + line
