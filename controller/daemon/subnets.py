"""The networks of the default VPC: what a node reaches through its port in the join network, and what it translates."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network

from controller.api.kinds import SUBNETS
from controller.api.kubeovn import Subnet
from controller.daemon.device import Network
from controller.kubernetes import Client

log = logging.getLogger(__name__)

DEFAULT_VPCS = ("", "ovn-cluster")


@dataclass(frozen=True)
class Routed:
    """What a node has to know of a subnet: its networks, and whether what leaves the cluster from it is translated."""

    networks: frozenset[Network]
    is_translated: bool


class Subnets:
    """Follows the subnets once for all nodes of a daemon."""

    def __init__(self) -> None:
        self._routed: dict[str, Routed] = {}
        self._subscribers: list[Callable[[], None]] = []

    @property
    def networks(self) -> frozenset[Network]:
        """Every network of the default VPC."""
        return frozenset().union(*(found.networks for found in self._routed.values()))

    @property
    def translated(self) -> frozenset[Network]:
        """Those networks whose packets leave the cluster under the address of a node."""
        return frozenset().union(*(found.networks for found in self._routed.values() if found.is_translated))

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Has ``callback`` called after each change."""
        self._subscribers.append(callback)

    async def run(self, client: Client) -> None:
        """Follows for ever."""
        async for change in client.follow(SUBNETS):
            if change.type == "SYNCED":
                continue
            subnet = change.object
            before = self._routed.pop(subnet.name, None)
            if change.type != "DELETED" and subnet.spec.vpc in DEFAULT_VPCS:
                self._routed[subnet.name] = Routed(_networks(subnet), subnet.spec.nat_outgoing)
            if self._routed.get(subnet.name) != before:
                for callback in self._subscribers:
                    callback()


def _networks(subnet: Subnet) -> frozenset[Network]:
    try:
        return frozenset(ip_network(cidr.strip()) for cidr in subnet.spec.cidr_block.split(","))
    except ValueError as error:
        log.warning("subnet %s is not routed to: %s", subnet.name, error)
        return frozenset()
