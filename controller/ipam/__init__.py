"""Which addresses are free: pools of a subnet's addresses, and MACs. Pure: no object, no database, no clock."""

from controller.ipam.errors import AddressTaken, Exhausted, InvalidAddress, IpamError, MacTaken, OutOfSubnet
from controller.ipam.mac import MacRegistry, random_mac
from controller.ipam.pool import Pool

__all__ = [
    "AddressTaken",
    "Exhausted",
    "InvalidAddress",
    "IpamError",
    "MacRegistry",
    "MacTaken",
    "OutOfSubnet",
    "Pool",
    "random_mac",
]
