"""Why an address cannot be had, one class an idea; the messages are read by the people who asked for it."""

from collections.abc import Callable
from typing import TypeVar

from controller.api import addresses

T = TypeVar("T")


class IpamError(Exception):
    """Base of everything that this package raises."""


class InvalidAddress(IpamError, addresses.InvalidAddress):
    """Text that is no address, network, range or MAC."""


class OutOfSubnet(IpamError):
    """An address that is not one of the subnet's: another network, or the network or broadcast address itself."""

    def __init__(self, address: str, cidr: str) -> None:
        super().__init__(f"address {address} is outside the subnet: allowed are the hosts of {cidr}")
        self.address = address
        self.cidr = cidr


class AddressTaken(IpamError):
    """Somebody else has the address."""

    def __init__(self, address: str, owner: str) -> None:
        super().__init__(f"address {address} is already taken by {owner}")
        self.address = address
        self.owner = owner


class Exhausted(IpamError):
    """No address is left in a network, or in that part of one which was named."""

    def __init__(self, where: str) -> None:
        super().__init__(f"no free address is left in {where}")
        self.where = where


class MacTaken(IpamError):
    """Somebody else has the MAC address."""

    def __init__(self, mac: str, owner: str) -> None:
        super().__init__(f"MAC address {mac} is already taken by {owner}")
        self.mac = mac
        self.owner = owner


def strictly(parse: Callable[[object], T], text: object) -> T:
    """What `parse` makes of the text, its refusal raised as one of this package's."""
    try:
        return parse(text)
    except addresses.InvalidAddress as error:
        raise InvalidAddress(error.found, error.allowed) from None
