"""Addresses as objects write them: parsed strictly, in one place, for whoever judges or hands out addresses.

The standard library is lenient where a manifest must not be: `ip_network(7)` is a network and `inet_aton` takes
"10.1". Here only text passes that `inet_pton` takes, and networks and ranges are plain integers, which stay cheap at
100,000 addresses.
"""

import re
import socket
from collections.abc import Iterable
from typing import NamedTuple

BITS = {4: 32, 6: 128}
_FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
NETWORK = "a network in CIDR notation, such as 10.16.0.0/16 or fd00:10:16::/112"
_PREFIX = re.compile(r"0|[1-9][0-9]{0,2}")


class InvalidAddress(ValueError):
    """Text that is no address, network, range or MAC: what was `found` and what is `allowed`."""

    def __init__(self, found: object, allowed: str) -> None:
        super().__init__(f"found {found!r}, allowed: {allowed}")
        self.found = found
        self.allowed = allowed


class Address(NamedTuple):
    """An IPv4 or IPv6 address; its text is the canonical one (RFC 5952)."""

    version: int
    value: int

    def __str__(self) -> str:
        return socket.inet_ntop(_FAMILY[self.version], self.value.to_bytes(BITS[self.version] // 8, "big"))


class Range(NamedTuple):
    """Addresses from `first` to `last`, both included."""

    version: int
    first: int
    last: int

    def holds(self, address: Address) -> bool:
        """Whether the address is one of these."""
        return address.version == self.version and self.first <= address.value <= self.last


class Network(NamedTuple):
    """A network in CIDR notation."""

    version: int
    first: int
    prefix: int

    @property
    def last(self) -> int:
        """The value of its last address."""
        return self.first + (1 << (BITS[self.version] - self.prefix)) - 1

    def holds(self, address: Address) -> bool:
        """Whether the address is one of these."""
        return address.version == self.version and self.first <= address.value <= self.last

    def overlaps(self, other: "Network") -> bool:
        """Whether an address is in both."""
        return self.version == other.version and self.first <= other.last and other.first <= self.last

    def __str__(self) -> str:
        return f"{Address(self.version, self.first)}/{self.prefix}"


def version_of(text: str) -> int:
    """The version of IP, 4 or 6, that an address or network is of."""
    return 6 if ":" in text else 4


def of_version(version: int, texts: Iterable[str]) -> str:
    """The first of some addresses or networks that is of that version of IP; empty if none is."""
    return next((text for text in texts if version_of(text) == version), "")


def authority(host: str, port: int | str) -> str:
    """A host (a name or an address) and a port as URLs and OVN write them; IPv6 in brackets (RFC 3986, 3.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_address(text: object) -> Address:
    """An address from its text; raises InvalidAddress."""
    if isinstance(text, str):
        version = version_of(text)
        try:
            return Address(version, int.from_bytes(socket.inet_pton(_FAMILY[version], text), "big"))
        except (OSError, ValueError):
            pass
    raise InvalidAddress(text, "an IPv4 or IPv6 address, such as 10.16.0.7 or fd00::7")


def parse_network(text: object) -> Network:
    """A network from its canonical text (no host bits set, no leading zeros); raises InvalidAddress."""
    try:
        network = network_around(text)
    except InvalidAddress:
        raise InvalidAddress(text, NETWORK) from None
    if str(network) != text:
        raise InvalidAddress(text, f"the same network as {network}")
    return network


def network_around(text: object) -> Network:
    """The network around an address with a prefix length, where Kube-OVN's own examples have host bits set.

    Raises InvalidAddress.
    """
    base, slash, prefix = text.partition("/") if isinstance(text, str) else ("", "", "")
    address = parse_address(base)
    if not slash or not _PREFIX.fullmatch(prefix) or int(prefix) > BITS[address.version]:
        raise InvalidAddress(text, NETWORK)
    hosts = BITS[address.version] - int(prefix)
    return Network(address.version, address.value >> hosts << hosts, int(prefix))


def parse_range(text: object) -> Range:
    """Kube-OVN's `excludeIps` notation: one address, or "FIRST..LAST"; raises InvalidAddress."""
    first, dots, last = text.partition("..") if isinstance(text, str) else ("", "", "")
    try:
        start = parse_address(first)
        end = parse_address(last) if dots else start
    except InvalidAddress:
        raise InvalidAddress(
            text, "an address or a range FIRST..LAST, such as 10.16.0.10..10.16.0.20"
        ) from None
    if start.version != end.version or start.value > end.value:
        raise InvalidAddress(
            text, "a range FIRST..LAST of one family whose first address is not after its last"
        )
    return Range(start.version, start.value, end.value)


def parse_mac(text: object) -> str:
    """The canonical text (lower case) of a MAC address that an interface may have; raises InvalidAddress."""
    if not isinstance(text, str) or not _MAC.fullmatch(text):
        raise InvalidAddress(
            text, "six pairs of hexadecimal digits joined by colons, such as 0a:1b:2c:3d:4e:5f"
        )
    if int(text[:2], 16) & 1 or text == "00:00:00:00:00:00":
        raise InvalidAddress(text, "a unicast MAC address that is not all zeros")
    return text.lower()
