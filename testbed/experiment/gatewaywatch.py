"""What becomes of gateways, as the databases tell it: who holds a router's port, which BFD session is up.

Everything is heard by monitors, so that nothing which comes and goes between two looks is missed, and stamped when the
socket was read (CLOCK_MONOTONIC, ns). The driver reads it: a driver that is busy stamps late, but misses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controller.ovsdb import Batch, Clause
from testbed.cluster import Cluster
from testbed.measure.databases import Source, follow

REDIRECT = "chassisredirect"
UP = "up"


@dataclass(frozen=True)
class Move:
    """A router's port has gone from one chassis to another; empty is none."""

    port: str
    old: str
    new: str
    seen_ns: int

    def __str__(self) -> str:
        return f"{self.port} went from {self.old or 'no chassis'} to {self.new or 'no chassis'}"


@dataclass(frozen=True)
class Turn:
    """A BFD session has gone up or down, as one of its ends says."""

    node: str
    peer: str
    is_up: bool
    seen_ns: int

    def __str__(self) -> str:
        return f"{self.node}: BFD with {self.peer} is {UP if self.is_up else 'down'}"


News = Move | Turn


class GatewayWatch:
    """Watches all gateways of a cluster, while the context lasts; ``tell`` hears of all that happens to them."""

    def __init__(self, cluster: Cluster, tell: Callable[[News], None]) -> None:
        self._cluster = cluster
        self._tell = tell
        self._tasks: list[asyncio.Task[None]] = []
        self._news: list[News] = []
        self._heard = asyncio.Event()

    async def __aenter__(self) -> GatewayWatch:
        names = {node.tunnel_ip: node.name for node in self._cluster.nodes}
        sources: list[tuple[str, Source]] = [
            (self._cluster.central.southbound, RedirectPorts(self._take)),
            *((node.database, Sessions(node.name, names, self._take)) for node in self._cluster.nodes),
        ]
        ready: list[asyncio.Future[None]] = []
        for endpoint, source in sources:
            ready.append(asyncio.get_running_loop().create_future())
            running = follow(endpoint, source, ready[-1], lambda _reason: None)
            self._tasks.append(asyncio.create_task(running))
        try:
            await asyncio.gather(*ready)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def until_calm(self, seconds: float, timeout_s: float) -> None:
        """Wait until nothing was heard for so long; raises ``TimeoutError`` with the last that was."""
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    self._heard.clear()
                    try:
                        await asyncio.wait_for(self._heard.wait(), seconds)
                    except TimeoutError:
                        return
        except TimeoutError:
            last = self._news[-1] if self._news else "nothing"
            raise TimeoutError(f"gateways are not calm after {timeout_s:g} s: {last}") from None

    def went_down(self, node: str, peer: str, since_ns: int) -> int | None:
        """When ``node`` first told after a moment that it does not hear ``peer`` any more; None if it did not."""
        for found in self._since(since_ns):
            if isinstance(found, Turn) and (found.node, found.peer, found.is_up) == (node, peer, False):
                return found.seen_ns
        return None

    def came_to(self, chassis: str, since_ns: int) -> int | None:
        """When a router's port was first told after a moment to be on ``chassis``; None if none was."""
        for found in self._since(since_ns):
            if isinstance(found, Move) and found.new == chassis:
                return found.seen_ns
        return None

    async def until_came_to(self, chassis: str, since_ns: int) -> int:
        """Wait until ``came_to`` knows of it, and tell what it says."""
        while (moment_ns := self.came_to(chassis, since_ns)) is None:
            self._heard.clear()
            await self._heard.wait()
        return moment_ns

    def alarms(self, since_ns: int) -> list[News]:
        """All that looks like a lost gateway since a moment: ports that moved, sessions that went down."""
        return [found for found in self._since(since_ns) if isinstance(found, Move) or not found.is_up]

    def _since(self, moment_ns: int) -> list[News]:
        return [found for found in self._news if found.seen_ns >= moment_ns]

    def _take(self, news: News) -> None:
        self._news.append(news)
        self._heard.set()
        self._tell(news)


class RedirectPorts:
    """Which chassis each chassis-redirect port is on, from SB. ``tell`` hears of changes, not of what there is."""

    database = "OVN_Southbound"
    columns: Mapping[str, Sequence[str]] = {
        "Chassis": ("name",),
        "Port_Binding": ("logical_port", "type", "chassis"),
    }
    where: Mapping[str, Sequence[Clause]] = {"Port_Binding": (("type", "==", REDIRECT),)}

    def __init__(self, tell: Callable[[Move], None]) -> None:
        self._tell = tell
        self._chassis: dict[str, str] = {}
        self._at: dict[str, str] = {}

    def take(self, batch: Batch) -> None:
        """Compare with what was known."""
        ports: list[Mapping[str, Any]] = []
        for change in batch.changes:
            if change.new is not None and change.table == "Chassis":
                self._chassis[str(change.uuid)] = str(change.new["name"])
            elif change.new is not None:
                ports.append(change.new)
            elif change.table == "Port_Binding" and change.old is not None:
                self._at.pop(str(change.old["logical_port"]), None)
        for row in ports:
            if row["type"] != REDIRECT:
                continue
            port, chassis = str(row["logical_port"]), row["chassis"]
            new = "" if chassis is None else self._chassis.get(str(chassis), str(chassis))
            old = self._at.get(port)
            self._at[port] = new
            if old is not None and old != new:
                self._tell(Move(port, old, new, batch.received_ns))


class Sessions:
    """The BFD sessions of one node, from its own database. ``tell`` hears of changes, not of what there is.

    Args:
        node: its name.
        names: the nodes by their tunnels' addresses.
    """

    database = "Open_vSwitch"
    columns: Mapping[str, Sequence[str]] = {"Interface": ("options", "bfd_status")}
    where: Mapping[str, Sequence[Clause]] = {}

    def __init__(self, node: str, names: Mapping[str, str], tell: Callable[[Turn], None]) -> None:
        self._node = node
        self._names = names
        self._tell = tell
        self._known: dict[str, tuple[bool, int]] = {}

    def take(self, batch: Batch) -> None:
        """Compare with what was known."""
        for change in batch.changes:
            row = change.new if change.new is not None else change.old
            assert row is not None
            options: Any = row["options"]
            peer = self._names.get(options.get("remote_ip", ""))
            if peer is None:
                continue
            status: Any = row["bfd_status"] if change.new is not None else {}
            self._compare(peer, status, batch.received_ns)

    def _compare(self, peer: str, status: Mapping[str, str], now_ns: int) -> None:
        """A session that was down for a moment, between two updates, is known by its count of flaps."""
        is_up, flaps = status.get("state") == UP, int(status.get("flap_count", "0"))
        was_up, before = self._known.get(peer, (is_up, flaps))
        self._known[peer] = (is_up, flaps)
        if is_up and was_up and flaps > before:
            self._tell(Turn(self._node, peer, is_up=False, seen_ns=now_ns))
            self._tell(Turn(self._node, peer, is_up=True, seen_ns=now_ns))
        elif is_up != was_up:
            self._tell(Turn(self._node, peer, is_up=is_up, seen_ns=now_ns))
