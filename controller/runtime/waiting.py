"""Who got no address, and what each waits for, so that one that becomes free wakes one and not all of thousands."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from controller.api.choices import Choices


class Source(NamedTuple):
    """Where any address would do: the ``IPPool`` objects named, the rest of a subnet, or the choices of a workload.

    ``versions``: the versions of IP that are asked for, where these are not all of the subnet's.
    """

    subnet: str
    divisions: tuple[str, ...] = ()
    choices: Choices | None = None
    versions: tuple[int, ...] = ()


class Waiting:
    """Owners in the order in which they came: for room in a source, or for a change of something by name."""

    def __init__(self) -> None:
        self._queues: dict[Source | str, dict[str, None]] = {}
        self._place: dict[str, Source | str] = {}

    def __contains__(self, owner: str) -> bool:
        return owner in self._place

    def put(self, owner: str, what: Source | str) -> None:
        """The owner waits for that, and for nothing else any more."""
        if self._place.get(owner) != what:
            self.remove(owner)
            self._place[owner] = what
            self._queues.setdefault(what, {})[owner] = None

    def remove(self, owner: str) -> None:
        """The owner waits no more."""
        what = self._place.pop(owner, None)
        if what is None:
            return
        queue = self._queues[what]
        del queue[owner]
        if not queue:
            del self._queues[what]

    def everyone(self) -> list[str]:
        """All owners; they wait no more."""
        owners = list(self._place)
        self._queues.clear()
        self._place.clear()
        return owners

    def sources(self) -> Iterator[Source]:
        """Every source that somebody waits for."""
        yield from [what for what in self._queues if isinstance(what, Source)]

    def take(self, what: Source | str, most: int | None = None) -> list[str]:
        """Those who wait for that, the first ``most`` of them; they wait no more."""
        owners = list(islice(self._queues.get(what, ()), most))
        for owner in owners:
            self.remove(owner)
        return owners
