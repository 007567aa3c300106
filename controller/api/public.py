"""The public addresses that a pod asks for by itself, in the annotations ``eip`` and ``snat``."""

from __future__ import annotations

from controller.api.addresses import InvalidAddress, parse_address
from controller.api.annotations import EIP, SNAT
from controller.api.core import Pod

ASKED_BY = (EIP, SNAT)
"""An address that stands for the pod both ways, and one under which it only leaves."""


def addresses(text: str) -> tuple[str, ...]:
    """The addresses of an annotation that holds one, or one of each family. Raises ``InvalidAddress``."""
    found = tuple(parse_address(part.strip()) for part in text.split(",") if part.strip())
    if len({entry.version for entry in found}) < len(found):
        raise InvalidAddress(text, "one address of each family")
    return tuple(map(str, found))


def asked(pod: Pod, annotation: str) -> tuple[str, ...]:
    """What a pod asks for by an annotation; nothing where that cannot be read, or the pod needs no network."""
    text = pod.annotations.get(annotation)
    if not text or pod.spec.host_network or pod.is_finished:
        return ()
    try:
        return addresses(text)
    except InvalidAddress:
        return ()
