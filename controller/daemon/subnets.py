"""The networks of the default VPC: what a node reaches through its port in the join network."""

from __future__ import annotations

import logging
from collections.abc import Callable
from ipaddress import ip_network

from controller.api.kinds import SUBNETS
from controller.api.kubeovn import Subnet
from controller.daemon.device import Network
from controller.kubernetes import Client

log = logging.getLogger(__name__)

DEFAULT_VPCS = ("", "ovn-cluster")


class Subnets:
    """Follows the subnets once for all nodes of a daemon."""

    def __init__(self) -> None:
        self._networks: dict[str, frozenset[Network]] = {}
        self._subscribers: list[Callable[[], None]] = []

    @property
    def networks(self) -> frozenset[Network]:
        """Every network of the default VPC."""
        return frozenset().union(*self._networks.values())

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Has ``callback`` called after each change."""
        self._subscribers.append(callback)

    async def run(self, client: Client) -> None:
        """Follows for ever."""
        async for change in client.follow(SUBNETS):
            if change.type == "SYNCED":
                continue
            before = self._networks.pop(change.object.name, None)
            if change.type != "DELETED" and change.object.spec.vpc in DEFAULT_VPCS:
                self._networks[change.object.name] = _networks(change.object)
            if self._networks.get(change.object.name) != before:
                for callback in self._subscribers:
                    callback()


def _networks(subnet: Subnet) -> frozenset[Network]:
    try:
        return frozenset(ip_network(cidr.strip()) for cidr in subnet.spec.cidr_block.split(","))
    except ValueError as error:
        log.warning("subnet %s is not routed to: %s", subnet.name, error)
        return frozenset()
