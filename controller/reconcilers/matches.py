"""The matches of rules and policies, put together from networks, addresses and names of sets: never from loose text.

An expression is text, and what is put into it without a look could come to mean something else. So whoever needs one
asks here, with values that can only be what they are; what comes as text is read first. What people write themselves
is held against OVN's grammar when it comes (``controller.api.expressions``).
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from controller.api.addresses import parse_address
from controller.api.expression_tokens import identifier

Network = IPv4Network | IPv6Network


def source(network: Network) -> str:
    """Packets that come from a network."""
    return f"ip{network.version}.src == {network}"


def destination(network: Network) -> str:
    """Packets that go to a network."""
    return f"ip{network.version}.dst == {network}"


def between(origin: Network, target: Network) -> str:
    """Packets from one network to another of its family."""
    return f"{source(origin)} && {destination(target)}"


def either_way(one: Network, other: Network) -> str:
    """Packets between two networks, whoever sends them."""
    return f"({between(one, other)}) || ({between(other, one)})"


def to_address(text: str) -> str:
    """Packets that go to an address. Raises ``InvalidAddress``."""
    address = parse_address(text)
    return f"ip{address.version}.dst == {address}"


def from_set(name: str, version: int) -> str:
    """Packets that come from the addresses in a set. Raises ``InvalidExpression`` for what can be no set's name."""
    return f"ip{version}.src == ${identifier(name)}"
