"""What the meter reads of NB, SB and each node's database, and what of it the tracker needs to know.

A monitor's updates are stamped when the socket was read, before they are decoded, so the size of a batch does not
delay its moment. A connection that is lost (its server was killed, perhaps on purpose) is made again; whatever was
expected meanwhile is marked, as something may have come and gone unseen.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, cast

from controller.ovsdb import Batch, Clause, Client, OvsdbError
from testbed.measure.clock import ClockOffset, monotonic_of_wall_ms
from testbed.measure.tracker import Plug, PortRow, Tracker, installed_ts, mac_of

RECONNECT_AFTER_S = 0.2
"""Between two attempts to reach a database again: short against a restart of its server (some 100 ms)."""

Row = Mapping[str, Any]


class Source(Protocol):
    """What is read of a database, and who takes it in."""

    @property
    def database(self) -> str:
        """The database's name."""

    @property
    def columns(self) -> Mapping[str, Sequence[str]]:
        """The columns that are followed, by table."""

    @property
    def where(self) -> Mapping[str, Sequence[Clause]]:
        """Of these tables only the rows that fit any of the clauses."""

    def take(self, batch: Batch) -> None:
        """Take in the content, and then each change."""


class Northbound:
    """Logical_Switch_Port rows by name."""

    where: Mapping[str, Sequence[Clause]] = {}
    database = "OVN_Northbound"
    columns: Mapping[str, Sequence[str]] = {"Logical_Switch_Port": ("name", "addresses")}

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

    def take(self, batch: Batch) -> None:
        """Tell the tracker what a batch changed."""
        for change in batch.changes:
            row: Row | None = change.new if change.new is not None else change.old
            if row is not None:
                present = change.new is not None
                self._tracker.northbound(row["name"], mac_of(row["addresses"]), present, batch.received_ns)


class Southbound:
    """Port_Binding rows, with the tunnel key of their datapath and the name of their chassis."""

    where: Mapping[str, Sequence[Clause]] = {}
    database = "OVN_Southbound"
    columns: Mapping[str, Sequence[str]] = {
        "Datapath_Binding": ("tunnel_key",),
        "Chassis": ("name",),
        "Port_Binding": ("logical_port", "datapath", "tunnel_key", "mac", "chassis", "up"),
    }

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._datapaths: dict[str, int] = {}
        self._chassis: dict[str, str] = {}

    def take(self, batch: Batch) -> None:
        """Tell the tracker what a batch changed; ports last, as they refer to the rest."""
        ports = []
        for change in batch.changes:
            if change.table == "Port_Binding":
                ports.append(change)
            elif change.new is not None and change.table == "Datapath_Binding":
                self._datapaths[str(change.uuid)] = cast(int, change.new["tunnel_key"])
            elif change.new is not None:
                self._chassis[str(change.uuid)] = str(change.new["name"])
        for change in ports:
            if change.new is not None:
                port = str(change.new["logical_port"])
                self._tracker.southbound(port, self._port(change.new), batch.received_ns)
            elif change.old is not None:
                self._tracker.southbound(str(change.old["logical_port"]), None, batch.received_ns)

    def _port(self, row: Row) -> PortRow:
        chassis = row["chassis"]
        return PortRow(
            datapath=self._datapaths[str(row["datapath"])],
            key=row["tunnel_key"],
            mac=mac_of(row["mac"]),
            chassis=self._chassis.get(str(chassis)) if chassis is not None else None,
            up=bool(row["up"]),
        )


class NodeDatabase:
    """Interface rows of one node by their `iface-id`."""

    where: Mapping[str, Sequence[Clause]] = {}
    database = "Open_vSwitch"
    columns: Mapping[str, Sequence[str]] = {"Interface": ("name", "external_ids")}

    def __init__(self, tracker: Tracker, node: str, offset: Callable[[], ClockOffset]) -> None:
        self._tracker = tracker
        self._node = node
        self._offset = offset

    def take(self, batch: Batch) -> None:
        """Tell the tracker what a batch changed."""
        for change in batch.changes:
            was, ids = _external_ids(change.old), _external_ids(change.new)
            before, after = was.get("iface-id"), ids.get("iface-id")
            if before is not None and before != after:
                self._tracker.interface(before, None, batch.received_ns)
            if after is not None:
                wall_ms = installed_ts(ids)
                installed_ns = monotonic_of_wall_ms(wall_ms, self._offset()) if wall_ms is not None else None
                plug = Plug(self._node, batch.received_ns, installed_ns)
                self._tracker.interface(after, plug, batch.received_ns)


def _external_ids(row: Row | None) -> Mapping[str, str]:
    return cast(Mapping[str, str], row["external_ids"]) if row is not None else {}


async def follow(
    endpoint: str,
    source: Source,
    ready: asyncio.Future[None],
    on_lost: Callable[[str], None],
) -> None:
    """Feed a source from its database until cancelled; `ready` is resolved once the first content was taken.

    A failure of the first connection goes to `ready`; a later loss is told to `on_lost` and mended.
    """
    while True:
        try:
            client = await Client.connect(endpoint, source.database)
            try:
                await client.monitor(source.columns, source.take, source.where)
                if not ready.done():
                    ready.set_result(None)
                reason = await asyncio.shield(client.closed)
            finally:
                await client.close()
            on_lost(f"connection to {source.database} was lost: {reason}")
        except (OvsdbError, OSError, TimeoutError) as error:
            if not ready.done():
                ready.set_exception(error)
                return
        await asyncio.sleep(RECONNECT_AFTER_S)
