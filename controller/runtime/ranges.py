"""The free and taken addresses of one subnet, in one or two families, and of the ``IPPool`` objects that divide it.

An address that is in an ``IPPool`` is given out at random from there alone. Whoever asks for it by name may have it, as
Kube-OVN has it.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from operator import itemgetter

from controller.api.addresses import Address, Range, parse_address, version_of
from controller.api.choices import Addresses, Choices
from controller.api.kubeovn import IP, Subnet
from controller.api.pools import serving
from controller.api.reservations import IPPool
from controller.engine.addressing import Addressing, Family
from controller.engine.usage import PoolUsage, Usage
from controller.ipam import AddressTaken, Exhausted, InvalidAddress, IpamError, OutOfSubnet, Pool
from controller.runtime.shortlist import Shortlist

MOST_TOLD = 256
"""Taken addresses of a pool that its status lists; beyond, a status of kilobytes would be written with every pod."""

MOST_LISTS = 64
"""Lists of alternatives that are remembered; one that is forgotten is only looked through anew."""


class Ranges:
    """The pools of a subnet, made from its ranges, its ``IPPool`` objects and the records of what was given away."""

    def __init__(self, subnet: Subnet, divisions: Iterable[IPPool], records: Iterable[IP]) -> None:
        addressing = Addressing.of(subnet)
        parts = serving(subnet, divisions)
        self._families = tuple(_Family(subnet, family, parts) for family in addressing.families)
        self._cidr = addressing.cidr
        self._gateways = frozenset(addressing.gateway.split(","))
        self._doubles: Counter[str] = Counter()
        self._shortlists: dict[Choices, Shortlist] = {}
        for record in records:
            self.take(record)

    def draw(
        self, fixed: Addresses, divisions: Sequence[str], rng: random.Random, versions: Sequence[int] = ()
    ) -> Addresses:
        """Takes an address of each family: the ``fixed`` one, or any of the ``IPPool`` objects named, or of the rest.

        Where ``versions`` of IP are given, of these families alone.
        Raises an ``IpamError`` that says what is the matter; nothing is taken then.
        """
        wanted = self._by_family(fixed)
        families = self._of_versions(versions)
        if not wanted.keys() <= {family.version for family in families}:
            raise InvalidAddress(",".join(fixed), "an address of the family that is asked for")
        taken: list[str] = []
        try:
            for family in families:
                text = wanted.get(family.version)
                if text is None:
                    taken.append(family.any(divisions, rng))
                elif text in self._gateways:
                    raise AddressTaken(text, "the subnet's gateway")
                elif not family.holding(text).take(text):
                    raise AddressTaken(text, "another port")
                else:
                    taken.append(text)
        except IpamError:
            self.put_back(taken)
            raise
        return tuple(taken)

    def choose(self, choices: Choices, rng: random.Random, versions: Sequence[int] = ()) -> Addresses:
        """Takes one of the alternatives that nobody has, completed where a family is left open.

        Raises an ``IpamError``: ``Exhausted`` if all are taken.
        """
        shortlist = self._shortlist(choices)
        for fixed in shortlist.candidates():
            try:
                if self.are_free(fixed):
                    return self.draw(fixed, (), rng, versions)
            except IpamError:
                shortlist.freed(fixed[0])
                raise
        raise Exhausted(f"its pool of {len(choices)}")

    def are_for_ports(self, addresses: Addresses) -> bool:
        """Whether these are addresses of the subnet other than its gateways; raises ``OutOfSubnet``."""
        return self._gateways.isdisjoint(self._by_family(addresses).values())

    def are_free(self, fixed: Addresses) -> bool:
        """Whether nobody has any of these addresses; raises ``OutOfSubnet``."""
        wanted = self._by_family(fixed)
        return all(
            family.holding(wanted[family.version]).is_free(wanted[family.version])
            for family in self._families
            if family.version in wanted
        )

    def room(self, divisions: Sequence[str], versions: Sequence[int] = ()) -> int:
        """How often an address of each family, or of those given, can still be drawn from there."""
        families = [family for family in self._families if not versions or family.version in versions]
        return min((family.room(divisions) for family in families), default=0)

    def are_of(self, addresses: Addresses, divisions: Sequence[str]) -> bool:
        """Whether these addresses could have been drawn from the ``IPPool`` objects named."""
        wanted = self._by_family(addresses)
        return all(
            family.version in wanted and family.is_of(wanted[family.version], divisions)
            for family in self._families
        )

    def room_of(self, choices: Choices) -> int:
        """How many of the alternatives nobody may have: as many as are worth a try."""
        return len(self._shortlist(choices))

    def put_back(self, addresses: Iterable[str]) -> None:
        """Makes addresses free again; those that two records have stay taken."""
        for family, address in self._of(addresses):
            if self._doubles[address]:
                self._doubles[address] -= 1
            else:
                family.holding(address).release(address)
                for shortlist in self._shortlists.values():
                    shortlist.freed(address)

    def take(self, record: IP) -> None:
        """The record's addresses are not free."""
        for family, address in self._of(record.addresses):
            if not family.holding(address).take(address):
                self._doubles[address] += 1

    @property
    def usage(self) -> Usage:
        """How many addresses are free and taken, by family."""
        counts = {family.version: (family.available, family.used) for family in self._families}
        return Usage(*counts.get(4, (0, 0)), *counts.get(6, (0, 0)), not self.room(()))

    def usage_of(self, division: str) -> PoolUsage:
        """How many addresses of an ``IPPool`` are free and taken, and which as long as these are not too many."""
        parts = {family.version: family.divisions[division] for family in self._families}
        texts = {version: part.ranges() for version, part in parts.items() if part.used <= MOST_TOLD}
        counts = {version: (part.available, part.used) for version, part in parts.items()}
        return PoolUsage(
            *counts.get(4, (0, 0)),
            *counts.get(6, (0, 0)),
            not self.room((division,)),
            *texts.get(4, ("", "")),
            *texts.get(6, ("", "")),
        )

    @property
    def divisions(self) -> Iterable[str]:
        """The names of the ``IPPool`` objects."""
        return self._families[0].divisions

    def _of_versions(self, versions: Sequence[int]) -> list[_Family]:
        """The families of these versions, all without any; raises ``InvalidAddress`` where there is none."""
        found = [family for family in self._families if not versions or family.version in versions]
        if not found:
            asked = " and ".join(f"IPv{version}" for version in versions)
            raise InvalidAddress(asked, f"a family of {self._cidr}")
        return found

    def _shortlist(self, choices: Choices) -> Shortlist:
        found = self._shortlists.pop(choices, None)
        if found is None:
            found = Shortlist(choices)
        self._shortlists[choices] = found
        while len(self._shortlists) > MOST_LISTS:
            del self._shortlists[next(iter(self._shortlists))]  # The one that was not asked for longest.
        return found

    def _by_family(self, addresses: Addresses) -> dict[int, str]:
        """The addresses by version of IP; raises ``OutOfSubnet``, or ``InvalidAddress`` for two of one version."""
        found: dict[int, str] = {}
        for text in addresses:
            family = next((family for family in self._families if family.rest.contains(text)), None)
            if family is None:
                raise OutOfSubnet(text, self._cidr)
            if family.version in found:
                raise InvalidAddress(",".join(addresses), "one address of each family")
            found[family.version] = text
        return found

    def _of(self, addresses: Iterable[str]) -> Iterator[tuple[_Family, str]]:
        """The addresses that are the subnet's; text that is no address takes nothing from anybody."""
        for address in addresses:
            with suppress(IpamError):
                for family in self._families:
                    if family.rest.contains(address):
                        yield family, address


