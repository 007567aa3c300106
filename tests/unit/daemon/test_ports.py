"""The difference between the ports that a node is to have and those that it has."""

from __future__ import annotations

from dataclasses import replace

from controller.daemon.ports import Difference, Port, Present
from controller.ovsdb import UUID
from controller.ovsdb.operations import Insert, Mutate

PORT = Port("p1", "web-0.default", ids={"pod_uid": "u1", "pod_name": "web-0", "pod_namespace": "default"})
BRIDGE = UUID("br")


def present(port: Port = PORT, number: int = 1, uid: str = "u1", installed: str = "true") -> Present:
    ids = {**port.external_ids, "pod_uid": uid, "ovn-installed": installed, "ovn-installed-ts": "17"}
    return Present(
        UUID(f"port{number}"), UUID(f"interface{number}"), port.interface, port.type, port.mac, ids
    )


def difference(wanted: Port | None, *found: Present) -> Difference:
    result = Difference()
    result.include(wanted, found)
    return result


def test_what_is_right_is_left_alone() -> None:
    assert not difference(PORT, present())


def test_what_is_missing_is_added_with_its_marks() -> None:
    operations = difference(PORT).operations(BRIDGE)
    interface, port, bridge = operations
    assert isinstance(interface, Insert)
    assert interface.row["external_ids"] == {
        "iface-id": "web-0.default",
        "vendor": "kube-ovn",
        "pod_uid": "u1",
        "pod_name": "web-0",
        "pod_namespace": "default",
    }
    assert isinstance(port, Insert)
    assert isinstance(bridge, Mutate)
    assert bridge.mutations == [("ports", "insert", frozenset({port.uuid_name}))]


def test_what_nobody_wants_is_removed() -> None:
    assert difference(None, present()).remove == ["port1"]


def test_a_port_that_became_another_is_replaced() -> None:
    found = difference(replace(PORT, interface="p2"), present())
    assert (found.remove, [port.interface for port in found.add]) == (["port1"], ["p2"])
    found = difference(replace(PORT, type="dummy"), present())
    assert (found.remove, [port.type for port in found.add]) == (["port1"], ["dummy"])


def test_of_two_ports_with_one_iface_id_one_goes() -> None:
    assert difference(PORT, present(), present(number=2)).remove == ["port2"]


def test_only_marks_that_differ_are_written_and_those_of_others_stay() -> None:
    found = difference(PORT, present(uid="u0"))
    assert found.tell == [("interface1", {"pod_uid": "u1"})]
    assert not found.add
    assert not found.remove


def test_removals_come_before_additions_in_a_transaction() -> None:
    operations = difference(replace(PORT, interface="p2"), present()).operations(BRIDGE)
    assert isinstance(operations[0], Mutate)
    assert operations[0].mutations == [("ports", "delete", frozenset({"port1"}))]


def test_a_port_taken_over_is_wanted_as_it_is() -> None:
    assert not difference(present().as_wanted(), present())


def test_installed_is_what_ovn_says() -> None:
    assert present().installed_ts == 17
    assert present(installed="false").installed_ts is None
