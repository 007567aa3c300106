"""A node's own port in the join network, by which node and pods reach each other: ``ovn0``, as in Kube-OVN.

The promise is in the annotations of the Node.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from controller.api.names import node_port
from controller.daemon import promise
from controller.daemon.config import NodeConfig
from controller.daemon.device import Device, Network
from controller.daemon.errors import Refused
from controller.daemon.node_device import NodeDevice
from controller.daemon.own_node import OwnNode
from controller.daemon.promise import Promise
from controller.daemon.subnets import Subnets
from controller.daemon.switch import Switch

log = logging.getLogger(__name__)

DEVICE = "ovn0"


class JoinPort:
    """Keeps ``ovn0`` of one node as the Node and the subnets demand."""

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
        self._subnets = subnets
        self._mtu = mtu
        self._promise: Promise | None = None
        self._device = NodeDevice(config, switch, workers, node_port(config.node))
        subnets.subscribe(self._declare)
        node.subscribe(self._take)

    @property
    def is_promised(self) -> bool:
        """Whether the node is to have the port."""
        return self._promise is not None

    async def run(self) -> None:
        """Keeps it, for ever."""
        await self._device.run()

    def _take(self) -> None:
        try:
            self._promise = promise.read(self._node.annotations, self._mtu)
        except Refused as refused:
            log.error("node %s: %s", self._node.name, refused)
            return
        self._declare()

    def _declare(self) -> None:
        found = self._promise
        self._device.want(join_device(found, self._subnets.networks) if found else None)


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
