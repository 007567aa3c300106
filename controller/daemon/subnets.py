"""The networks of the default VPC: what a node reaches through its port in the join network, and what it translates."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from controller.api.gateway_links import (
    KERNELS_OWN,
    Link,
    is_centralised,
    is_gateway,
    is_spread,
    links,
    source_addresses,
)
from controller.api.kinds import SUBNETS
from controller.api.kubeovn import Subnet
from controller.api.meta import ObjectMeta
from controller.api.placement import is_routed_by_default
from controller.daemon import reading
from controller.daemon.detours import Detour
from controller.daemon.device import Address, Network
from controller.daemon.translation import Rule, rules
from controller.engine.soundness import sound
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
        return [
            link
            for name, link in found.items()
            if is_gateway(self._subnets[name], node, labels) and not is_spread(self._subnets[name])
        ]

    def sources(self, node: str) -> dict[Network, str]:
        """The addresses under which networks leave by a node, of those that are translated and name one there."""
        return {
            network: str(address)
            for subnet in self._subnets.values()
            if subnet.spec.nat_outgoing
            for address in _addresses(subnet.name, ",".join(source_addresses(subnet, node)))
            for network in _networks(subnet.name, subnet.spec.cidr_block)
            if network.version == address.version
        }

    def detours(self, node: str, labels: Mapping[str, str]) -> frozenset[Detour]:
        """The gateways beyond a node with these labels by which networks leave that leave by the node."""
        return frozenset(
            Detour(network, gateway, subnet.spec.policy_routing_table_id, subnet.spec.policy_routing_priority)
            for subnet in self._subnets.values()
            if not is_centralised(subnet) or is_gateway(subnet, node, labels)
            for gateway in _addresses(subnet.name, subnet.spec.external_egress_gateway)
            for network in _networks(subnet.name, subnet.spec.cidr_block)
            if network.version == gateway.version and _is_led_round(subnet)
        )

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Has ``callback`` called after each change."""
        self._subscribers.append(callback)

    async def run(self, client: Client) -> None:
        """Follows for ever."""
        async for change in client.follow(SUBNETS):
            if change.type == "SYNCED":
                self.synced.set()
                continue
            name = change.object.name
            before = self._subnets.pop(name, None)
            found = sound(change.object)[0] or before if change.type != "DELETED" else None
            if found is not None and is_routed_by_default(found):
                self._subnets[name] = Subnet(metadata=ObjectMeta(name=name), spec=found.spec)
            if self._subnets.get(name) != before:
                for callback in self._subscribers:
                    callback()


def _is_led_round(subnet: Subnet) -> bool:
    spec = subnet.spec
    has_table = spec.policy_routing_table_id not in KERNELS_OWN and spec.policy_routing_priority > 0
    return has_table and not spec.nat_outgoing


def _all_networks(subnets: Iterable[Subnet]) -> frozenset[Network]:
    return frozenset().union(*(_networks(subnet.name, subnet.spec.cidr_block) for subnet in subnets))


@lru_cache(maxsize=4096)
def _networks(name: str, cidr_block: str) -> frozenset[Network]:
    try:
        return frozenset(reading.networks(cidr_block))
    except ValueError as error:
        log.warning("subnet %s is not routed to: %s", name, error)
        return frozenset()


@lru_cache(maxsize=4096)
def _addresses(name: str, text: str) -> tuple[Address, ...]:
    try:
        return tuple(reading.addresses(text))
    except ValueError as error:
        log.warning("subnet %s: what it names is passed over: %s", name, error)
        return ()
