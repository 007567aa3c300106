"""What a database holds: its tables and columns, as the server itself describes them (RFC 7047, 3.2).

Releases differ in tables and columns, so nothing is assumed: the schema is asked for at connection, and every column
is compiled once into the two functions that carry its values to and from the wire.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from controller.ovsdb.codec import Base, Decode, Encode, Kind, compile_decode, compile_encode
from controller.ovsdb.errors import InvalidOperation, ProtocolError
from controller.ovsdb.values import UUID, Atom, Value

_UNLIMITED = 2**63


class Column:
    """One column: its type and the functions `decode(wire) -> Value` and `encode(value) -> wire`."""

    __slots__ = (
        "decode",
        "default",
        "encode",
        "key",
        "kind",
        "max",
        "min",
        "mutable",
        "name",
        "table",
        "value",
    )

    def __init__(
        self,
        table: str,
        name: str,
        key: Base,
        value: Base | None,
        least: int,
        most: int,
        mutable: bool = True,
    ) -> None:
        self.table = table
        self.name = name
        self.key = key
        self.value = value
        self.min = least
        self.max = most
        self.mutable = mutable
        self.kind: Kind
        if value is not None:
            self.kind = "map"
        elif most > 1:
            self.kind = "set"
        else:
            self.kind = "scalar" if least else "optional"
        self.decode: Decode = compile_decode(self.kind, key, value, f"{table}.{name}")
        self.encode: Encode = compile_encode(self)
        self.default: Value = _default(self.kind, key)

    def refuse(self, found: object, allowed: str | None = None) -> InvalidOperation:
        """The error that says what was found in a value meant for this column, and what is allowed."""
        return InvalidOperation(self.table, self.name, repr(found), allowed or self.describe())

    def describe(self) -> str:
        """What values the column takes, in words."""
        if self.value is not None:
            return f"a map from {self.key.describe()} to {self.value.describe()}"
        if self.kind == "set":
            size = "" if self.max >= _UNLIMITED else f" of at most {self.max}"
            return f"a set{size} of {self.key.describe()}"
        return self.key.describe() + (" or None" if self.kind == "optional" else "")


class TableSchema:
    """One table: its columns by name, `_uuid` included."""

    __slots__ = ("columns", "indexes", "is_root", "name")

    def __init__(
        self, name: str, columns: dict[str, Column], indexes: tuple[tuple[str, ...], ...], is_root: bool
    ):
        self.name = name
        self.columns = columns
        self.indexes = indexes
        self.is_root = is_root

    def column(self, name: str) -> Column:
        """The column of that name; raises InvalidOperation with the columns that there are."""
        try:
            return self.columns[name]
        except (KeyError, TypeError):
            allowed = "one of " + ", ".join(sorted(self.columns))
            raise InvalidOperation(self.name, str(name), "no such column", allowed) from None


class DatabaseSchema:
    """A database's name, version and tables."""

    __slots__ = ("name", "tables", "version")

    def __init__(self, name: str, version: str, tables: dict[str, TableSchema]) -> None:
        self.name = name
        self.version = version
        self.tables = tables

    def table(self, name: str) -> TableSchema:
        """The table of that name; raises InvalidOperation with the tables that there are."""
        try:
            return self.tables[name]
        except (KeyError, TypeError):
            allowed = "one of " + ", ".join(sorted(self.tables))
            raise InvalidOperation(str(name), "", "no such table", allowed) from None

    @classmethod
    def parse(cls, document: bytes | msgspec.Raw) -> "DatabaseSchema":
        """Read the answer to `get_schema`, or an .ovsschema file; raises ProtocolError if it is neither."""
        try:
            wire = msgspec.json.decode(document, type=_WireDatabase)
            tables = {name: _table(name, table) for name, table in wire.tables.items()}
        except (msgspec.DecodeError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ProtocolError(f"not a database schema: {error}") from error
        return cls(wire.name, wire.version, tables)


class _WireType(msgspec.Struct):
    key: Any
    value: Any = None
    min: int = 1
    max: int | str = 1


class _WireColumn(msgspec.Struct):
    type: str | _WireType
    mutable: bool = True


class _WireTable(msgspec.Struct):
    columns: dict[str, _WireColumn]
    indexes: list[list[str]] = []
    isRoot: bool = False


class _WireDatabase(msgspec.Struct):
    name: str
    tables: dict[str, _WireTable]
    version: str = ""


def _table(name: str, wire: _WireTable) -> TableSchema:
    columns = {column: _column(name, column, definition) for column, definition in wire.columns.items()}
    for implicit in ("_uuid", "_version"):
        columns[implicit] = Column(name, implicit, Base("uuid"), None, 1, 1, mutable=False)
    return TableSchema(name, columns, tuple(map(tuple, wire.indexes)), wire.isRoot)


def _column(table: str, name: str, wire: _WireColumn) -> Column:
    if isinstance(wire.type, str):
        return Column(table, name, Base(wire.type), None, 1, 1, wire.mutable)
    most = wire.type.max if isinstance(wire.type.max, int) else _UNLIMITED
    value = None if wire.type.value is None else _base(wire.type.value)
    return Column(table, name, _base(wire.type.key), value, wire.type.min, most, wire.mutable)


def _base(wire: str | Mapping[str, Any]) -> Base:
    if isinstance(wire, str):
        return Base(wire)
    enum = wire.get("enum")
    if enum is not None:
        enum = tuple(enum[1]) if isinstance(enum, list) else (enum,)
    return Base(
        wire["type"],
        enum=enum,
        least=wire.get("minInteger", wire.get("minReal")),
        most=wire.get("maxInteger", wire.get("maxReal")),
        reference=wire.get("refTable"),
    )


_ZERO: dict[str, Atom] = {
    "string": "",
    "integer": 0,
    "real": 0.0,
    "boolean": False,
    "uuid": UUID("00000000-0000-0000-0000-000000000000"),
}
_EMPTY: dict[Kind, Value] = {"map": {}, "set": frozenset(), "optional": None}


def _default(kind: Kind, key: Base) -> Value:
    """What a column holds that the server leaves out (RFC 7047, 5.2.1)."""
    return _ZERO[key.type] if kind == "scalar" else _EMPTY[kind]
