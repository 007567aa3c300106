"""A row as it is kept: the server's own bytes, decoded column by column when somebody asks.

A replica of 100,000 logical ports as dictionaries of strings and sets takes several times the memory of the JSON that
carried them, and most columns of most rows are read once, at the start. So a row keeps the bytes, and only what later
updates changed is kept decoded.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from controller.ovsdb.errors import ProtocolError
from controller.ovsdb.schema import Column
from controller.ovsdb.values import Value

_COLUMNS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ALL = msgspec.json.Decoder(dict[str, Any])
_ANY = msgspec.json.Decoder(Any)
_NOTHING: Mapping[str, Value] = {}


class Row(Mapping[str, Value]):
    """The monitored columns of a row, immutable; `row["name"]` decodes one column, `unpack()` all of them at once."""

    __slots__ = ("_changed", "_columns", "_raw")

    def __init__(
        self, columns: Mapping[str, Column], raw: bytes, changed: Mapping[str, Value] = _NOTHING
    ) -> None:
        self._columns = columns
        self._raw = raw
        self._changed = changed

    def __getitem__(self, name: str) -> Value:
        column = self._columns[name]
        if name in self._changed:
            return self._changed[name]
        raw = _decode(_COLUMNS, self._raw, column.table).get(name)
        return column.default if raw is None else column.decode(_ANY.decode(raw))

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        return f"Row({self.unpack()!r})"

    def pick(self, *names: str) -> tuple[Value, ...]:
        """The values of some columns, in the order of their names; the others stay as they came."""
        raw = _decode(_COLUMNS, self._raw, "row")
        return tuple(
            self._changed[name]
            if name in self._changed
            else self._columns[name].decode(_ANY.decode(raw[name]))
            if name in raw
            else self._columns[name].default
            for name in names
        )

    def unpack(self) -> dict[str, Value]:
        """Every monitored column as a new dictionary, in one pass."""
        columns = self._columns
        values = {name: column.default for name, column in columns.items()}
        for name, wire in _decode(_ALL, self._raw, "row").items():
            if name in columns:
                values[name] = columns[name].decode(wire)
        values.update(self._changed)
        return values

    def modified(self, difference: bytes | msgspec.Raw) -> "Row":
        """The row after an `update2` modification: new scalars, and what enters or leaves sets and maps."""
        changed = dict(self._changed)
        for name, wire in _decode(_ALL, difference, "modify").items():
            column = self._columns.get(name)
            if column is not None:
                changed[name] = _apply(column, self[name], column.decode(wire))
        return Row(self._columns, self._raw, changed)


def _apply(column: Column, old: Any, difference: Any) -> Value:
    if column.max == 1 and column.kind != "map":
        return difference  # type: ignore[no-any-return]
    if column.kind == "set":
        return old ^ difference  # type: ignore[no-any-return]
    new = dict(old)
    for key, value in difference.items():
        if key in old and old[key] == value:
            del new[key]
        else:
            new[key] = value
    return new


def _decode(decoder: Any, raw: bytes | msgspec.Raw, what: str) -> dict[str, Any]:
    try:
        return decoder.decode(raw)  # type: ignore[no-any-return]
    except msgspec.DecodeError as error:
        raise ProtocolError(f"{what}: not a row: {error}") from error
