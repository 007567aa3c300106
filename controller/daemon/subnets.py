"""The networks of the default VPC: what a node reaches through its port in the join network, and what it translates."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from ipaddress import ip_network

from controller.api.gateway_links import Link, is_gateway, links
from controller.api.kinds import SUBNETS
from controller.api.kubeovn import Subnet
from controller.api.meta import ObjectMeta
from controller.api.placement import is_routed_by_default
from controller.daemon.device import Network
from controller.daemon.translation import Rule, rules
from controller.kubernetes import Client

log = logging.getLogger(__name__)


class Subnets:
    """Follows the subnets once for all nodes of a daemon."""

    def __init__(self) -> None:
        self._subnets: dict[str, Subnet] = {}
        self._subscribers: list[Callable[[], None]] = []
        self.synced = asyncio.Event()

    @property
    def networks(self) -> frozenset[Network]:
        """Every network of the default VPC."""
        return _all_networks(self._subnets.values())

    @property
    def translated(self) -> frozenset[Network]:
        """Those networks whose packets leave the cluster under the address of a node."""
        return _all_networks(subnet for subnet in self._subnets.values() if subnet.spec.nat_outgoing)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What is said of single packets of the networks that are translated."""
        return rules(subnet for subnet in self._subnets.values() if subnet.spec.nat_outgoing)

    def links_of(self, node: str, labels: Mapping[str, str]) -> list[Link]:
        """The links to those centralised subnets that a node with these labels is a gateway of."""
        found = links(self._subnets.values())
        return [link for name, link in found.items() if is_gateway(self._subnets[name], node, labels)]

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Has ``callback`` called after each change."""
        self._subscribers.append(callback)

    async def run(self, client: Client) -> None:
        """Follows for ever."""
        async for change in client.follow(SUBNETS):
            if change.type == "SYNCED":
                self.synced.set()
                continue
            name, spec = change.object.name, change.object.spec
            before = self._subnets.pop(name, None)
            if change.type != "DELETED" and is_routed_by_default(change.object):
                self._subnets[name] = Subnet(metadata=ObjectMeta(name=name), spec=spec)
            if self._subnets.get(name) != before:
                for callback in self._subscribers:
                    callback()


def _all_networks(subnets: Iterable[Subnet]) -> frozenset[Network]:
    return frozenset().union(*(_networks(subnet.name, subnet.spec.cidr_block) for subnet in subnets))


@lru_cache(maxsize=4096)
def _networks(name: str, cidr_block: str) -> frozenset[Network]:
    try:
        return frozenset(ip_network(cidr.strip()) for cidr in cidr_block.split(","))
    except ValueError as error:
        log.warning("subnet %s is not routed to: %s", name, error)
        return frozenset()
