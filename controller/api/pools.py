"""Which addresses an ``IPPool`` is of: what it lists, as far as that is in its subnet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from controller.api.addresses import (
    Address,
    InvalidAddress,
    Network,
    Range,
    network_around,
    parse_network,
    parse_range,
)
from controller.api.kubeovn import Subnet
from controller.api.reservations import IPPool


def parse_entry(text: str) -> Range:
    """One entry of ``spec.ips``: an address, a range FIRST..LAST or a network; raises ``InvalidAddress``.

    Kube-OVN's own example has a network with host bits set, ``10.16.0.210/30``: the network around it is meant.
    """
    try:
        if "/" not in text:
            return parse_range(text)
        network = network_around(text)
    except InvalidAddress:
        allowed = "an address, a range FIRST..LAST or a network, such as 10.16.0.201, 10.16.0.3..10.16.0.9"
        raise InvalidAddress(text, allowed) from None
    return Range(network.version, network.first, network.last)


def effective(pool: IPPool, networks: Iterable[Network]) -> list[Range]:
    """The addresses of a pool that are in the networks, as ranges that neither meet nor touch, in ascending order.

    Raises ``InvalidAddress`` for an entry that is none.
    """
    networks = tuple(networks)
    listed = map(parse_entry, pool.spec.ips)
    inside = sorted(
        Range(part.version, max(part.first, network.first), min(part.last, network.last))
        for part in listed
        for network in networks
        if part.version == network.version and part.first <= network.last and network.first <= part.last
    )
    merged: list[Range] = []
    for part in inside:
        if merged and merged[-1].version == part.version and part.first <= merged[-1].last + 1:
            merged[-1] = merged[-1]._replace(last=max(merged[-1].last, part.last))
        else:
            merged.append(part)
    return merged


def networks_of(subnet: Subnet) -> tuple[Network, ...]:
    """The networks of a subnet that was let pass; raises ``InvalidAddress``."""
    return tuple(parse_network(text.strip()) for text in subnet.spec.cidr_block.split(","))


def common(some: Sequence[Range], others: Sequence[Range]) -> Address | None:
    """The first address that is in both, None if there is none."""
    shared = (
        Address(one.version, max(one.first, other.first))
        for one in some
        for other in others
        if one.version == other.version and one.first <= other.last and other.first <= one.last
    )
    return min(shared, default=None)


def serving(subnet: Subnet, pools: Iterable[IPPool]) -> dict[str, list[Range]]:
    """The pools that divide a subnet, by name, with their addresses.

    Of two that have an address in common, the first by name serves; one with an entry that is none does not.
    """
    networks = networks_of(subnet)
    found: dict[str, list[Range]] = {}
    for pool in sorted(pools, key=lambda entry: entry.name):
        if pool.spec.subnet != subnet.name:
            continue
        try:
            ranges = effective(pool, networks)
        except InvalidAddress:
            continue
        if not any(common(ranges, others) for others in found.values()):
            found[pool.name] = ranges
    return found
