"""What annotations may not say, on whatever object they stand: text that nobody could read as what they are for.

Some are written by the controller alone. Whoever writes them by hand is told at once what is no MTU and no network: a
daemon would refuse the pod for it, and the pod would only wait.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from controller.admission.cause import Cause, invalid
from controller.admission.labels import is_label, is_name
from controller.api import annotations, routes
from controller.api.addresses import InvalidAddress, parse_address, parse_network, parse_range

Read = Callable[[str], object]
"""Reads a text; raises ``InvalidAddress`` with what is allowed."""

_SEPARATORS = re.compile(r"[,;]")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,252}")
_MTUS = range(576, 65_536)
"""Bytes (RFC 791); what daemons take."""


def _each(read: Read) -> Read:
    def several(text: str) -> None:
        for part in _SEPARATORS.split(text):
            if part.strip():
                read(part.strip())

    return several


def _fits(is_right: Callable[[str], bool], allowed: str) -> Read:
    def read(text: str) -> None:
        if not is_right(text):
            raise InvalidAddress(text, allowed)

    return read


def _is_mtu(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 6 and int(text) in _MTUS


_SWITCH = _fits(("true", "false").__contains__, '"true" or "false"')
_LABEL = _fits(is_label, "the name of a subnet or VPC: a DNS label")
_NAME = _fits(is_name, "the name of an object: DNS labels joined by dots")

READ: Mapping[str, Read] = {
    annotations.ALLOCATED: _SWITCH,
    annotations.PORT_SECURITY: _SWITCH,
    annotations.CIDR: _each(parse_network),
    annotations.GATEWAY: _each(parse_address),
    annotations.EXCLUDE_IPS: _each(parse_range),
    annotations.LOGICAL_SWITCH: _each(_LABEL),
    annotations.LOGICAL_ROUTER: _LABEL,
    annotations.MTU: _fits(_is_mtu, f"{_MTUS.start} to {_MTUS.stop - 1} bytes"),
    annotations.PORT_NAME: _NAME,
    annotations.CHASSIS: _fits(
        lambda text: _WORD.fullmatch(text) is not None, 'letters, digits, "-", "_" and "."'
    ),
    annotations.ROUTES: routes.parse,
    annotations.AAPS: _each(_NAME),
    annotations.VPC: _LABEL,
    annotations.IP_FAMILY: _fits(annotations.FAMILIES.__contains__, " or ".join(annotations.FAMILIES)),
    annotations.IP_FAMILY: _fits(annotations.FAMILIES.__contains__, " or ".join(annotations.FAMILIES)),
}
"""Annotations without rules of their own, and how each is read."""


def readable(path: str, after: Mapping[str, str], before: Mapping[str, str] | None = None) -> Iterator[Cause]:
    """What speaks against annotations that stand at ``path``: all of them, or those that differ from ``before``."""
    for name in sorted(after.keys() & READ.keys()):
        text = after[name]
        if not text or (before is not None and before.get(name) == text):
            continue
        try:
            READ[name](text)
        except InvalidAddress as error:
            yield invalid(f"{path}[{name}]", error.found, error.allowed)
