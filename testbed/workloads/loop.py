"""From changes to rules and back: an event touches the object that it is about and the one that manages it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from controller.api.core import Lease
from controller.api.kinds import Kind
from controller.api.meta import Resource
from controller.kubernetes import Client
from testbed.workloads import (
    cronjob,
    daemonset,
    deployment,
    endpoints,
    endpointslice,
    job,
    nodes,
    podgc,
    replicaset,
    statefulset,
)
from testbed.workloads.events import Recorder
from testbed.workloads.hands import Hands
from testbed.workloads.labels import matches
from testbed.workloads.objects import (
    DAEMONSETS,
    ENDPOINTS,
    NODES,
    SERVICES,
    Pod,
    controller_of,
)
from testbed.workloads.plan import Plan
from testbed.workloads.queue import Key, WorkQueue
from testbed.workloads.scheduler import Scheduler
from testbed.workloads.settings import Settings
from testbed.workloads.world import Collection, World

REST = 20
"""A key rests this many times as long as it took to look at: large workloads cost at most a twentieth of a core."""

Rule = Callable[[World, Any, float], Plan]
RULES: dict[str, tuple[Kind[Any], Rule]] = {
    module.KIND.name: (module.KIND, module.reconcile)
    for module in (deployment, replicaset, statefulset, daemonset, cronjob, job, nodes, endpointslice)
} | {ENDPOINTS.name: (endpoints.KIND, endpoints.reconcile)}
"""The rules, each with the kind that it is about: of services there are two."""
RULES_OF: dict[str, list[str]] = {}
for _name, (_kind, _) in RULES.items():
    RULES_OF.setdefault(_kind.name, []).append(_name)


class Workloads:
    """All rules over one world."""

    def __init__(
        self,
        client: Client,
        tasks: asyncio.TaskGroup,
        settings: Settings,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._tasks = tasks
        self._clock = clock
        self.world = World(settings)
        recorder = Recorder(client, tasks)
        self._hands = Hands(client, self.world, recorder)
        self._queue = WorkQueue(self._work, tasks)
        self._scheduler = Scheduler(client, self.world, recorder, tasks)
        self._synced: list[asyncio.Event] = []
        self._live = False
        for collection in self.world.collections:
            collection.listeners.append(partial(self._route, collection))

    async def run(self, ready: Callable[[], None]) -> None:
        """Follow and act for ever. Nothing is decided before everything that there is is known."""
        for collection in self.world.collections:
            synced = asyncio.Event()
            self._synced.append(synced)
            self._tasks.create_task(self._follow(collection, synced))
        for synced in self._synced:
            await synced.wait()
        self._live = True
        self.world.began = self._clock()
        for name, (kind, _) in RULES.items():
            for entry in self.world.of(kind).values():
                self._queue.add((name, entry.namespace, entry.name))
        self._tasks.create_task(self._scheduler.run())
        self._tasks.create_task(podgc.collect(self.world, self._hands, self.world.settings))
        ready()

    async def _follow(self, collection: Collection[Any], synced: asyncio.Event) -> None:
        async for change in self._client.follow(collection.kind):
            if change.type == "SYNCED":
                synced.set()
            else:
                collection.saw(change)

    def _route(self, collection: Collection[Any], old: Resource | None, new: Resource | None) -> None:
        if not self._live:
            return
        entry = new or old
        assert entry is not None
        self._add(collection.kind.name, entry.namespace, entry.name)
        for side in (old, new):
            if isinstance(side, Pod):
                for service in self.world.selection.services(side):
                    self._add(SERVICES.name, service.namespace, service.name)
            owner = controller_of(side) if side is not None else None
            if owner is not None:
                self._add(owner.kind, entry.namespace, owner.name)
                if new is None and isinstance(entry, Pod):
                    self._route_gone(owner.name, entry.namespace)
        if isinstance(new, Pod) and new.metadata.labels and controller_of(new) is None:
            self._route_orphan(new)
        if isinstance(entry, Lease) and entry.namespace == nodes.LEASE_NAMESPACE:
            self._add(NODES.name, "", entry.name)
        if collection.kind is NODES:
            for daemons in self.world.daemonsets.values():
                self._add(DAEMONSETS.name, daemons.namespace, daemons.name)

    def _route_gone(self, name: str, namespace: str) -> None:
        """A pod that is gone is told to the Deployment above its ReplicaSet: one that recreates waits for it."""
        entry = self.world.replicasets.get(name, namespace)
        above = controller_of(entry) if entry is not None else None
        if above is not None:
            self._add(above.kind, namespace, above.name)

    def _route_orphan(self, pod: Pod) -> None:
        """A pod that nobody manages is shown to whoever may take it over."""
        places: tuple[Collection[Any], ...] = (
            self.world.replicasets,
            self.world.statefulsets,
            self.world.daemonsets,
        )
        for place in places:
            for entry in place.values():
                if entry.namespace == pod.namespace and matches(entry.spec.selector, pod.metadata.labels):
                    self._add(place.kind.name, pod.namespace, entry.name)

    def _add(self, kind: str, namespace: str, name: str) -> None:
        """Has an object looked at by the rules that are about its kind, if there are any."""
        for rule in RULES_OF.get(kind, ()):
            self._queue.add((rule, namespace, name))

    async def _work(self, key: Key) -> float:
        name, namespace, wanted = key
        kind, rule = RULES[name]
        owner = self.world.of(kind).get(wanted, namespace)
        if owner is None:
            self._queue.forget_later(key)
            return 0.0
        started = time.perf_counter()
        plan = rule(self.world, owner, self._clock())
        spent = time.perf_counter() - started
        if plan.again_in is not None:
            self._queue.add_later(key, plan.again_in)
        await self._hands.do(kind, owner, plan)
        return max(spent * REST, plan.rest_s)
