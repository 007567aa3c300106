"""Operations become the JSON of RFC 7047, and the first that cannot be is named by its place."""

import json

import orjson
import pytest

from controller.ovsdb import UUID, DatabaseSchema, InvalidOperation, NamedUUID
from controller.ovsdb.operations import (
    Operation,
    comment,
    delete,
    encode,
    insert,
    mutate,
    select,
    update,
    wait,
)

ROW = UUID("12345678-1234-1234-1234-123456789abc")
WHERE = [("_uuid", "==", ("uuid", ROW))]


@pytest.mark.parametrize(
    ("operation", "wire"),
    [
        (
            insert("Thing", {"name": "a"}, "new"),
            {"op": "insert", "table": "Thing", "row": {"name": "a"}, "uuid-name": "new"},
        ),
        (
            update("Thing", ROW, {"on": True}),
            {"op": "update", "table": "Thing", "where": WHERE, "row": {"on": True}},
        ),
        (delete("Thing", ROW), {"op": "delete", "table": "Thing", "where": WHERE}),
        (
            mutate("Thing", ROW, [("parts", "insert", NamedUUID("new"))]),
            {
                "op": "mutate",
                "table": "Thing",
                "where": WHERE,
                "mutations": [("parts", "insert", ["set", [("named-uuid", "new")]])],
            },
        ),
        (
            mutate(
                "Thing", (), [("notes", "delete", {"a"}), ("notes", "insert", {"a": "b"}), ("count", "+=", 1)]
            ),
            {
                "op": "mutate",
                "table": "Thing",
                "where": [],
                "mutations": [
                    ("notes", "delete", ["set", ["a"]]),
                    ("notes", "insert", ["map", [["a", "b"]]]),
                    ("count", "+=", 1),
                ],
            },
        ),
        (
            select("Thing", [("name", "==", "a")], ["name"]),
            {"op": "select", "table": "Thing", "where": [("name", "==", "a")], "columns": ["name"]},
        ),
        (
            wait("Thing", ROW, {"count": 1}),
            {
                "op": "wait",
                "table": "Thing",
                "where": WHERE,
                "timeout": 0,
                "columns": ["count"],
                "until": "==",
                "rows": [{"count": 1}],
            },
        ),
        (comment("why"), {"op": "comment", "comment": "why"}),
    ],
)
def test_an_operation_on_the_wire(
    schema: DatabaseSchema, operation: Operation, wire: dict[str, object]
) -> None:
    assert json.loads(orjson.dumps(list(encode(schema, [operation])))) == json.loads(orjson.dumps([wire]))


@pytest.mark.parametrize(
    "operation",
    [
        insert("Nothing", {}),
        insert("Thing", {"nothing": 1}),
        insert("Thing", {"name": "a"}, "no name"),
        update("Thing", ROW, {"born": "again"}),
        update("Thing", UUID("x"), {"name": "a"}),
        mutate("Thing", ROW, [("name", "insert", "x")]),
        mutate("Thing", ROW, [("tags", "+=", 1)]),
        mutate("Thing", ROW, [("tags", "explode", "x")]),  # type: ignore[list-item]
        mutate("Thing", ROW, [("notes", "insert", "x")]),
        mutate("Thing", ROW, [("tags", "insert", None)]),
        mutate("Thing", ROW, [("notes", "delete", None)]),
        delete("Thing", [("name", "~", "a")]),
        select("Thing", (), ["nothing"]),
    ],
)
def test_an_operation_that_cannot_be_is_refused_by_its_place(
    schema: DatabaseSchema, operation: Operation
) -> None:
    with pytest.raises(InvalidOperation) as refused:
        list(encode(schema, [comment("first"), operation]))
    assert refused.value.index == 1
