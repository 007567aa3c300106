"""The addresses of one network: which are free, and who may have the next.

Excluded addresses are never given out at random, but may be asked for by name: that is how Kube-OVN's users keep a
range for fixed addresses.
"""

import random
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from controller.api.addresses import Address, Network, parse_address, parse_network, parse_range
from controller.ipam.errors import Exhausted, OutOfSubnet, strictly
from controller.ipam.freelist import FreeList


class Pool:
    """The host addresses of `cidr`, IPv4 or IPv6, of any size.

    `exclude` holds addresses and ranges "FIRST..LAST", in any order, overlapping or not. The network address, and the
    broadcast address of IPv4, belong to nobody. Raises InvalidAddress for text that is none, OutOfSubnet for an
    exclusion that is not within the network.
    """

    def __init__(self, cidr: str, exclude: Sequence[str] = ()) -> None:
        self._network = strictly(parse_network, cidr)
        self.cidr = cidr
        self._hosts = _hosts(self._network)
        gaps = sorted(self._excluded(text) for text in exclude)
        self._starts, self._ends = _complement(self._hosts, gaps)
        sizes = [end - start + 1 for start, end in zip(self._starts, self._ends, strict=True)]
        self._before = [0, *accumulate(sizes)]
        self._list = FreeList(self._before[-1])
        self._taken_excluded: set[int] = set()

    @property
    def version(self) -> int:
        """4 or 6."""
        return self._network.version

    @property
    def available(self) -> int:
        """How many addresses can still be given out at random."""
        return self._list.free

    @property
    def used(self) -> int:
        """How many addresses somebody has, excluded ones among them."""
        return self._list.size - self._list.free + len(self._taken_excluded)

    def allocate(self, rng: random.Random) -> str:
        """Give out a free address, each with the same chance; raises Exhausted."""
        if not self._list.free:
            raise Exhausted(self.cidr)
        number = self._list.draw(rng)
        piece = bisect_right(self._before, number) - 1
        return str(Address(self.version, self._starts[piece] + number - self._before[piece]))

    def take(self, address: str) -> bool:
        """Give out this address, even an excluded one; False if somebody has it.

        Raises InvalidAddress, OutOfSubnet.
        """
        value = self._host(address)
        number = self._number(value)
        if number is not None:
            return self._list.take(number)
        if value in self._taken_excluded:
            return False
        self._taken_excluded.add(value)
        return True

    def release(self, address: str) -> bool:
        """Nobody has this address any more; False if nobody had. Raises InvalidAddress, OutOfSubnet."""
        value = self._host(address)
        number = self._number(value)
        if number is not None:
            return self._list.release(number)
        if value not in self._taken_excluded:
            return False
        self._taken_excluded.remove(value)
        return True

    def contains(self, address: str) -> bool:
        """Whether the address is within the network; raises InvalidAddress."""
        return self._network.holds(strictly(parse_address, address))

    def _host(self, text: str) -> int:
        address = strictly(parse_address, text)
        first, last = self._hosts
        if address.version != self.version or not first <= address.value <= last:
            raise OutOfSubnet(text, self.cidr)
        return address.value

    def _number(self, value: int) -> int | None:
        """The place of an address among those that can be given out at random, None if it is excluded."""
        piece = bisect_right(self._starts, value) - 1
        if piece < 0 or value > self._ends[piece]:
            return None
        return self._before[piece] + value - self._starts[piece]

    def _excluded(self, text: str) -> tuple[int, int]:
        version, first, last = strictly(parse_range, text)
        if version != self.version or first < self._network.first or last > self._network.last:
            raise OutOfSubnet(text, self.cidr)
        return first, last


def _hosts(network: Network) -> tuple[int, int]:
    """First and last host; point-to-point networks have nothing but hosts (RFC 3021, RFC 6164)."""
    if network.last - network.first < 2:
        return network.first, network.last
    return network.first + 1, network.last - (network.version == 4)


def _complement(hosts: tuple[int, int], gaps: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Where the pieces of `hosts` outside the gaps (in order, perhaps overlapping) start and end."""
    starts: list[int] = []
    ends: list[int] = []
    start, last = hosts
    for first, end in [*gaps, (last + 1, last + 1)]:
        if first > start:
            starts.append(start)
            ends.append(min(first - 1, last))
        start = max(start, end + 1)
    return starts, ends
