"""Which packets that leave the cluster are translated: those of a subnet's rules, by source and destination.

The rules of a subnet are asked in its order and the first that fits decides; what none fits is translated, as in a
subnet without rules.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from controller.api.kubeovn import NatOutgoingPolicyRule, Subnet
from controller.daemon.device import Network
from controller.daemon.reading import networks

log = logging.getLogger(__name__)

NAT = "nat"


@dataclass(frozen=True)
class Rule:
    """What becomes of packets of one family from ``network``; where a set is empty, any address fits."""

    network: Network
    sources: frozenset[Network]
    destinations: frozenset[Network]
    is_translated: bool

    @property
    def version(self) -> int:
        """4 or 6."""
        return self.network.version


def rules(subnets: Iterable[Subnet]) -> tuple[Rule, ...]:
    """The rules of the subnets, for each family that they have."""
    found: list[Rule] = []
    for subnet in sorted(subnets, key=lambda entry: entry.name):
        for rule in subnet.spec.nat_outgoing_policy_rules:
            try:
                found += _by_family(rule, sorted(parse(subnet.spec.cidr_block), key=str))
            except ValueError as error:
                log.warning("subnet %s: a rule is passed over: %s", subnet.name, error)
    return tuple(found)


def _by_family(rule: NatOutgoingPolicyRule, own: Iterable[Network]) -> Iterator[Rule]:
    """The rule for each family that it speaks of."""
    sources, destinations = parse(rule.match.src_ips), parse(rule.match.dst_ips)
    for network in own:
        of_sources, of_destinations = _of(network.version, sources), _of(network.version, destinations)
        if bool(of_sources) is bool(sources) and bool(of_destinations) is bool(destinations):
            yield Rule(network, of_sources, of_destinations, rule.action == NAT)


def _of(version: int, networks: Iterable[Network]) -> frozenset[Network]:
    return frozenset(network for network in networks if network.version == version)


def parse(text: str) -> frozenset[Network]:
    """Addresses and networks joined by commas. Raises ``ValueError``."""
    return frozenset(networks(text))
