"""Addresses and networks as the daemon reads them: nothing passes but what is one, down to the last character.

The standard library takes whatever stands behind the ``%`` of an IPv6 address for a zone, and writes it out again: into
a rule, if nobody looked.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from controller.api.addresses import parse_address, parse_network
from controller.daemon.device import Address, Network


def networks(text: str) -> Iterator[Network]:
    """Networks and single addresses, joined by commas. Raises ``InvalidAddress``."""
    for part in _parts(text):
        yield ip_network(str(parse_network(part) if "/" in part else parse_address(part)))


def addresses(text: str) -> Iterator[Address]:
    """Addresses, joined by commas. Raises ``InvalidAddress``."""
    for part in _parts(text):
        yield ip_address(str(parse_address(part)))


def _parts(text: str) -> Iterator[str]:
    return (part.strip() for part in text.split(",") if part.strip())
