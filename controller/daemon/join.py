"""A node's own port in the join network, by which node and pods reach each other: ``ovn0``, as in Kube-OVN.

The promise is in the annotations of the Node. The device belongs to the switch and is made anew whenever the switch
restarts, without its addresses and routes; so it is compared with what it is to be whenever something changes.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from controller.api.core import Node as NodeObject
from controller.api.kinds import NODES
from controller.daemon import promise
from controller.daemon.config import NodeConfig
from controller.daemon.device import Device, Network, bring
from controller.daemon.errors import Refused
from controller.daemon.ports import Port
from controller.daemon.promise import Promise
from controller.daemon.subnets import Subnets
from controller.daemon.switch import Switch
from controller.kubernetes import Backoff, Change, Client

log = logging.getLogger(__name__)

DEVICE = "ovn0"


def iface_id(node: str) -> str:
    """The node's logical switch port, by Kube-OVN's convention."""
    return f"node-{node}"


class JoinPort:
    """Keeps ``ovn0`` of one node as the Node and the subnets demand."""

    def __init__(
        self, config: NodeConfig, switch: Switch, subnets: Subnets, mtu: int, workers: ThreadPoolExecutor
    ) -> None:
        self._config = config
        self._switch = switch
        self._subnets = subnets
        self._mtu = mtu
        self._workers = workers
        self._promise: Promise | None = None
        self.synced = asyncio.Event()
        self._changed = asyncio.Event()
        subnets.subscribe(self._changed.set)
        switch.subscribe(iface_id(config.node), self._changed.set)

    @property
    def is_promised(self) -> bool:
        """Whether the node is to have the port."""
        return self._promise is not None

    async def run(self, client: Client) -> None:
        """Keeps it, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow(client))
            tasks.create_task(self._keep())

    async def _follow(self, client: Client) -> None:
        selector = f"metadata.name={self._config.node}"
        async for change in client.follow(NODES, field_selector=selector):
            if change.type == "SYNCED":
                self.synced.set()
            else:
                self._take(change)

    def _take(self, change: Change[NodeObject]) -> None:
        try:
            found = None
            if change.type != "DELETED":
                found = promise.read(change.object.annotations, self._mtu)
        except Refused as refused:
            log.error("node %s: %s", self._config.node, refused)
            return
        if found != self._promise:
            self._promise = found
            self._changed.set()

    async def _keep(self) -> None:
        backoff = Backoff(first=0.2, ceiling=5.0)
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._bring()
                backoff.succeeded()
            except (Refused, OSError) as error:
                log.warning("node %s: %s: %s", self._config.node, DEVICE, error)
                self._changed.set()
                await asyncio.sleep(backoff.failed())

    async def _bring(self) -> None:
        name = iface_id(self._config.node)
        if self._promise is None:
            if self._switch.wanted(name):
                await self._switch.unwant(name)
            return
        await self._switch.verified.wait()
        port = Port(DEVICE, name, self._switch.own_device_type, self._promise.mac)
        if self._switch.wanted(name) != port:
            await self._switch.want(port)
        if self._switch.has_device(port):
            device = join_device(self._promise, self._subnets.networks)
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._workers, bring, self._config.pid, device)


def join_device(found: Promise, networks: frozenset[Network]) -> Device:
    """The device of a node with this promise: each other network is reached by the gateway of its version of IP."""
    own = {address.network for address in found.addresses}
    routes = frozenset(
        (network, gateway)
        for gateway in found.gateways
        for network in networks - own
        if network.version == gateway.version
    )
    return Device(DEVICE, found.mac, found.mtu, frozenset(found.addresses), routes)
