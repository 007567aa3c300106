"""What an object may not ask for that has an address of its own in a subnet, and states it or leaves it open."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from controller.admission import labels, taken, view
from controller.admission.cause import Cause, duplicate, forbidden, invalid
from controller.admission.networks import for_a_pod
from controller.admission.view import View
from controller.api.addresses import Address, InvalidAddress, parse_address, parse_mac
from controller.api.kinds import IPS, SUBNETS, Kind


@dataclass(frozen=True)
class Reservation:
    """What is asked for: the subnet and its field, the fields that state an address of one version of IP, the MAC.

    ``record`` is the IP object that it comes to, ``name`` and ``kind`` are the asking object's.
    """

    kind: Kind[Any]
    name: str
    record: str
    subnet_field: str
    subnet: str
    stated: tuple[tuple[str, str, int], ...]
    mac: str


def itself(asked: Reservation) -> Iterator[Cause]:
    """What speaks against it whatever else there is."""
    if asked.subnet:
        yield from labels.label(asked.subnet_field, asked.subnet)
    for field, text, version in asked.stated:
        if not text:
            continue
        try:
            address = parse_address(text)
        except InvalidAddress as error:
            yield invalid(field, text, error.allowed)
            continue
        if address.version != version:
            yield invalid(field, text, f"an IPv{version} address")
        elif str(address) != text:
            yield invalid(field, text, f"the same address as {address}")
    try:
        parse_mac(asked.mac) if asked.mac else None
    except InvalidAddress as error:
        yield invalid("spec.macAddress", asked.mac, error.allowed)


def beside_others(asked: Reservation, others: View) -> Iterator[Cause]:
    """An address must be one of the subnet that nobody has and nobody else asks for."""
    subnet = view.get(others, SUBNETS, asked.subnet) if asked.subnet else None
    for field, address in _readable(asked):
        outside = list(for_a_pod(field, address, subnet)) if subnet is not None else []
        yield from outside
        owner = None if outside else taken.record_of(address, asked.subnet, asked.record, others)
        if owner:
            yield duplicate(field, str(address), f"{IPS.name} {owner}")
        elif rival := _rival(field, address, asked, others):
            yield duplicate(field, str(address), f"{asked.kind.name} {rival}")


def unchanged(new: Reservation, old: Reservation) -> Iterator[Cause]:
    """An address stays what it is; where no subnet was named, the controller may say which is meant."""
    stated = zip(new.stated, old.stated, strict=True)
    for field, before, after in (
        *(((new.subnet_field, old.subnet, new.subnet),) if old.subnet else ()),
        *((field, before, after) for (field, after, _), (_, before, _) in stated),
        ("spec.macAddress", old.mac, new.mac),
    ):
        if before != after:
            yield forbidden(field, f'found "{after}", allowed "{before}": an address stays what it is')


def _readable(asked: Reservation) -> Iterator[tuple[str, Address]]:
    for field, text, version in asked.stated:
        try:
            address = parse_address(text)
        except InvalidAddress:
            continue
        if address.version == version:
            yield field, address


def _rival(field: str, address: Address, asked: Reservation, others: View) -> str | None:
    """Another object of the kind that states the same address of the same subnet, and has no record yet."""
    member = asked.subnet_field.removeprefix("spec.")
    for name in others.index(asked.kind.name, field).get(str(address), ()):
        rival = others.get(asked.kind.name, name) if name != asked.name else None
        if rival is not None and (rival.get("spec") or {}).get(member, "") == asked.subnet:
            return name
    return None
