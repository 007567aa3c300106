"""The diff towards NB: exactly what differs is written, what is somebody else's is left alone."""

from typing import Any

import pytest

from controller import ovsdb
from controller.northbound.delta import Delta, Insert, Move, Remove, Update, differ
from controller.northbound.replica import Replica
from controller.northbound.rows import KEY as KEY_ID
from controller.northbound.rows import OWNER, PARENT, VENDOR, VENDOR_NAME, Place, Row, RowKey

PORTS = Place("Logical_Switch", "blue", "ports")
KEY = RowKey("Logical_Switch_Port", "web.default")
OWNED = {VENDOR: VENDOR_NAME, OWNER: "pod/default/web", PARENT: str(PORTS)}


class Columns(ovsdb.Row):
    """A monitored row in a test's hands."""

    def __init__(self, **columns: Any) -> None:
        super().__init__({}, b"{}", columns)


def holding(*rows: tuple[str, str, dict[str, Any]]) -> Replica:
    """A replica of (table, uuid, columns)."""
    replica = Replica()
    changes = [
        ovsdb.Change(table, ovsdb.UUID(uuid), None, Columns(**columns)) for table, uuid, columns in rows
    ]
    replica._apply(ovsdb.Batch(0, changes))
    return replica


def port(addresses: str = "0a 10.0.0.2", place: Place = PORTS) -> Row:
    return Row(KEY, {"addresses": frozenset((addresses,))}, place)


def held_port(addresses: str = "0a 10.0.0.2", **external_ids: str) -> tuple[str, str, dict[str, Any]]:
    columns = {
        "name": KEY.name,
        "addresses": frozenset((addresses,)),
        "external_ids": OWNED | external_ids,
    }
    return ("Logical_Switch_Port", "u1", columns)


def test_a_missing_row_is_inserted_with_its_owner_and_its_place() -> None:
    changes = differ("pod/default/web", [port()], holding())
    assert changes == [
        Insert(
            KEY,
            {"addresses": frozenset(("0a 10.0.0.2",)), "name": "web.default", "external_ids": OWNED},
            PORTS,
        ),
    ]


def test_a_row_that_is_as_wanted_is_not_written() -> None:
    assert differ("pod/default/web", [port()], holding(held_port())) == []


def test_only_the_columns_that_differ_are_written() -> None:
    changes = differ("pod/default/web", [port("0b 10.0.0.3")], holding(held_port()))
    assert changes == [Update(KEY, ovsdb.UUID("u1"), {"addresses": frozenset(("0b 10.0.0.3",))})]


def test_what_others_add_to_external_ids_stays() -> None:
    assert differ("pod/default/web", [port()], holding(held_port(note="theirs"))) == []


def test_a_row_that_nobody_asks_for_goes_by_leaving_its_place() -> None:
    changes = differ("pod/default/web", [], holding(held_port()))
    assert changes == [Remove(KEY, ovsdb.UUID("u1"), PORTS)]


def test_a_row_of_another_place_moves_and_its_label_with_it() -> None:
    green = Place("Logical_Switch", "green", "ports")
    changes = differ("pod/default/web", [port(place=green)], holding(held_port()))
    assert changes == [
        Move(KEY, ovsdb.UUID("u1"), PORTS, green),
        Update(KEY, ovsdb.UUID("u1"), {"external_ids": OWNED | {PARENT: str(green)}}),
    ]


def test_a_row_of_that_name_without_our_mark_is_never_touched() -> None:
    foreign = ("Logical_Switch_Port", "u9", {"name": KEY.name, "external_ids": {OWNER: "pod/default/web"}})
    replica = holding(foreign)
    assert list(replica.owners()) == []
    assert [type(change) for change in differ("pod/default/web", [port()], replica)] == [Insert]
    assert differ("pod/default/web", [], replica) == []


