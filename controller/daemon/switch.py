"""The one way by which a daemon changes a node's switch: desired ports, their difference, one batching writer.

A single change is written at once. While a transaction is in flight changes collect, and the next transaction takes
them all; after one that had several, so that there is a backlog, they collect for some moments more. Latency is best
when idle and throughput when busy.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from controller.daemon.errors import Refused
from controller.daemon.inventory import COLUMNS, Inventory
from controller.daemon.ports import Difference, Port, Present
from controller.kubernetes import Backoff
from controller.ovsdb import Batch, Client, ConnectionFailed, ConnectionLost, OvsdbError, TransactionError

log = logging.getLogger(__name__)

DATABASE = "Open_vSwitch"
BRIDGE = "br-int"
COLLECT_S = 0.05
"""How long changes collect under a backlog: OVN takes one large change of ports in less time than many small ones."""


@dataclass(frozen=True)
class Installed:
    """OVN has all flows of a port: when we read so (CLOCK_MONOTONIC, ns) and OVN's own moment (wall clock, ms)."""

    seen_ns: int
    reported_ms: int


class Switch:
    """The switch of one node; survives its database's restarts."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._desired: dict[str, Port] = {}
        self._pending: dict[str, list[asyncio.Future[None]]] = {}
        self._waiting: dict[str, list[tuple[Port, asyncio.Future[Installed]]]] = {}
        self._subscribers: dict[str, list[Callable[[], None]]] = {}
        self._subscribers_to_all: list[Callable[[str], None]] = []
        self._inventory = Inventory(BRIDGE)
        self._work = asyncio.Event()
        self.verified = asyncio.Event()
        self.transactions = 0

    async def run(self, adopt: Callable[[Present], bool], settled: Callable[[], Awaitable[None]]) -> None:
        """Keeps the switch as desired, for ever.

        Ports that are there when the daemon starts are taken over where ``adopt`` says so, and removed otherwise;
        ``settled`` returns once that can be judged.
        """
        backoff = Backoff(ceiling=2.0)
        while True:
            try:
                client = await Client.connect(self._endpoint, DATABASE)
                try:
                    backoff.succeeded()
                    await self._serve(client, adopt, settled)
                finally:
                    await client.close()
            except (ConnectionFailed, ConnectionLost) as error:
                delay = backoff.failed()
                log.warning("%s: %s; again in %.2f s", self._endpoint, error, delay)
                await asyncio.sleep(delay)

    def want(self, port: Port) -> asyncio.Future[None]:
        """Declares a port; the future ends when the switch has it, or fails with ``Refused``."""
        self._desired[port.iface_id] = port
        return self._changed(port.iface_id)

    def unwant(self, iface_id: str) -> asyncio.Future[None]:
        """Declares that no port is to carry this ``iface-id``; the future ends when none does."""
        self._desired.pop(iface_id, None)
        return self._changed(iface_id)

    def wanted(self, iface_id: str) -> Port | None:
        """The port that is declared for an ``iface-id``."""
        return self._desired.get(iface_id)

    @property
    def own_device_type(self) -> str:
        """The ``type`` of an Interface that gives the node a device of its own.

        The kernel's datapath calls it internal; the userspace ones pass frames through a tap, whatever else theirs
        would make of "internal".
        """
        return "internal" if self._inventory.datapath_type in ("", "system") else "tap"

    def has_device(self, port: Port) -> bool:
        """Whether the switch has opened the port's device."""
        return any(entry.is_of(port) and entry.ifindex for entry in self._inventory.of(port.iface_id))

    def subscribe(self, iface_id: str, callback: Callable[[], None]) -> None:
        """Has ``callback`` called whenever something of this port changes on the switch."""
        self._subscribers.setdefault(iface_id, []).append(callback)

    def subscribe_to_all(self, callback: Callable[[str], None]) -> None:
        """Has ``callback`` called with the ``iface-id`` whenever something of a port changes on the switch."""
        self._subscribers_to_all.append(callback)

    def installed_since(self, iface_id: str) -> int | None:
        """Since when OVN has all flows of a port (its wall clock, ms); None while it has not, or there is no port."""
        found = (entry.installed_ts for entry in self._inventory.of(iface_id))
        return next((since for since in found if since is not None), None)

    async def installed(self, port: Port, batch_ns: int) -> Installed:
        """Waits until OVN has all flows of a port that is written. Raises ``Refused`` if its device cannot be opened.

        ``batch_ns`` is the moment to report for a port that has them already.
        """
        found = _outcome(port, self._inventory.of(port.iface_id), batch_ns)
        if found is None:
            future: asyncio.Future[Installed] = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(port.iface_id, []).append((port, future))
            try:
                return await future
            finally:
                self._forget(port, future)
        if isinstance(found, Refused):
            raise found
        return found

    def _changed(self, iface_id: str) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.setdefault(iface_id, []).append(future)
        self._work.set()
        return future

    async def _serve(
        self, client: Client, adopt: Callable[[Present], bool], settled: Callable[[], Awaitable[None]]
    ) -> None:
        self._inventory = Inventory(BRIDGE)
        client.closed.add_done_callback(lambda _: self._work.set())
        await client.monitor(COLUMNS, self._hear)
        if not self.verified.is_set():
            await settled()
            self._adopt(adopt)
        await self._write(client, {*self._desired, *self._inventory, *self._pending})
        self.verified.set()
        while not client.closed.done():
            await self._work.wait()
            self._work.clear()
            batch = tuple(self._pending)
            await self._write(client, batch)
            if len(batch) > 1:
                await asyncio.sleep(COLLECT_S)
        raise client.closed.result()

    def _adopt(self, adopt: Callable[[Present], bool]) -> None:
        for iface_id in self._inventory:
            for present in self._inventory.of(iface_id):
                if iface_id not in self._desired and adopt(present):
                    self._desired[iface_id] = present.as_wanted()

    async def _write(self, client: Client, iface_ids: Iterable[str]) -> None:
        """Brings these ``iface-id``s to what is desired. A fault blames one: the others are written without it."""
        chosen = tuple(iface_ids)
        waiting = {iface_id: self._pending.pop(iface_id, []) for iface_id in chosen}
        error: Refused | None = None
        try:
            await self._transact(client, chosen)
        except ConnectionLost:
            for iface_id, futures in waiting.items():
                self._pending.setdefault(iface_id, []).extend(futures)
            raise
        except (TransactionError, OvsdbError) as fault:
            if len(chosen) > 1:
                for iface_id in chosen:
                    self._pending.setdefault(iface_id, []).extend(waiting[iface_id])
                    await self._write(client, (iface_id,))
                return
            log.error("%s: %s: %s", self._endpoint, *chosen, fault)
            error = Refused(500, f"the switch refuses the port: {fault}")
        for futures in waiting.values():
            for future in futures:
                _end(future, error)

    async def _transact(self, client: Client, iface_ids: Iterable[str]) -> None:
        difference = Difference()
        for iface_id in iface_ids:
            difference.include(self._desired.get(iface_id), self._inventory.of(iface_id))
        if not difference:
            return
        bridge = self._inventory.bridge
        if bridge is None:
            raise OvsdbError(f"no bridge {BRIDGE}")
        self.transactions += 1
        await client.transact(difference.operations(bridge))

    def _hear(self, batch: Batch) -> None:
        touched = self._inventory.apply(batch)
        if self.verified.is_set():
            self._mend(touched)
        for iface_id in touched:
            for callback in self._subscribers.get(iface_id, ()):
                callback()
            for tell in self._subscribers_to_all:
                tell(iface_id)
            for port, future in self._waiting.get(iface_id, ()):
                found = _outcome(port, self._inventory.of(iface_id), batch.received_ns)
                if future.done() or found is None:
                    continue
                if isinstance(found, Refused):
                    future.set_exception(found)
                else:
                    future.set_result(found)

    def _mend(self, touched: Iterable[str]) -> None:
        """Takes up what somebody else has changed. Changes of our own leave no difference."""
        for iface_id in touched:
            difference = Difference()
            difference.include(self._desired.get(iface_id), self._inventory.of(iface_id))
            if difference:
                self._pending.setdefault(iface_id, [])
                self._work.set()

    def _forget(self, port: Port, future: asyncio.Future[Installed]) -> None:
        waiting = self._waiting[port.iface_id]
        waiting.remove((port, future))
        if not waiting:
            del self._waiting[port.iface_id]


def _outcome(port: Port, present: Iterable[Present], seen_ns: int) -> Installed | Refused | None:
    for entry in present:
        if not entry.is_of(port):
            continue
        if entry.error:
            return Refused(500, f"the switch cannot open {entry.name}: {entry.error}")
        reported = entry.installed_ts
        if reported is not None:
            return Installed(seen_ns, reported)
    return None


def _end(future: asyncio.Future[None], error: Refused | None) -> None:
    if not future.done():
        if error:
            future.set_exception(error)
        else:
            future.set_result(None)
