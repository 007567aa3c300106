"""From change to commit: informers fill the view, the engine says who must be asked, NB gets it, then the API.

One commit is in flight at a time, and what changes meanwhile goes into the next: an idle controller holds nothing
back, a busy one writes in bulk, and there is nothing to tune in between.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from controller import ovsdb
from controller.api.core import Pod
from controller.api.kinds import IPPOOLS, IPS, NAMESPACES, PODS, SUBNETS, Kind
from controller.api.kubeovn import IP, Subnet
from controller.api.meta import Resource
from controller.api.reservations import IPPool
from controller.engine.engine import Engine
from controller.engine.keeping import FOLLOWED, NOTED, SELECTED
from controller.engine.settings import Settings
from controller.engine.view import View
from controller.kubernetes import Client
from controller.kubernetes.backoff import Backoff
from controller.northbound.replica import Replica
from controller.northbound.writer import Writer, Written
from controller.reconcilers import RECONCILERS
from controller.runtime.allocation import Allocation
from controller.runtime.api_writer import ApiWriter
from controller.runtime.bootstrap import Defaults, bootstrap
from controller.runtime.clock import timestamp
from controller.runtime.freeing import Freeing
from controller.runtime.hosting import Hosting
from controller.runtime.tally import Tally

log = logging.getLogger(__name__)

DATABASE = "OVN_Northbound"
OWNERS_A_BATCH = 2_000
"""Owners asked in one go: bounds how long the loop is deaf, and the size of a transaction."""

BACKLOG = 8
"""A batch of more owners than this means that changes come faster than they are written."""
LINGER_S = 0.05
"""Under a backlog, how long at most more changes are collected before the next batch."""
LINGER_STEP_S = 0.005
"""How often it is looked whether more are still coming."""

REFUSED = "NorthboundRefused"
"""Reason of the event on an object whose rows NB refuses."""


class Controller:
    """The whole controller between an API server and NB. ``ready`` is set once all that exists has been verified.

    ``southbound``: where SB is, of which it reads on which nodes gateways are; empty where that is not to be known.
    """

    def __init__(
        self,
        client: Client,
        northbound: str,
        defaults: Defaults,
        seed: int | None = None,
        settings: Settings | None = None,
        southbound: str = "",
    ) -> None:
        self.view = View(settings)
        self.replica = Replica()
        self.engine = Engine(self.view, self.replica, RECONCILERS)
        self.writer = Writer(self.replica)
        self.api_writer = ApiWriter(client, self.view, self.replica, self._retry)
        self.allocation = Allocation(self.view, self.replica, self.engine, client, random.Random(seed))
        self.freeing = Freeing(self.view)
        self.tally = Tally()
        self.ready = asyncio.Event()
        self._client = client
        self._northbound = northbound
        self._defaults = defaults
        self._hosting = Hosting(southbound, self.view.set_host) if southbound else None
        self._wake = asyncio.Event()
        self._armed = False
        self._resync = False
        self._backoffs: dict[str, Backoff] = {}
        self.engine.woken = self._wake.set

    def compile_next_in_full(self) -> None:
        """The next batch asks every owner, not only those concerned by the change that starts it."""
        self._armed = True

    def resync(self) -> None:
        """Asks every owner, now."""
        self._resync = True
        self._wake.set()

    async def run(self) -> None:
        """Runs until cancelled."""
        synced = [asyncio.Event() for _ in FOLLOWED]
        async with asyncio.TaskGroup() as tasks:
            for kind, event in zip(FOLLOWED, synced, strict=True):
                tasks.create_task(self._follow(kind, event), name=f"follow {kind.plural}")
            for kind in NOTED:
                tasks.create_task(self._follow(kind, asyncio.Event()), name=f"follow {kind.plural}")
            for event in synced:
                await event.wait()
            await bootstrap(self._client, self.view, self._defaults)
            if self._hosting is not None:
                tasks.create_task(self._hosting.run(), name="follow gateways")
            await self._serve()

    async def _follow(self, kind: Kind[Any], synced: asyncio.Event) -> None:
        informer = self._client.follow(kind, field_selector=SELECTED.get(kind, ""))
        if kind is IPS:
            self.allocation.is_there = informer.knows
        async for change in informer:
            if change.type == "SYNCED":
                synced.set()
            elif change.type == "DELETED":
                self._gone(self.view.drop(kind, change.object.path), change.received_ns)
            elif (kept := self.view.put(kind, change.object)) is not None:
                if isinstance(kept, Pod) and kept.is_finished:
                    self.freeing.ended(kept, change.received_ns)
                elif kind is IPS:
                    self.allocation.recorded(kept)
                elif kind is SUBNETS:
                    self.allocation.subnet_changed(kept.name)
                elif kind is IPPOOLS:
                    self.allocation.division_changed(kept)
                elif kind is NAMESPACES:
                    self.allocation.namespace_changed()
            elif kind is PODS:
                self.allocation.pod_restated(change.object.path)

    def _gone(self, dropped: Resource | None, now_ns: int) -> None:
        if isinstance(dropped, IP):
            self.freeing.freed(dropped, now_ns)
            self.allocation.released(dropped)
        elif isinstance(dropped, Subnet):
            self.allocation.subnet_changed(dropped.name)
        elif isinstance(dropped, IPPool):
            self.allocation.division_changed(dropped)
        elif isinstance(dropped, Pod):
            self.freeing.ended(dropped, now_ns)
            self.allocation.pod_gone(dropped)

    async def _serve(self) -> None:
        backoff = Backoff()
        while True:
            try:
                client = await ovsdb.Client.connect(self._northbound, DATABASE)
            except ovsdb.ConnectionFailed as error:
                delay = backoff.failed()
                log.warning("northbound: %s; again in %.2f s", error, delay)
                await asyncio.sleep(delay)
                continue
            backoff.succeeded()
            try:
                await self._reconcile(client)
            except ovsdb.ConnectionLost as error:
                log.warning("northbound: %s", error)
            finally:
                await client.close()

    async def _reconcile(self, client: ovsdb.Client) -> None:
        """Verifies everything, then follows what changes, until NB is lost (raises ``ovsdb.ConnectionLost``)."""
        await self.replica.follow(client)
        self.allocation.survey()
        client.closed.add_done_callback(lambda _: self._wake.set())
        self._resync = True
        while not client.closed.done():
            if self._resync or (self._armed and self.engine.due):
                self._resync = self._armed = False
                await self._process_all(client)
                await self._settle_first()
            elif self.engine.due:
                await self._process(client, self.engine.take(OWNERS_A_BATCH))
            else:
                self._wake.clear()
                self.allocation.publish()
                if not self.engine.due:
                    await self._wake.wait()
        raise client.closed.result()

    async def _settle_first(self) -> None:
        if self.ready.is_set():
            return
        self.allocation.publish()
        self.ready.set()

    async def _process_all(self, client: ovsdb.Client) -> None:
        started = time.monotonic_ns()
        owners = self.engine.everyone()
        for first in range(0, len(owners), OWNERS_A_BATCH):
            await self._process(client, owners[first : first + OWNERS_A_BATCH])
        await self._process(client, self.engine.heard_everyone())
        self.tally.full_batches += 1
        log.info("all of %d owners asked in %.3f s", len(owners), (time.monotonic_ns() - started) / 1e9)

    async def _process(self, client: ovsdb.Client, owners: Sequence[str]) -> None:
        """Allocate, compile, diff, commit to NB, then to the API: one batch."""
        started = time.monotonic_ns()
        await self.allocation.ensure(owners)
        allocated = time.monotonic_ns()
        plan = self.engine.plan(owners, timestamp())
        compiled = time.monotonic_ns()
        written = await self.writer.commit(client, plan.deltas)
        committed = time.monotonic_ns()
        failed = self._failures(written)
        self.api_writer.submit(
            effect.notices_alone() if effect.owner in failed else effect for effect in plan.effects
        )
        self.tally.batch(plan.owners, started, allocated, compiled, committed)
        await self.api_writer.room()
        if len(owners) > BACKLOG:
            await self._linger()
            self.allocation.publish()

    def _failures(self, written: Written) -> set[str]:
        for owner in written.committed:
            if self._backoffs.pop(owner, None) is not None:
                self.engine.untrouble(owner, REFUSED)
        for deferred in written.deferred:
            self.engine.await_row(deferred.owner, deferred.awaited)
        for missed in written.missed:
            self.engine.touch(missed)
        for rejected in written.rejected:
            self.engine.trouble(rejected.owner, REFUSED, rejected.reason)
            self._retry(rejected.owner)
        waiting = {wait.owner for wait in written.deferred}
        return waiting.union(written.missed, (failure.owner for failure in written.rejected))

    async def _linger(self) -> None:
        """Under a backlog, lets more changes come together, as long as they keep coming."""
        deadline = time.monotonic() + LINGER_S
        due = -1
        while due < self.engine.due < OWNERS_A_BATCH and time.monotonic() < deadline:
            due = self.engine.due
            await asyncio.sleep(LINGER_STEP_S)

    def _retry(self, owner: str) -> None:
        delay = self._backoffs.setdefault(owner, Backoff()).failed()
        touch: Callable[[str], None] = self.engine.touch
        asyncio.get_running_loop().call_later(delay, touch, owner)
