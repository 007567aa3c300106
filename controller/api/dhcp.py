"""DHCP options and router advertisements as Kube-OVN's users write them on a subnet.

OVN's northd puts the values of options into the actions of flows as they stand. So only names that OVN knows pass
here, and only values of the sort that each of them has. Sources: ``ovn-nb(5)``, tables DHCP_Options and
Logical_Router_Port; RFC 4861, 6.2.1 for the intervals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from controller.api.addresses import InvalidAddress, parse_address, parse_mac, parse_network
from controller.api.expression_tokens import quoted

_PARTS = re.compile(r'(?:"(?:[^"\\]|\\.)*"|\{[^{}]*\}|[^,"{}]|["{}])+')
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_PRINTABLE = re.compile(r"[ -~]{1,255}")

Sort = Callable[[str], str]
"""Reads a value and returns it as NB wants it; raises ``InvalidAddress`` with what is allowed."""


class InvalidOption(ValueError):
    """Text that is no option, or has a value that its option cannot have: what was `found` and what is `allowed`."""

    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(found)
        self.found = found
        self.allowed = allowed


def parse_options(text: str) -> dict[str, str]:
    """Reads ``lease_time=3600,dns_server={10.0.0.2,10.0.0.3}``; raises ``InvalidOption`` with the part that is no pair.

    Several values stand in braces, or are joined by semicolons, as Kube-OVN has it.
    """
    found: dict[str, str] = {}
    for part in filter(None, (entry.strip() for entry in _PARTS.findall(text))):
        name, equals, value = part.partition("=")
        name, value = name.strip(), value.strip()
        if not (name and equals and value):
            raise InvalidOption(part, "OPTION=VALUE pairs joined by commas")
        if name in found:
            raise InvalidOption(part, f"{name} once")
        found[name] = value
    return found


def v4_options(text: str) -> dict[str, str]:
    """What ports are told by DHCP. Raises ``InvalidOption``."""
    return _read(text, _V4)


def v6_options(text: str) -> dict[str, str]:
    """What ports are told by DHCPv6. Raises ``InvalidOption``."""
    return _read(text, _V6)


def advertisements(text: str) -> dict[str, str]:
    """What a router announces of itself. Raises ``InvalidOption``."""
    found = _read(text, _ADVERTISED)
    longest = int(found.get("max_interval", "600"))
    if int(found.get("min_interval", "3")) > longest * 3 // 4:
        allowed = f"3 to {longest * 3 // 4}, three quarters of max_interval"
        raise InvalidOption(f"min_interval={found['min_interval']}", allowed)
    return found


def _read(text: str, known: Mapping[str, Sort]) -> dict[str, str]:
    found = parse_options(text)
    for name, value in found.items():
        if name not in known:
            raise InvalidOption(f"{name}={value}", f"the options {', '.join(sorted(known))}")
        try:
            found[name] = known[name](value)
        except InvalidAddress as error:
            raise InvalidOption(f"{name}={value}", error.allowed) from None
    return found


def _several(value: str) -> list[str]:
    inner = value[1:-1] if value.startswith("{") and value.endswith("}") else value.replace(";", ",")
    return [part.strip() for part in inner.replace(";", ",").split(",") if part.strip()]


def _addresses(version: int) -> Sort:
    def read(value: str) -> str:
        found = [parse_address(part) for part in _several(value)]
        if not found or any(entry.version != version for entry in found):
            raise InvalidAddress(value, f"an IPv{version} address, or several in braces")
        texts = ", ".join(map(str, found))
        return texts if len(found) == 1 else f"{{{texts}}}"

    return read


def _address(version: int) -> Sort:
    def read(value: str) -> str:
        found = parse_address(value)
        if found.version != version:
            raise InvalidAddress(value, f"an IPv{version} address")
        return str(found)

    return read


def _routes(value: str) -> str:
    allowed = "destinations and routers in turn, {10.1.0.0/24,10.0.0.2, 0.0.0.0/0,10.0.0.1}"
    parts = _several(value)
    try:
        read = [
            str(parse_address(part) if place % 2 else parse_network(part)) for place, part in enumerate(parts)
        ]
    except InvalidAddress:
        raise InvalidAddress(value, allowed) from None
    if not read or len(read) % 2 or any(":" in part for part in read):
        raise InvalidAddress(value, allowed)
    return f"{{{', '.join(read)}}}"


def _number(least: int, most: int) -> Sort:
    def read(value: str) -> str:
        if not (value.isascii() and value.isdecimal()) or not least <= int(value[:12]) <= most:
            raise InvalidAddress(value, f"a number, {least} to {most}")
        return str(int(value))

    return read


def _one_of(*allowed: str) -> Sort:
    def read(value: str) -> str:
        if value not in allowed:
            raise InvalidAddress(value, " or ".join(allowed))
        return value

    return read


def _text(value: str) -> str:
    inner = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    if not _PRINTABLE.fullmatch(inner) or '"' in inner or "\\" in inner:
        raise InvalidAddress(value, "1 to 255 printable ASCII characters without quotes and backslashes")
    return quoted(inner)


def _names(value: str) -> Iterator[str]:
    inner = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    for name in _several(inner):
        if not _HOST.fullmatch(name):
            raise InvalidAddress(value, "names of domains, joined by semicolons")
        yield name


def _domains(value: str) -> str:
    return quoted(",".join(_names(value)))


def _bare_domains(value: str) -> str:
    return ",".join(_names(value))


def _host(value: str) -> str:
    try:
        return str(_address(4)(value))
    except InvalidAddress:
        return _text(value)


def _route_information(value: str) -> str:
    allowed = "HIGH, MEDIUM or LOW, a hyphen and an IPv6 network, several joined by semicolons"
    read = []
    for part in _several(value):
        preference, _, network = part.partition("-")
        try:
            found = parse_network(network)
        except InvalidAddress:
            raise InvalidAddress(value, allowed) from None
        if preference not in ("HIGH", "MEDIUM", "LOW") or found.version != 6:
            raise InvalidAddress(value, allowed)
        read.append(part)
    return ",".join(read)


_ONE_IPV4, _SOME_IPV4 = _address(4), _addresses(4)
_SWITCH, _BYTE, _SECONDS = _one_of("0", "1"), _number(0, 255), _number(0, 2**32 - 1)

_V4: Mapping[str, Sort] = {
    "server_id": _ONE_IPV4,
    "server_mac": parse_mac,
    "lease_time": _SECONDS,
    **dict.fromkeys(("router", "netmask", "broadcast_address", "next_server"), _ONE_IPV4),
    **dict.fromkeys(
        (
            *(
                "dns_server",
                "log_server",
                "lpr_server",
                "swap_server",
                "policy_filter",
                "router_solicitation",
            ),
            *("nis_server", "ntp_server", "netbios_name_server", "tftp_server_address"),
        ),
        _SOME_IPV4,
    ),
    **dict.fromkeys(("classless_static_route", "ms_classless_static_route"), _routes),
    **dict.fromkeys(("ip_forward_enable", "router_discovery", "ethernet_encap"), _SWITCH),
    **dict.fromkeys(("default_ttl", "tcp_ttl", "netbios_node_type"), _BYTE),
    **dict.fromkeys(("arp_cache_timeout", "tcp_keepalive_interval"), _BYTE),
    "mtu": _number(68, 65_535),
    **dict.fromkeys(("T1", "T2"), _number(68, 2**32 - 1)),
    **dict.fromkeys(
        ("wpad", "bootfile_name", "bootfile_name_alt", "path_prefix", "hostname", "domain_name"), _text
    ),
    "tftp_server": _host,
    "domain_search_list": _domains,
}
_V6: Mapping[str, Sort] = {
    "server_id": parse_mac,
    "dns_server": _addresses(6),
    "domain_search": _domains,
    "dhcpv6_stateless": _one_of("true", "false"),
}
_ADVERTISED: Mapping[str, Sort] = {
    "address_mode": _one_of("slaac", "dhcpv6_stateful", "dhcpv6_stateless"),
    "router_preference": _one_of("HIGH", "MEDIUM", "LOW"),
    "route_info": _route_information,
    "mtu": _number(1_280, 65_535),
    "send_periodic": _one_of("true", "false"),
    "max_interval": _number(4, 1_800),
    "min_interval": _number(3, 1_350),
    "rdnss": _address(6),
    "dnssl": _bare_domains,
}
