"""Rows follow the server's updates, whichever of the three forms they come in."""

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.ovsdb import DatabaseSchema, ProtocolError, Row
from controller.ovsdb.monitor import Monitored

COLUMNS = ("name", "nick", "tags", "notes", "count")
U = "12345678-1234-1234-1234-123456789abc"
CONTENT = st.fixed_dictionaries(
    {
        "name": st.text(max_size=3),
        "nick": st.none() | st.text(max_size=3),
        "tags": st.frozensets(st.sampled_from("abcdef")),
        "notes": st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz")),
        "count": st.integers(0, 9),
    }
)


def unpacked(*rows: Row | None) -> list[dict[str, Any] | None]:
    return [None if row is None else row.unpack() for row in rows]


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def on_the_wire(schema: DatabaseSchema, row: dict[str, Any]) -> dict[str, Any]:
    return {name: schema.table("Thing").column(name).encode(value) for name, value in row.items()}


def difference(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """As ovsdb-server(7), 4.1.14 defines it: new scalars, symmetric differences of sets, changed pairs of maps."""
    changed: dict[str, Any] = {
        name: new[name] for name in ("name", "nick", "count") if old[name] != new[name]
    }
    if old["tags"] != new["tags"]:
        changed["tags"] = old["tags"] ^ new["tags"]
    if old["notes"] != new["notes"]:
        keys = {
            k for k in old["notes"].keys() | new["notes"].keys() if old["notes"].get(k) != new["notes"].get(k)
        }
        changed["notes"] = {k: new["notes"].get(k, old["notes"].get(k)) for k in keys}
    return changed


@given(st.lists(CONTENT, min_size=1, max_size=6))
def test_differences_add_up_to_the_row_as_it_is(schema: DatabaseSchema, states: list[dict[str, Any]]) -> None:
    monitored = Monitored(schema, {"Thing": COLUMNS})
    monitored.apply(raw({"Thing": {U: {"initial": on_the_wire(schema, states[0])}}}))
    for old, new in pairwise(states):
        wire = on_the_wire(schema, difference(old, new))
        (change,) = monitored.apply(raw({"Thing": {U: {"modify": wire}}}))
        assert unpacked(change.old, change.new) == [old, new]
    (row,) = monitored.tables["Thing"].values()
    assert row == row.unpack() == states[-1]


@given(CONTENT, CONTENT)
def test_whole_rows_say_the_same(schema: DatabaseSchema, old: dict[str, Any], new: dict[str, Any]) -> None:
    monitored = Monitored(schema, {"Thing": COLUMNS})
    first, second = on_the_wire(schema, old), on_the_wire(schema, new)
    (born,) = monitored.apply_whole(raw({"Thing": {U: {"new": first}}}))
    assert unpacked(born.old, born.new) == [None, old]
    (change,) = monitored.apply_whole(raw({"Thing": {U: {"old": first, "new": second}}}))
    assert unpacked(change.old, change.new) == [old, new]
    (gone,) = monitored.apply_whole(raw({"Thing": {U: {"old": second}}}))
    assert unpacked(gone.old, gone.new) == [new, None]
    assert monitored.tables == {"Thing": {}}


def test_what_the_server_leaves_out_is_the_default(schema: DatabaseSchema) -> None:
    monitored = Monitored(schema, {"Thing": COLUMNS})
    (change,) = monitored.apply(raw({"Thing": {U: {"insert": {}}}}))
    assert unpacked(change.new) == [{"name": "", "nick": None, "tags": frozenset(), "notes": {}, "count": 0}]


def test_an_empty_list_of_columns_is_all_of_them(schema: DatabaseSchema) -> None:
    (request,) = Monitored(schema, {"Thing": ()}).requests()["Thing"]
    assert set(request["columns"]) == {name for name in schema.table("Thing").columns if name[0] != "_"}


def test_a_row_shows_only_what_is_monitored(schema: DatabaseSchema) -> None:
    monitored = Monitored(schema, {"Thing": ("name",)})
    (change,) = monitored.apply(raw({"Thing": {U: {"insert": {"name": "a", "count": 3}}}}))
    assert isinstance(change.new, Row)
    assert dict(change.new) == change.new.unpack() == {"name": "a"}
    with pytest.raises(KeyError):
        change.new["count"]


def test_a_row_that_goes_leaves_nothing(schema: DatabaseSchema) -> None:
    monitored = Monitored(schema, {"Thing": ("name",)})
    monitored.apply(raw({"Thing": {U: {"insert": {"name": "a"}}}}))
    (change,) = monitored.apply(raw({"Thing": {U: {"delete": None}}}))
    assert unpacked(change.old, change.new) == [{"name": "a"}, None]
    assert monitored.tables == {"Thing": {}}


@pytest.mark.parametrize(
    "update",
    [
        [],
        {"Other": {U: {"insert": {}}}},
        {"Thing": {U: {"modify": {"name": "a"}}}},
        {"Thing": [U]},
        {"Thing": {U: 3}},
    ],
)
def test_an_update_that_does_not_fit_is_a_protocol_error(schema: DatabaseSchema, update: object) -> None:
    with pytest.raises(ProtocolError):
        Monitored(schema, {"Thing": COLUMNS}).apply(raw(update))


def test_conditions_are_asked_for_only_of_servers_that_know_them(schema: DatabaseSchema) -> None:
    monitored = Monitored(schema, {"Thing": ("name",)}, {"Thing": (("colour", "==", "red"),)})
    assert monitored.requests() == {"Thing": [{"columns": ["name"], "where": [("colour", "==", "red")]}]}
    assert monitored.plain_requests() == {"Thing": [{"columns": ["name"]}]}
