"""The promise that the central half writes into a pod's or a node's annotations, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)

from controller.api import annotations as names
from controller.api import routes
from controller.api.addresses import InvalidAddress, parse_address, parse_network
from controller.daemon.errors import Refused

_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")


@dataclass(frozen=True)
class Promise:
    """What an endpoint gets; a dual-stack one has two addresses and two gateways.

    ``routes`` are those that a pod asks for by itself: what is sent to a network goes to an address.
    """

    addresses: tuple[IPv4Interface | IPv6Interface, ...]
    gateways: tuple[IPv4Address | IPv6Address, ...]
    mac: str
    mtu: int
    routes: tuple[tuple[IPv4Network | IPv6Network, IPv4Address | IPv6Address], ...] = ()

    @property
    def ip(self) -> str:
        """The addresses as the annotation has them: joined by a comma."""
        return ",".join(str(address.ip) for address in self.addresses)

    @property
    def cidr(self) -> str:
        """The networks that the addresses are in, joined by a comma."""
        return ",".join(str(address.network) for address in self.addresses)

    @property
    def gateway(self) -> str:
        """The gateways, joined by a comma."""
        return ",".join(str(gateway) for gateway in self.gateways)


def read(found: Mapping[str, str], default_mtu: int) -> Promise | None:
    """The promise in an object's annotations, None while there is none. Raises ``Refused`` for one that is broken."""
    if found.get(names.ALLOCATED) != names.TRUE:
        return None
    mac = found.get(names.MAC_ADDRESS, "")
    if not _MAC.fullmatch(mac):
        raise _broken(names.MAC_ADDRESS, mac, "a MAC such as 00:00:00:12:34:56")
    ips = _parts(found, names.IP_ADDRESS)
    cidrs = _parts(found, names.CIDR)
    if len(ips) != len(cidrs):
        raise _broken(names.CIDR, ",".join(cidrs), f"{len(ips)} network(s), one for each address")
    mtu = found.get(names.MTU, str(default_mtu))
    if not mtu.isdecimal() or not 576 <= int(mtu) <= 65535:
        raise _broken(names.MTU, mtu, "576 to 65535")
    return Promise(
        tuple(_address(ip, cidr) for ip, cidr in zip(ips, cidrs, strict=True)),
        tuple(_gateway(gateway) for gateway in _parts(found, names.GATEWAY)),
        mac.lower(),
        int(mtu),
        _routes(found.get(names.ROUTES, "")),
    )


def _parts(found: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in found.get(name, "").split(",") if part.strip()]


def _address(ip: str, cidr: str) -> IPv4Interface | IPv6Interface:
    try:
        network = ip_network(str(parse_network(cidr)))
    except ValueError as error:
        raise _broken(names.CIDR, cidr, "an IPv4 or IPv6 network") from error
    try:
        address = ip_interface(f"{parse_address(ip)}/{network.prefixlen}")
    except ValueError as error:
        raise _broken(names.IP_ADDRESS, ip, "an IPv4 or IPv6 address") from error
    if address.network != network:
        raise _broken(names.IP_ADDRESS, ip, f"an address of {cidr}")
    return address


def _gateway(gateway: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(str(parse_address(gateway)))
    except ValueError as error:
        raise _broken(names.GATEWAY, gateway, "an IPv4 or IPv6 address") from error


def _routes(text: str) -> tuple[tuple[IPv4Network | IPv6Network, IPv4Address | IPv6Address], ...]:
    try:
        found = routes.parse(text)
    except InvalidAddress as error:
        raise _broken(names.ROUTES, text, error.allowed) from error
    return tuple((ip_network(entry.destination), ip_address(entry.gateway)) for entry in found)


def _broken(name: str, found: str, allowed: str) -> Refused:
    return Refused(422, f"annotation {name}: found {found!r}, allowed: {allowed}")
