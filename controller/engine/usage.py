"""How addresses are used and by whom, as the allocator tells it and reconcilers say it on objects."""

from __future__ import annotations

import msgspec


class Usage(msgspec.Struct, frozen=True, gc=False):
    """How many addresses of a subnet or a pool are free and taken, by family.

    ``is_exhausted``: whoever asks for any gets none; what is left has another family, or is an ``IPPool``'s.
    """

    v4_available: int = 0
    v4_used: int = 0
    v6_available: int = 0
    v6_used: int = 0
    is_exhausted: bool = False


class PoolUsage(Usage, frozen=True, gc=False):
    """The usage of an ``IPPool``, with the addresses themselves: ranges FIRST-LAST joined by commas."""

    v4_available_ranges: str = ""
    v4_used_ranges: str = ""
    v6_available_ranges: str = ""
    v6_used_ranges: str = ""


class Users(msgspec.Struct, frozen=True, gc=False):
    """Who uses something: how many, and the names of the first few."""

    count: int
    names: tuple[str, ...]
