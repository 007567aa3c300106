"""The annotation ``ip_pool``: what the pods of one workload may choose their addresses from.

It holds addresses, as Kube-OVN writes them: ``10.16.0.15,10.16.0.16``, or for two families pairs between semicolons,
``10.16.0.15,fd00::15;10.16.0.16,fd00::16``. Here each may be a range FIRST..LAST as well. Anything that has no address
in it names objects of the kind ``IPPool``, joined by a comma.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from controller.api.addresses import Address, InvalidAddress, Range, parse_address, parse_range, version_of

Addresses = tuple[str, ...]
"""What one pod gets: an address, or one of each family."""

_ALLOWED = (
    "addresses or ranges FIRST..LAST joined by commas, pairs of an IPv4 and an IPv6 one joined by semicolons, "
    "or the names of IPPools"
)
_OF_ADDRESSES = re.compile(r"[0-9./]*|.*:.*|.*\.\..*")


@dataclass(frozen=True)
class Choices:
    """Alternatives in the order in which they were written.

    Each member is a range, or an IPv4 and an IPv6 one of the same length that are taken side by side.
    """

    members: tuple[tuple[Range, ...], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "_before", (0, *accumulate(map(_size, self.members))))

    def __len__(self) -> int:
        return self._before[-1]  # type: ignore[attr-defined,no-any-return]

    def __getitem__(self, index: int) -> Addresses:
        if not 0 <= index < len(self):
            raise IndexError(index)
        before: tuple[int, ...] = self._before  # type: ignore[attr-defined]
        place = bisect_right(before, index) - 1
        return tuple(
            str(Address(part.version, part.first + index - before[place])) for part in self.members[place]
        )

    def __iter__(self) -> Iterator[Addresses]:
        return (self[index] for index in range(len(self)))

    def index_of(self, address: str) -> int | None:
        """The place of the alternative that has the address among its own; None if none has."""
        found = parse_address(address)
        for before, member in zip(self._before, self.members, strict=False):  # type: ignore[attr-defined]
            for part in member:
                if part.holds(found):
                    return before + found.value - part.first  # type: ignore[no-any-return]
        return None

    def offers(self, addresses: Addresses) -> bool:
        """Whether these addresses are one of the alternatives, or contain one and more of another family."""
        values = {address.version: address.value for address in map(parse_address, addresses)}
        for member in self.members:
            if any(part.version not in values for part in member):
                continue
            if len({values[part.version] - part.first for part in member}) > 1:
                continue
            if 0 <= values[member[0].version] - member[0].first < _size(member):
                return True
        return False


def parse(text: str) -> Choices | tuple[str, ...]:
    """The alternatives, or the names of ``IPPool`` objects. Raises ``InvalidAddress``."""
    texts = [entry.strip() for entry in text.split(";" if ";" in text else ",")]
    if ";" not in text and not any(_OF_ADDRESSES.fullmatch(entry) for entry in texts):
        return tuple(dict.fromkeys(texts))
    if ";" not in text and len(texts) == 2 and version_of(texts[0]) != version_of(texts[1]):
        texts = [text]
    members = [_member(text, entry) for entry in texts]
    seen = [part for member in members for part in member]
    for number, part in enumerate(seen):
        if any(_overlap(part, other) for other in seen[:number]):
            first = Address(part.version, part.first)
            raise InvalidAddress(text, f"each address once: {first} or one after it stands there twice")
    return Choices(tuple(members))


def _member(whole: str, text: str) -> tuple[Range, ...]:
    try:
        parts = sorted(parse_range(part.strip()) for part in text.split(","))
    except InvalidAddress:
        raise InvalidAddress(whole, _ALLOWED) from None
    if len({part.version for part in parts}) < len(parts):
        raise InvalidAddress(whole, "at most one address or range of each family between two semicolons")
    if len({part.last - part.first for part in parts}) > 1:
        raise InvalidAddress(whole, "as many IPv6 as IPv4 addresses in a pair of ranges")
    return tuple(parts)


def _size(member: tuple[Range, ...]) -> int:
    return member[0].last - member[0].first + 1


def _overlap(one: Range, other: Range) -> bool:
    return one.version == other.version and one.first <= other.last and other.first <= one.last
