"""Values by key, where nearly every key has one value and a few have thousands.

A set for each of 300,000 keys would take 65 MB for nothing, so a value that is alone is kept as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Hashable)


class Multimap(Generic[K, V]):
    """The values of a key, each once, in the order in which they came; None is no value."""

    def __init__(self) -> None:
        self._single: dict[K, V] = {}
        self._several: dict[K, dict[V, None]] = {}

    def add(self, key: K, value: V) -> None:
        """The key has that value too."""
        if (several := self._several.get(key)) is not None:
            several[value] = None
        elif (first := self._single.setdefault(key, value)) != value:
            self._several[key] = {first: None, value: None}
            del self._single[key]

    def discard(self, key: K, value: V) -> None:
        """The key has that value no more, if it had."""
        if (several := self._several.get(key)) is not None:
            several.pop(value, None)
            if len(several) == 1:
                (self._single[key],) = self._several.pop(key)
        elif self._single.get(key) == value:
            del self._single[key]

    def of(self, key: K) -> Collection[V]:
        """The values of a key; not to be held on to."""
        if (value := self._single.get(key)) is not None:
            return (value,)
        return self._several.get(key, ())

    def first(self, key: K) -> V | None:
        """The value that the key has longest."""
        if (value := self._single.get(key)) is not None:
            return value
        return next(iter(self._several.get(key, ())), None)

    def clear(self) -> None:
        """No key has any value."""
        self._single.clear()
        self._several.clear()

    def __contains__(self, key: object) -> bool:
        return key in self._single or key in self._several

    def __iter__(self) -> Iterator[K]:
        yield from self._single
        yield from self._several
