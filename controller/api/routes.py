"""The annotation ``routes``: which routes a pod wants of its own."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from controller.api.addresses import InvalidAddress, network_around, parse_address

ALLOWED = 'routes as JSON, such as [{"dst": "192.168.0.0/24", "gw": "10.16.0.254"}]; without dst everything is meant'


@dataclass(frozen=True)
class PodRoute:
    """What is sent to ``destination`` goes to ``gateway``."""

    destination: str
    gateway: str


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    gw: str
    dst: str = ""


def parse(text: str) -> tuple[PodRoute, ...]:
    """The routes, destinations without host bits; of two to one destination the later. Raises ``InvalidAddress``."""
    try:
        entries = msgspec.json.decode(text or "[]", type=list[_Entry])
    except (msgspec.MsgspecError, UnicodeEncodeError):
        raise InvalidAddress(text, ALLOWED) from None
    return tuple({route.destination: route for route in map(_route, entries)}.values())


def _route(entry: _Entry) -> PodRoute:
    gateway = parse_address(entry.gw)
    if not entry.dst:
        return PodRoute("::/0" if gateway.version == 6 else "0.0.0.0/0", str(gateway))
    destination = network_around(entry.dst)
    if destination.version != gateway.version:
        raise InvalidAddress(entry.gw, f"an address of the family of {entry.dst}")
    return PodRoute(str(destination), str(gateway))