class _Family:
    """One network of the subnet: its ``IPPool`` objects, and the rest of it."""

    def __init__(self, subnet: Subnet, family: Family, parts: Mapping[str, Sequence[Range]]) -> None:
        self.version = family.version
        cidr = str(family.network)
        excluded = (text for text in subnet.spec.exclude_ips if version_of(text) == family.version)
        kept = [family.gateway, *excluded]
        self.divisions = {
            name: Pool(cidr, kept, only, f"{cidr}, IPPool {name}") for name, only in parts.items()
        }
        self._divided = sorted(
            (part.first, part.last, name)
            for name, only in parts.items()
            for part in only
            if part.version == family.version
        )
        divided = (Range(family.version, first, last) for first, last, _ in self._divided)
        self.rest = Pool(cidr, [*kept, *map(_text, divided)])

    def any(self, divisions: Sequence[str], rng: random.Random) -> str:
        sources = self._sources(divisions)
        source = next((pool for pool in sources if pool.available), sources[-1])
        return source.allocate(rng)

    def room(self, divisions: Sequence[str]) -> int:
        return sum(pool.available for pool in self._sources(divisions))

    def is_of(self, address: str, divisions: Sequence[str]) -> bool:
        return any(pool.offers(address) for pool in self._sources(divisions))

    def holding(self, address: str) -> Pool:
        """The pool that keeps the books of an address: found among hundreds as quickly as among two."""
        if self.divisions and not self.rest.offers(address):
            value = parse_address(address).value
            place = bisect_right(self._divided, value, key=itemgetter(0)) - 1
            if place >= 0:
                _, last, name = self._divided[place]
                if value <= last and self.divisions[name].offers(address):
                    return self.divisions[name]
        return self.rest

    @property
    def available(self) -> int:
        return self.rest.available + sum(pool.available for pool in self.divisions.values())

    @property
    def used(self) -> int:
        return self.rest.used + sum(pool.used for pool in self.divisions.values())

    def _sources(self, divisions: Sequence[str]) -> list[Pool]:
        """Where addresses are drawn from; pools that have none of this family leave it to the rest."""
        found = [self.divisions[name] for name in divisions if name in self.divisions]
        return [pool for pool in found if pool.size] or [self.rest]


def _text(part: Range) -> str:
    return f"{Address(part.version, part.first)}..{Address(part.version, part.last)}"
