"""The networks and gateways of a subnet, and whether an address is one that a pod of it may have."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeVar

from controller.admission.cause import Cause, invalid
from controller.api.addresses import Address, InvalidAddress, Network, parse_address, parse_network
from controller.api.kubeovn import Subnet

T = TypeVar("T")

NOT_FOR_PODS = tuple(
    map(
        parse_network,
        (
            "0.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "224.0.0.0/3",
            "::/127",
            "fe80::/10",
            "ff00::/8",
        ),
    )
)
"""This host, loopback, link-local, multicast and reserved: a router forwards none of it (RFC 6890)."""


def networks(subnet: Subnet) -> tuple[Network, ...]:
    """The networks of a subnet, without what is none: that was refused when it was written."""
    return _networks(subnet.spec.cidr_block)


@lru_cache(maxsize=4_096)
def _networks(cidr_block: str) -> tuple[Network, ...]:
    return tuple(
        network
        for network in _readable(parse_network, cidr_block)
        if not any(taboo.overlaps(network) for taboo in NOT_FOR_PODS)
    )


def gateways(subnet: Subnet) -> tuple[Address, ...]:
    """The gateway in each network: the one that the subnet names, or else the network's first host."""
    named = tuple(_readable(parse_address, subnet.spec.gateway))
    return tuple(
        next((entry for entry in named if network.holds(entry)), Address(network.version, network.first + 1))
        for network in networks(subnet)
    )


def is_host(network: Network, address: Address) -> bool:
    """Whether a host may have the address: it is in the network, and neither the network's own nor its broadcast."""
    if not network.holds(address) or address.value == network.first:
        return False
    return network.version == 6 or address.value != network.last


def canonical_addresses(field: str, text: str, faults: list[Cause]) -> list[Address]:
    """The addresses of a field that holds one, or one of each family joined by a comma; adds what is wrong."""
    found: list[Address] = []
    for part in text.split(","):
        try:
            address = parse_address(part)
        except InvalidAddress as error:
            faults.append(invalid(field, part, error.allowed))
            continue
        if str(address) != part:
            faults.append(invalid(field, part, f"the same address as {address}"))
        elif any(address.version == other.version for other in found):
            faults.append(invalid(field, text, "one address of each family"))
        else:
            found.append(address)
    return found


def for_a_pod(field: str, address: Address, subnet: Subnet) -> Iterator[Cause]:
    """An address must be a host of its subnet, and not the gateway."""
    if not any(is_host(network, address) for network in networks(subnet)):
        allowed = f"a host of {subnet.spec.cidr_block}, the range of subnet {subnet.name}"
        yield invalid(field, str(address), allowed)
    elif address in gateways(subnet):
        yield invalid(field, str(address), f"a host of {subnet.spec.cidr_block} other than the gateway")


def _readable(parse: Callable[[object], T], text: str) -> Iterator[T]:
    for part in text.split(","):
        try:
            yield parse(part)
        except InvalidAddress:
            continue
