"""Which of N things are free, with a uniformly random choice among them in constant time.

A shuffle that is never finished (Fisher and Yates): the free ones stand first, and whoever is taken changes places with
the last free one. Finding the next free bit instead gives some addresses ten times the chance of others, and an
address that was just released would soon be somebody else's.
"""

import random
from array import array
from collections.abc import Iterator, MutableSequence

DENSE_LIMIT = 1 << 20
"""Up to this many, two arrays (8 MB at most); beyond, only what has changed places is stored."""


class _Identity(dict[int, int]):
    """An endless array in which every element is its own index until it is set to another."""

    def __missing__(self, key: int) -> int:
        return key

    def __setitem__(self, key: int, value: int) -> None:
        if key == value:
            self.pop(key, None)
        else:
            super().__setitem__(key, value)


class FreeList:
    """The numbers 0 to `size` - 1, all free at first; `len()` is how many are free now."""

    __slots__ = ("_at", "_free", "_place", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self._free = size
        self._at: MutableSequence[int] | _Identity
        self._place: MutableSequence[int] | _Identity
        if size <= DENSE_LIMIT:
            code = "H" if size <= 1 << 16 else "I"
            self._at = array(code, range(size))
            self._place = array(code, range(size))
        else:
            self._at = _Identity()
            self._place = _Identity()

    @property
    def free(self) -> int:
        """How many are free."""
        return self._free

    def is_free(self, number: int) -> bool:
        """Whether nobody has `number`."""
        return self._place[number] < self._free

    def taken(self) -> Iterator[int]:
        """Those that somebody has, in no order."""
        return (self._at[place] for place in range(self._free, self.size))

    def draw(self, rng: random.Random) -> int:
        """Take a free one, each with the same chance; raises IndexError if none is left."""
        if not self._free:
            raise IndexError("nothing is free")
        number = self._at[rng.randrange(self._free)]
        self._swap(number, self._free - 1)
        self._free -= 1
        return number

    def take(self, number: int) -> bool:
        """Take this one; False if it is not free."""
        if not self.is_free(number):
            return False
        self._swap(number, self._free - 1)
        self._free -= 1
        return True

    def release(self, number: int) -> bool:
        """Make this one free again; False if it was."""
        if self.is_free(number):
            return False
        self._swap(number, self._free)
        self._free += 1
        return True

    def _swap(self, number: int, place: int) -> None:
        at, places = self._at, self._place
        other, before = at[place], places[number]
        at[before] = other
        places[other] = before
        at[place] = number
        places[number] = place
