"""The addresses of one network: which are free, and who may have the next.

Excluded addresses are never given out at random, but may be asked for by name: that is how Kube-OVN's users keep a
range for fixed addresses.
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from controller.api.addresses import Address, Network, Range, parse_address, parse_network, parse_range
from controller.ipam.errors import Exhausted, OutOfSubnet, strictly
from controller.ipam.freelist import FreeList


class Pool:
    """The host addresses of `cidr`, IPv4 or IPv6, of any size.

    `exclude` holds addresses and ranges "FIRST..LAST", in any order, overlapping or not. The network address, and the
    broadcast address of IPv4, belong to nobody. With `only`, whatever is not in those ranges is excluded too: so a
    part of a network is a pool of its own. Raises InvalidAddress for text that is none, OutOfSubnet for an exclusion
    that is not within the network.
    """

    def __init__(
        self,
        cidr: str,
        exclude: Sequence[str] = (),
        only: Iterable[Range] | None = None,
        name: str = "",
    ) -> None:
        self._network = strictly(parse_network, cidr)
        self.cidr = cidr
        self.name = name or cidr
        self._hosts = _hosts(self._network)
        gaps = [self._excluded(text) for text in exclude]
        if only is not None:
            gaps += self._outside(only)
        self._starts, self._ends = _complement(self._hosts, sorted(gaps))
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
            raise Exhausted(self.name)
        return str(Address(self.version, self._value(self._list.draw(rng))))

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

    @property
    def size(self) -> int:
        """How many addresses can be given out at random, taken ones among them."""
        return self._list.size

    def offers(self, address: str) -> bool:
        """Whether the address is one of those that are given out at random, free or not; raises InvalidAddress."""
        found = strictly(parse_address, address)
        return found.version == self.version and self._number(found.value) is not None

    def is_free(self, address: str) -> bool:
        """Whether nobody has the address. Raises InvalidAddress, OutOfSubnet."""
        value = self._host(address)
        number = self._number(value)
        return value not in self._taken_excluded if number is None else self._list.is_free(number)

    def ranges(self) -> tuple[str, str]:
        """The free and the taken addresses that it offers, as Kube-OVN writes them: FIRST-LAST joined by commas."""
        used = _runs(map(self._value, sorted(self._list.taken())))
        free: list[tuple[int, int]] = []
        for first, last in zip(self._starts, self._ends, strict=True):
            within = used[bisect_left(used, (first, first)) : bisect_right(used, (last, last))]
            free += zip(*_complement((first, last), within), strict=True)
        return self._text(free), self._text(used)

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

    def _value(self, number: int) -> int:
        """The address that has this place among those that can be given out at random."""
        piece = bisect_right(self._before, number) - 1
        return self._starts[piece] + number - self._before[piece]

    def _text(self, ranges: Iterable[tuple[int, int]]) -> str:
        ends = ([str(Address(self.version, value)) for value in dict.fromkeys(pair)] for pair in ranges)
        return ",".join("-".join(pair) for pair in ends)

    def _outside(self, only: Iterable[Range]) -> Iterator[tuple[int, int]]:
        """The hosts that are in none of the ranges, as exclusions."""
        first, last = self._hosts
        inside = [
            (max(part.first, first), min(part.last, last)) for part in only if part.version == self.version
        ]
        return zip(
            *_complement(self._hosts, sorted(pair for pair in inside if pair[0] <= pair[1])), strict=True
        )

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


def _runs(values: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending values, those that follow one another as one range."""
    runs: list[tuple[int, int]] = []
    for value in values:
        if runs and runs[-1][1] == value - 1:
            runs[-1] = (runs[-1][0], value)
        else:
            runs.append((value, value))
    return runs


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
