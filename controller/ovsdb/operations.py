"""The operations of a transaction (RFC 7047, 5.2), in Python values; the schema turns them into JSON.

They are data: the engine can look at what it is about to send, count it, and find the owner of the operation that a
server blames.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from controller.ovsdb.codec import encode_keys
from controller.ovsdb.errors import InvalidOperation
from controller.ovsdb.row import Row
from controller.ovsdb.schema import Column, DatabaseSchema, TableSchema
from controller.ovsdb.values import UUID, NamedUUID, Value

Mutator = Literal["insert", "delete", "+=", "-=", "*=", "/=", "%="]
Clause = tuple[str, str, Value]
"""A condition on a column: (column, function, value); functions are ==, !=, <, <=, >, >=, includes, excludes."""
Where = UUID | NamedUUID | Sequence[Clause]
"""One row by its identity, or the rows that meet every clause; `()` is every row of the table."""

_FUNCTIONS = ("==", "!=", "<", "<=", ">", ">=", "includes", "excludes")
_MUTATORS = ("insert", "delete", "+=", "-=", "*=", "/=", "%=")


class Insert(msgspec.Struct, frozen=True):
    """A row to add, see `insert`."""

    table: str
    row: Mapping[str, Value]
    uuid_name: str | None = None


class Update(msgspec.Struct, frozen=True):
    """Columns to write, see `update`."""

    table: str
    where: Where
    row: Mapping[str, Value]


class Mutate(msgspec.Struct, frozen=True):
    """Changes of columns, see `mutate`."""

    table: str
    where: Where
    mutations: Sequence[tuple[str, Mutator, Any]]


class Delete(msgspec.Struct, frozen=True):
    """Rows to delete, see `delete`."""

    table: str
    where: Where


class Select(msgspec.Struct, frozen=True):
    """Rows to read, see `select`."""

    table: str
    where: Where
    columns: Sequence[str]


class Wait(msgspec.Struct, frozen=True):
    """A precondition, see `wait`."""

    table: str
    where: Where
    row: Mapping[str, Value]
    until: Literal["==", "!="]
    timeout_ms: int


class Comment(msgspec.Struct, frozen=True):
    """A remark, see `comment`."""

    text: str


Operation = Insert | Update | Mutate | Delete | Select | Wait | Comment


class Result(msgspec.Struct, frozen=True):
    """What an operation did: `uuid` of an inserted row, `count` of rows touched, `rows` selected."""

    uuid: UUID | None = None
    count: int | None = None
    rows: tuple[Row, ...] = ()


def insert(table: str, row: Mapping[str, Value], uuid_name: str | None = None) -> Insert:
    """Add a row; others of the same transaction refer to it by NamedUUID(uuid_name)."""
    return Insert(table, row, uuid_name)


def update(table: str, where: Where, row: Mapping[str, Value]) -> Update:
    """Write these columns of a row."""
    return Update(table, where, row)


def mutate(table: str, where: Where, mutations: Sequence[tuple[str, Mutator, Any]]) -> Mutate:
    """Change columns by what enters or leaves: (column, "insert" | "delete", elements), or arithmetic on numbers.

    Elements are a set, a map, or a single atom; a set of keys takes entries out of a map.
    """
    return Mutate(table, where, mutations)


def delete(table: str, where: Where) -> Delete:
    """Delete a row."""
    return Delete(table, where)


def select(table: str, where: Where, columns: Sequence[str]) -> Select:
    """Read rows. The server merges identical ones: ask for `_uuid` too where they are counted."""
    return Select(table, where, columns)


def wait(
    table: str,
    where: Where,
    row: Mapping[str, Value],
    *,
    until: Literal["==", "!="] = "==",
    timeout_ms: int = 0,
) -> Wait:
    """Abort the transaction unless the selected rows are (or are not) this row within `timeout_ms`."""
    return Wait(table, where, row, until, timeout_ms)


def comment(text: str) -> Comment:
    """A remark that the server writes to its log beside the transaction."""
    return Comment(text)


def encode(schema: DatabaseSchema, operations: Sequence[Operation]) -> Iterator[dict[str, Any]]:
    """Operations as JSON carries them; raises InvalidOperation with the index of the first that cannot be."""
    for index, operation in enumerate(operations):
        try:
            yield _ENCODE[type(operation)](schema, operation)
        except InvalidOperation as error:
            error.index = index
            raise


def _insert(schema: DatabaseSchema, operation: Insert) -> dict[str, Any]:
    table = schema.table(operation.table)
    wire = {"op": "insert", "table": table.name, "row": _row(table, operation.row)}
    if operation.uuid_name is not None:
        (_, wire["uuid-name"]) = table.columns["_uuid"].encode(NamedUUID(operation.uuid_name))
    return wire


def _update(schema: DatabaseSchema, operation: Update) -> dict[str, Any]:
    table = schema.table(operation.table)
    for name in operation.row:
        if not table.column(name).mutable:
            raise table.column(name).refuse(
                operation.row[name], "nothing: the column is written at insert alone"
            )
    where = _where(table, operation.where)
    return {"op": "update", "table": table.name, "where": where, "row": _row(table, operation.row)}


def _mutate(schema: DatabaseSchema, operation: Mutate) -> dict[str, Any]:
    table = schema.table(operation.table)
    mutations = [
        _mutation(table.column(name), mutator, value) for name, mutator, value in operation.mutations
    ]
    return {
        "op": "mutate",
        "table": table.name,
        "where": _where(table, operation.where),
        "mutations": mutations,
    }


def _mutation(column: Column, mutator: str, value: Any) -> tuple[str, str, Any]:
    if mutator not in _MUTATORS:
        raise column.refuse(mutator, "a mutator of " + ", ".join(_MUTATORS))
    if not column.mutable:
        raise column.refuse(value, "nothing: the column is written at insert alone")
    if mutator not in ("insert", "delete"):
        if column.key.type not in ("integer", "real") or column.value is not None:
            raise column.refuse(mutator, "insert, delete")
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise column.refuse(value, "a number")
        return (column.name, mutator, value)
    if column.kind in ("scalar", "optional"):
        raise column.refuse(mutator, "update, for the column is no set or map")
    if column.kind == "map" and mutator == "delete" and not isinstance(value, Mapping):
        return (column.name, mutator, encode_keys(column, _elements(value)))
    return (column.name, mutator, column.encode(value if column.kind == "map" else _elements(value)))


def _elements(value: Any) -> Any:
    return (value,) if isinstance(value, str | int | float | bool) else value


def _delete(schema: DatabaseSchema, operation: Delete) -> dict[str, Any]:
    table = schema.table(operation.table)
    return {"op": "delete", "table": table.name, "where": _where(table, operation.where)}


def _select(schema: DatabaseSchema, operation: Select) -> dict[str, Any]:
    table = schema.table(operation.table)
    columns = [table.column(name).name for name in operation.columns]
    return {"op": "select", "table": table.name, "where": _where(table, operation.where), "columns": columns}


def _wait(schema: DatabaseSchema, operation: Wait) -> dict[str, Any]:
    table = schema.table(operation.table)
    return {
        "op": "wait",
        "table": table.name,
        "where": _where(table, operation.where),
        "timeout": operation.timeout_ms,
        "columns": list(operation.row),
        "until": operation.until,
        "rows": [_row(table, operation.row)],
    }


def _comment(_: DatabaseSchema, operation: Comment) -> dict[str, Any]:
    return {"op": "comment", "comment": operation.text}


_ENCODE: dict[type, Callable[[DatabaseSchema, Any], dict[str, Any]]] = {
    Insert: _insert,
    Update: _update,
    Mutate: _mutate,
    Delete: _delete,
    Select: _select,
    Wait: _wait,
    Comment: _comment,
}


def _row(table: TableSchema, row: Mapping[str, Value]) -> dict[str, Any]:
    columns = table.columns
    try:
        return {name: columns[name].encode(value) for name, value in row.items()}
    except KeyError:
        for name in row:
            table.column(name)
        raise


def _where(table: TableSchema, where: Where) -> list[Any]:
    if isinstance(where, str):
        return [("_uuid", "==", table.columns["_uuid"].encode(where))]
    return conditions(table, where)


def conditions(table: TableSchema, clauses: Sequence[Clause]) -> list[Any]:
    """Clauses as JSON carries them; raises InvalidOperation for what the table does not have."""
    found = []
    for name, function, value in clauses:
        column = table.column(name)
        if function not in _FUNCTIONS:
            raise column.refuse(function, "a function of " + ", ".join(_FUNCTIONS))
        found.append((name, function, column.encode(value)))
    return found
