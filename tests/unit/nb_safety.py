"""Whether rows of NB can be read by OVN as they were meant, whatever the objects are that they were made of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from controller.api.addresses import parse_address, parse_mac, parse_network
from controller.api.dhcp import advertisements, v4_options, v6_options
from controller.api.expression_tokens import identifier, tokens
from controller.api.expressions import check
from controller.northbound.delta import Insert
from controller.northbound.rows import NAMED, Member, Row, RowKey

OWN_MATCH = re.compile(
    r"ip|(\()?ip([46])\.(src|dst) == (\$[A-Za-z_.][A-Za-z0-9_.]*|[0-9a-f:.]+(/[0-9]+)?)"
    r"( && ip\2\.(src|dst) == [0-9a-f:.]+/[0-9]+)?(?(1)\) \|\| \(ip\2.*\))"
)
"""The shapes of the matches that the controller makes itself."""

NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
PLAIN = re.compile(r"[ -~]*")


def check_row(table: str, name: str, columns: dict[str, Any], stated: Iterable[str]) -> None:
    """Raises whatever error where a column holds what OVN would take for something else.

    ``stated`` are the matches that people wrote: they are in force as they stand, or not at all.
    """
    if table in NAMED:
        assert name.isprintable()
    for value in _texts(columns):
        assert "\0" not in value
        assert value.isprintable(), value
    match table:
        case "ACL":
            _match(columns["match"], stated)
            assert columns["direction"] in ("from-lport", "to-lport")
            assert columns["action"] in ("allow-related", "allow-stateless", "allow", "drop", "reject")
        case "Logical_Router_Policy":
            _match(columns["match"], stated)
            assert columns["action"] in ("allow", "drop", "reroute")
            _addresses(columns["nexthops"])
        case "Logical_Router_Static_Route":
            _address_or_network(columns["ip_prefix"])
            parse_address(columns["nexthop"])
        case "NAT":
            parse_address(columns["external_ip"])
            _address_or_network(columns["logical_ip"])
            if columns.get("external_mac"):
                parse_mac(columns["external_mac"])
        case "Load_Balancer":
            for outer, inner in columns.get("vips", {}).items():
                for end in (outer, *filter(None, inner.split(","))):
                    _end(end)
        case "DHCP_Options":
            parse_network(columns["cidr"])
            read = v6_options if ":" in columns["cidr"] else v4_options
            assert (
                read(",".join(f"{key}={value}" for key, value in columns["options"].items()))
                == columns["options"]
            )
        case "Logical_Router_Port":
            parse_mac(columns["mac"])
            for text in columns["networks"]:
                address, _, prefix = text.partition("/")
                parse_address(address)
                assert prefix.isdecimal()
            advertised = columns.get("ipv6_ra_configs", {})
            assert (
                advertisements(",".join(f"{key}={value}" for key, value in advertised.items())) == advertised
            )
        case "Logical_Switch_Port":
            for text in (*columns.get("addresses", ()), *columns.get("port_security", ())):
                _port_addresses(text)
            for value in (columns.get("options") or {}).values():
                assert "," not in value or columns.get("type") == "virtual"
        case "Address_Set":
            identifier(name)
        case "Gateway_Chassis":
            assert NAME.fullmatch(columns["chassis_name"])


def check_members(members: Iterable[Member]) -> None:
    """What is put into shared sets: addresses, networks or rows."""
    for member in members:
        if member.place.table == "Address_Set" and not isinstance(member.value, RowKey):
            _address_or_network(member.value)


def check_rows(rows: Iterable[Row], stated: Iterable[str] = ()) -> None:
    """Each of some rows."""
    for row in rows:
        check_row(row.key.table, row.key.name, row.columns, stated)


def check_changes(changes: Iterable[Any], stated: Iterable[str] = ()) -> None:
    """Each row that is to be inserted."""
    for change in changes:
        if isinstance(change, Insert):
            check_row(change.key.table, change.key.name, change.columns, stated)


def _match(match: str, stated: Iterable[str]) -> None:
    check(match)
    if match not in stated:
        assert OWN_MATCH.fullmatch(match), match
        assert {word.sort for word in tokens(match)} <= {"name", "==", "number", "set", "&&", "||", "(", ")"}


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, RowKey):
        yield value.name
    elif isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in ("external_ids", "match"):
                yield from _texts(key)
                yield from _texts(inner)
    elif isinstance(value, frozenset | tuple | list | set):
        for inner in value:
            yield from _texts(inner)


def _addresses(texts: Iterable[str]) -> None:
    for text in texts:
        parse_address(text)


def _address_or_network(text: str) -> None:
    parse_network(text) if "/" in text else parse_address(text)


def _end(text: str) -> None:
    found = re.fullmatch(r"\[([0-9a-f:.]+)\]:([0-9]{1,5})|([0-9.]+):([0-9]{1,5})", text)
    assert found, text
    parse_address(found.group(1) or found.group(3))
    assert 0 < int(found.group(2) or found.group(4)) < 65_536


def _port_addresses(text: str) -> None:
    if text in ("router", "unknown"):
        return
    mac, *addresses = text.split(" ")
    parse_mac(mac)
    assert addresses
    for address in addresses:
        _address_or_network(address)