def test_of_two_rows_of_one_name_one_goes() -> None:
    twin = ("Logical_Switch_Port", "u2", held_port()[2])
    changes = differ("pod/default/web", [port()], holding(held_port(), twin))
    assert len(changes) == 1
    assert isinstance(changes[0], Remove)


def test_a_delta_names_the_rows_that_it_waits_for() -> None:
    delta = Delta("pod/default/web", tuple(differ("pod/default/web", [port()], holding())))
    assert list(delta.missing(holding(), set())) == [PORTS.key]
    assert list(delta.missing(holding(), {PORTS.key})) == []
    switch = ("Logical_Switch", "s1", {"name": "blue", "external_ids": {}})
    assert list(delta.missing(holding(switch), set())) == []


def test_a_removal_waits_for_nothing() -> None:
    delta = Delta("x", (Remove(KEY, ovsdb.UUID("u1"), PORTS),))
    assert list(delta.missing(holding(), set())) == []


@pytest.mark.parametrize("name", ["blue", "a/b", "with space"])
def test_a_place_is_read_back_from_its_text(name: str) -> None:
    place = Place("Logical_Switch", name, "ports")
    assert Place.parse(str(place)) == place


OPTIONS = RowKey("DHCP_Options", "subnet/blue/4")


def nameless(uuid: str, key: str) -> tuple[str, str, dict[str, Any]]:
    return (
        OPTIONS.table,
        uuid,
        {"cidr": "10.0.0.0/24", "external_ids": {VENDOR: VENDOR_NAME, OWNER: "subnet/blue", KEY_ID: key}},
    )


def test_a_row_whose_table_has_no_names_carries_its_own() -> None:
    (insert,) = differ("subnet/blue", [Row(OPTIONS, {"cidr": "10.0.0.0/24"})], holding())
    assert isinstance(insert, Insert)
    assert "name" not in insert.columns
    assert insert.columns["external_ids"][KEY_ID] == OPTIONS.name


def test_a_row_without_a_name_is_found_by_the_one_it_carries() -> None:
    replica = holding(nameless("u1", OPTIONS.name), nameless("u2", "subnet/blue/6"))
    wanted = [Row(OPTIONS, {"cidr": "10.0.0.0/24"})]
    assert differ("subnet/blue", wanted, replica) == [
        Remove(RowKey(OPTIONS.table, "subnet/blue/6"), ovsdb.UUID("u2"), None)
    ]


def referring() -> Row:
    return Row(KEY, {"addresses": frozenset(("0a 10.0.0.2",)), "dhcpv4_options": OPTIONS}, PORTS)


def held_referring(uuid: str | None) -> tuple[str, str, dict[str, Any]]:
    table, port_uuid, columns = held_port()
    return table, port_uuid, columns | {"dhcpv4_options": uuid and ovsdb.UUID(uuid)}


def test_a_reference_is_compared_by_the_row_that_it_stands_for() -> None:
    there = nameless("d1", OPTIONS.name)
    assert differ("pod/default/web", [referring()], holding(there, held_referring("d1"))) == []
    changes = differ("pod/default/web", [referring()], holding(there, held_referring("d0")))
    assert changes == [Update(KEY, ovsdb.UUID("u1"), {"dhcpv4_options": OPTIONS})]


def test_a_reference_to_a_row_that_is_not_there_is_waited_for() -> None:
    replica = holding(held_referring(None))
    delta = Delta("pod/default/web", tuple(differ("pod/default/web", [referring()], replica)))
    assert list(delta.missing(replica, set())) == [OPTIONS]
    assert list(delta.missing(replica, {OPTIONS})) == []


def test_a_reference_that_is_wanted_no_more_is_taken_back() -> None:
    without = Row(KEY, {"addresses": frozenset(("0a 10.0.0.2",)), "dhcpv4_options": None}, PORTS)
    changes = differ("pod/default/web", [without], holding(held_referring("d1")))
    assert changes == [Update(KEY, ovsdb.UUID("u1"), {"dhcpv4_options": None})]
