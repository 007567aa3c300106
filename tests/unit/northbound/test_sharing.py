"""Sets that many owners share: what is taken in, what is let go, and when."""

from __future__ import annotations

from typing import Any

from controller import ovsdb
from controller.northbound.delta import Delta, Join, Leave
from controller.northbound.replica import Replica
from controller.northbound.rows import OWNER, VENDOR, VENDOR_NAME, Member, Row, RowKey, shared
from controller.northbound.sharing import Sharing
from controller.ovsdb.row import Row as Held

SET = RowKey("Address_Set", "blue.node1")
PLACE = shared(SET)
GROUP = RowKey("Port_Group", "blue")
PORT = RowKey("Logical_Switch_Port", "web.default")
OURS = {VENDOR: VENDOR_NAME, OWNER: "gateway/blue"}


class Columns(Held):
    """A row of given values."""

    def __init__(self, **columns: Any) -> None:
        super().__init__({}, b"{}", columns)


def holding(*rows: tuple[RowKey, str, dict[str, Any]]) -> Replica:
    replica = Replica()
    replica._apply(
        ovsdb.Batch(
            0,
            [
                ovsdb.Change(
                    key.table,
                    ovsdb.UUID(uuid),
                    None,
                    Columns(name=key.name, external_ids=OURS, **columns),
                )
                for key, uuid, columns in rows
            ],
        )
    )
    return replica


def set_of(*addresses: str) -> tuple[RowKey, str, dict[str, Any]]:
    return SET, "s1", {"addresses": frozenset(addresses)}


def member(address: str) -> Member:
    return Member(PLACE, address)


def test_what_is_wanted_and_not_there_joins() -> None:
    sharing = Sharing(holding(set_of("10.0.0.2")))
    assert list(sharing.replace((), (member("10.0.0.2"), member("10.0.0.3")))) == [Join(member("10.0.0.3"))]


def test_what_another_still_wants_stays() -> None:
    sharing = Sharing(holding(set_of("10.0.0.2")))
    for _ in range(2):
        assert list(sharing.replace((), (member("10.0.0.2"),))) == []
    assert list(sharing.replace((member("10.0.0.2"),), ())) == []
    assert list(sharing.replace((member("10.0.0.2"),), ())) == [Leave(PLACE, "10.0.0.2")]


def test_a_member_waits_for_the_row_of_its_set_and_for_the_row_that_it_is() -> None:
    replica = holding()
    (change,) = Sharing(replica).replace((), (Member(shared(GROUP), PORT),))
    assert list(Delta("pod/default/web", (change,)).missing(replica, set())) == [GROUP, PORT]


def test_nothing_is_left_over_before_everyone_has_been_heard() -> None:
    sharing = Sharing(holding(set_of("10.0.0.2", "10.0.0.9")))
    list(sharing.replace((), (member("10.0.0.2"),)))
    assert list(sharing.settle([Row(SET, {})])) == []
    sharing.complete = True
    assert list(sharing.settle([Row(SET, {})])) == [Leave(PLACE, "10.0.0.9")]


def test_what_somebody_else_took_out_of_a_set_comes_back() -> None:
    sharing = Sharing(holding(set_of()))
    list(sharing.replace((), (member("10.0.0.2"),)))
    sharing.complete = True
    assert list(sharing.settle([Row(SET, {})])) == [Join(member("10.0.0.2"))]


def test_rows_are_members_by_what_they_are_in_the_database() -> None:
    replica = holding(
        (GROUP, "g1", {"ports": frozenset((ovsdb.UUID("p1"), ovsdb.UUID("p2")))}), (PORT, "p1", {})
    )
    sharing = Sharing(replica)
    sharing.complete = True
    assert list(sharing.replace((), (Member(shared(GROUP), PORT),))) == []
    assert list(sharing.settle([Row(GROUP, {})])) == [Leave(shared(GROUP), ovsdb.UUID("p2"))]
