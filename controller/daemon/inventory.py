"""What a node's switch has of ours, by ``iface-id``, kept current from the database's own updates."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from controller.daemon.ports import IFACE_ID, OURS, VENDOR, Present
from controller.ovsdb import UUID, Batch, Change

COLUMNS = {
    "Bridge": ("name", "datapath_type"),
    "Port": ("interfaces",),
    "Interface": ("name", "type", "mac", "external_ids", "error", "ifindex"),
}
"""What is monitored; the order is that in which rows have to be read."""


class Inventory:
    """The ports of ours on one switch."""

    def __init__(self, bridge_name: str) -> None:
        self._bridge_name = bridge_name
        self._port_of: dict[UUID, UUID] = {}
        self._present: dict[str, dict[UUID, Present]] = {}
        self._iface_of: dict[UUID, str] = {}
        self.bridge: UUID | None = None
        self.datapath_type = ""

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._present))

    def of(self, iface_id: str) -> Collection[Present]:
        """The ports that carry an ``iface-id``."""
        return self._present.get(iface_id, {}).values()

    def apply(self, batch: Batch) -> set[str]:
        """Takes a batch in; answers which ``iface-id``s it touched."""
        touched: set[str] = set()
        for table in COLUMNS:
            for change in batch.changes:
                if change.table == table:
                    self._one(change, touched)
        return touched

    def _one(self, change: Change, touched: set[str]) -> None:
        row: dict[str, Any] | None = change.new.unpack() if change.new else None
        if change.table == "Bridge":
            if row and row["name"] == self._bridge_name:
                self.bridge = change.uuid
                self.datapath_type = row["datapath_type"]
            elif self.bridge == change.uuid:
                self.bridge = None
        elif change.table == "Port":
            for interface in row["interfaces"] if row else ():
                self._port_of[interface] = change.uuid
        else:
            self._interface(change.uuid, row, touched)

    def _interface(self, uuid: UUID, row: dict[str, Any] | None, touched: set[str]) -> None:
        before = self._iface_of.pop(uuid, None)
        if before is not None:
            touched.add(before)
            same = self._present[before]
            del same[uuid]
            if not same:
                del self._present[before]
        if row is None:
            self._port_of.pop(uuid, None)
            return
        ids = row["external_ids"]
        iface_id = ids.get(IFACE_ID)
        port = self._port_of.get(uuid)
        if iface_id and port and ids.get(VENDOR) == OURS:
            present = Present(
                port, uuid, row["name"], row["type"], row["mac"], ids, row["error"], row["ifindex"]
            )
            self._present.setdefault(iface_id, {})[uuid] = present
            self._iface_of[uuid] = iface_id
            touched.add(iface_id)
