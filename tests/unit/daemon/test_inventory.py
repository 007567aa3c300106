"""The inventory follows the database and counts our ports alone."""

from __future__ import annotations

from typing import Any

from controller.daemon.inventory import Inventory
from controller.ovsdb import UUID, Batch, Change

OURS = {"iface-id": "a.default", "vendor": "kube-ovn"}


class _Row(dict[str, Any]):
    def unpack(self) -> dict[str, Any]:
        return self


def batch(*changes: tuple[str, str, dict[str, Any] | None]) -> Batch:
    return Batch(
        1,
        [
            Change(table, UUID(uuid), None, _Row(row) if row is not None else None)  # type: ignore[arg-type]
            for table, uuid, row in changes
        ],
    )


def interface(name: str, ids: dict[str, str], **other: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": "",
        "mac": None,
        "external_ids": ids,
        "error": None,
        "ifindex": None,
        **other,
    }


def filled() -> Inventory:
    inventory = Inventory("br-int")
    inventory.apply(
        batch(
            ("Interface", "i1", interface("p1", OURS)),
            ("Interface", "i2", interface("x", {"iface-id": "b.default"})),
            ("Port", "q1", {"interfaces": frozenset({UUID("i1")})}),
            ("Port", "q2", {"interfaces": frozenset({UUID("i2")})}),
            ("Bridge", "b1", {"name": "br-int", "datapath_type": "netdev"}),
            ("Bridge", "b2", {"name": "br-phys"}),
        )
    )
    return inventory


def test_ports_are_found_whatever_the_order_of_the_rows() -> None:
    inventory = filled()
    assert inventory.bridge == "b1"
    assert [(port.port, port.name) for port in inventory.of("a.default")] == [("q1", "p1")]


def test_ports_of_others_are_not_ours() -> None:
    assert list(filled()) == ["a.default"]


def test_a_change_tells_which_port_it_touched() -> None:
    inventory = filled()
    touched = inventory.apply(batch(("Interface", "i1", interface("p1", OURS, error="no such device"))))
    assert touched == {"a.default"}
    assert [port.error for port in inventory.of("a.default")] == ["no such device"]


def test_what_is_deleted_is_forgotten() -> None:
    inventory = filled()
    assert inventory.apply(batch(("Interface", "i1", None), ("Port", "q1", None))) == {"a.default"}
    assert not list(inventory)
    inventory.apply(batch(("Bridge", "b1", None)))
    assert inventory.bridge is None
