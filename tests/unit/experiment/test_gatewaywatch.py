"""What counts as a gateway that moved and as a BFD session that went down."""

from __future__ import annotations

from typing import Any

from controller.ovsdb import UUID, Batch, Change
from testbed.experiment.gatewaywatch import Move, RedirectPorts, Sessions, Turn

CHASSIS = {
    "node1": UUID("00000000-0000-0000-0000-000000000001"),
    "node2": UUID("00000000-0000-0000-0000-000000000002"),
}
ROW = UUID("00000000-0000-0000-0000-00000000000f")


def batch(now_ns: int, table: str, **rows: Any) -> Batch:
    changes: list[Any] = [Change(table, ROW, None, row) for row in rows.values()]
    return Batch(now_ns, changes)


def a_port(node: str | None, kind: str = "chassisredirect") -> dict[str, Any]:
    return {"logical_port": "cr-egress", "type": kind, "chassis": CHASSIS.get(node or "")}


def ports() -> tuple[RedirectPorts, list[Move]]:
    found: list[Move] = []
    source = RedirectPorts(found.append)
    for name, uuid in CHASSIS.items():
        named: Any = {"name": name}
        source.take(Batch(0, [Change("Chassis", uuid, None, named)]))
    return source, found


def test_where_a_port_is_at_first_is_no_move_and_each_later_change_is() -> None:
    source, found = ports()
    for moment, node in enumerate(("node1", "node1", None, "node2")):
        source.take(batch(moment, "Port_Binding", row=a_port(node)))
    assert found == [Move("cr-egress", "node1", "", 2), Move("cr-egress", "", "node2", 3)]


def test_other_ports_are_none_of_its_business() -> None:
    source, found = ports()
    for moment, node in enumerate(("node1", "node2")):
        source.take(batch(moment, "Port_Binding", row=a_port(node, "patch")))
    assert found == []


def heard(*statuses: dict[str, str], remote: str = "10.0.0.2") -> list[Turn]:
    found: list[Turn] = []
    source = Sessions("node1", {"10.0.0.2": "node2"}, found.append)
    for moment, status in enumerate(statuses):
        row = {"options": {"remote_ip": remote}, "bfd_status": status}
        source.take(batch(moment, "Interface", row=row))
    return found


def test_a_session_that_goes_down_and_up_is_told_both_times() -> None:
    up, down = {"state": "up", "flap_count": "1"}, {"state": "down", "flap_count": "2"}
    assert heard(up, down, up) == [Turn("node1", "node2", False, 1), Turn("node1", "node2", True, 2)]


def test_a_session_that_was_down_between_two_updates_is_told() -> None:
    found = heard({"state": "up", "flap_count": "1"}, {"state": "up", "flap_count": "3"})
    assert [turn.is_up for turn in found] == [False, True]


def test_an_interface_that_leads_to_no_node_has_no_session() -> None:
    assert heard({"state": "up"}, {"state": "down"}, remote="10.9.9.9") == []
