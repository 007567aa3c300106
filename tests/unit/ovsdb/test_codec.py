"""Values of every column type survive the way to the wire and back, and others are refused in words."""

import json
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.ovsdb import UUID, DatabaseSchema, InvalidOperation, NamedUUID, ProtocolError

UUIDS = st.uuids().map(lambda uuid: UUID(str(uuid)))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": st.text(),
    "count": st.integers(0, 9),
    "ratio": st.floats(allow_nan=False, allow_infinity=False),
    "on": st.booleans(),
    "colour": st.sampled_from(["red", "blue"]),
    "nick": st.none() | st.text(),
    "friend": st.none() | UUIDS,
    "tags": st.frozensets(st.text()),
    "pair": st.frozensets(st.integers(-(2**63), 2**63 - 1), max_size=2),
    "parts": st.frozensets(UUIDS),
    "notes": st.dictionaries(st.text(), st.text()),
    "slots": st.dictionaries(st.integers(-100, 100), UUIDS),
}


@pytest.mark.parametrize("column", VALUES)
@given(data=st.data())
def test_a_value_survives_the_wire(schema: DatabaseSchema, column: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[column])
    codec = schema.table("Thing").column(column)
    back = codec.decode(msgspec.json.decode(orjson.dumps(codec.encode(value))))
    assert back == value
    assert type(back) is type(value)


def test_a_set_of_one_may_come_as_its_element(schema: DatabaseSchema) -> None:
    thing = schema.table("Thing")
    assert thing.column("tags").decode("a") == frozenset({"a"})
    assert thing.column("nick").decode("a") == "a"
    assert thing.column("parts").decode(["uuid", "x"]) == frozenset({UUID("x")})


def test_a_row_of_the_same_transaction_is_referred_to_by_name(schema: DatabaseSchema) -> None:
    wire = schema.table("Thing").column("parts").encode([NamedUUID("new")])
    assert json.loads(orjson.dumps(wire)) == ["set", [["named-uuid", "new"]]]


@pytest.mark.parametrize(
    ("column", "value", "allowed"),
    [
        ("name", 3, "string"),
        ("name", None, "string"),
        ("count", "3", "integer from 0 to 9"),
        ("count", 10, "integer from 0 to 9"),
        ("count", True, "integer from 0 to 9"),
        ("ratio", "1.0", "real"),
        ("on", 1, "boolean"),
        ("colour", "green", "one of 'blue', 'red'"),
        ("nick", 3, "string or None"),
        ("friend", "a-name", "UUID of a row of Thing or None"),
        ("friend", UUID("not-hex"), "UUID of a row of Thing or None"),
        ("friend", NamedUUID("not a name"), "UUID of a row of Thing or None"),
        ("tags", "abc", "a set of string"),
        ("tags", [1], "a set of string"),
        ("pair", [1, 2, 3], "a set of at most 2 of integer"),
        ("pair", [2**63], "a set of at most 2 of integer"),
        ("notes", ["a"], "a map from string to string"),
        ("notes", {"a": 1}, "a map from string to string"),
    ],
)
def test_another_type_is_refused_with_column_found_and_allowed(
    schema: DatabaseSchema, column: str, value: object, allowed: str
) -> None:
    with pytest.raises(InvalidOperation) as refused:
        schema.table("Thing").column(column).encode(value)
    assert (refused.value.table, refused.value.column, refused.value.allowed) == ("Thing", column, allowed)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["set", "map", "uuid"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("column", VALUES)
@given(wire=JSON)
def test_whatever_a_server_sends_is_a_value_or_a_protocol_error(
    schema: DatabaseSchema, column: str, wire: object
) -> None:
    codec = schema.table("Thing").column(column)
    try:
        value = codec.decode(wire)
    except ProtocolError:
        return
    assert isinstance(value, str | int | float | bool | frozenset | dict | None)


@given(JSON.filter(lambda type_: type_ not in ("string", "integer", "real", "boolean", "uuid")))
def test_a_schema_that_is_none_is_a_protocol_error(type_: object) -> None:
    document = {"name": "x", "tables": {"T": {"columns": {"c": {"type": type_}}}}}
    with pytest.raises(ProtocolError, match="not a database schema"):
        DatabaseSchema.parse(json.dumps(document).encode())


def test_a_value_of_another_type_names_the_column(schema: DatabaseSchema) -> None:
    with pytest.raises(ProtocolError, match=r"Thing\.count: the server sent 'many' for a scalar of integer"):
        schema.table("Thing").column("count").decode("many")


def test_an_unknown_column_is_refused_with_those_there_are(schema: DatabaseSchema) -> None:
    with pytest.raises(InvalidOperation, match=r"Thing\.nme: found no such column, allowed: one of .*name"):
        schema.table("Thing").column("nme")
    with pytest.raises(InvalidOperation, match="Thingy: found no such table, allowed: one of Thing"):
        schema.table("Thingy")
