"""A gateway node's ends of the links of those centralised subnets that it is a gateway of."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_interface

from controller.api.gateway_links import Link
from controller.daemon.config import NodeConfig
from controller.daemon.device import Device
from controller.daemon.node_device import NodeDevice
from controller.daemon.own_node import OwnNode
from controller.daemon.subnets import Subnets
from controller.daemon.switch import Switch


class GatewayLinks:
    """Keeps the devices of one node as the subnets demand."""

    def __init__(
        self,
        config: NodeConfig,
        node: OwnNode,
        switch: Switch,
        subnets: Subnets,
        mtu: int,
        workers: ThreadPoolExecutor,
    ) -> None:
        self._node = node
        self._config = config
        self._switch = switch
        self._subnets = subnets
        self._mtu = mtu
        self._workers = workers
        self._devices: dict[str, NodeDevice] = {}
        self._changed = asyncio.Event()
        subnets.subscribe(self._changed.set)
        node.subscribe(self._changed.set)

    def has(self, iface_id: str) -> bool:
        """Whether the port of this name is one that the node is to have."""
        return any(link.name == iface_id for link in self._links())

    async def run(self) -> None:
        """Keeps them, for ever."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                wanted = {link.name: link for link in self._links()}
                for name in wanted.keys() - self._devices.keys():
                    self._devices[name] = NodeDevice(self._config, self._switch, self._workers, name)
                    tasks.create_task(self._devices[name].run())
                for name, device in self._devices.items():
                    device.want(link_device(wanted[name], self._mtu) if name in wanted else None)
                await self._changed.wait()
                self._changed.clear()

    def _links(self) -> list[Link]:
        return self._subnets.links_of(self._node.name, self._node.labels)


def link_device(link: Link, mtu: int) -> Device:
    """The node's end of a link."""
    addresses = frozenset(ip_interface(link.node_network(version)) for version in (4, 6))
    return Device(link.device, link.mac, mtu, addresses)
