"""MAC addresses of pods, each given out once.

They are locally administered: 0a, then 40 random bits. Kube-OVN's older ones begin with 00:00:00, which is a
manufacturer's range (so a pod on a VLAN could meet real hardware of the same address) and leaves 24 random bits, of
which two independently drawn sets of 10,000 share some with a probability of 0.997; here it is below 0.0001. The fixed
first byte makes them easy to tell in a capture.
"""

import random

from controller.api.addresses import parse_mac
from controller.ipam.errors import strictly

FIRST_BYTE = "0a"


def random_mac(rng: random.Random) -> str:
    """A random locally administered unicast MAC address."""
    return ":".join((FIRST_BYTE, *(f"{byte:02x}" for byte in rng.randbytes(5))))


class MacRegistry:
    """Who has which MAC address, whatever the case of its letters."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._owners)

    def allocate(self, rng: random.Random, owner: str) -> str:
        """Give `owner` a MAC address that nobody has."""
        while True:
            mac = random_mac(rng)
            if mac not in self._owners:
                self._owners[mac] = owner
                return mac

    def take(self, mac: str, owner: str) -> bool:
        """Give `owner` this MAC address; False if another has it. Raises InvalidAddress."""
        return self._owners.setdefault(strictly(parse_mac, mac), owner) == owner

    def release(self, mac: str) -> bool:
        """Nobody has this MAC address any more; False if nobody had. Raises InvalidAddress."""
        return self._owners.pop(strictly(parse_mac, mac), None) is not None

    def owner(self, mac: str) -> str | None:
        """Who has it. Raises InvalidAddress."""
        return self._owners.get(strictly(parse_mac, mac))
