"""Which alternatives of a long list may still be free, so that nobody counts through thousands that are taken.

An alternative that was met taken leaves the list, and comes back when one of its addresses becomes free. So a workload
of 10,000 pods and as many addresses costs 10,000 looks and not 50 million.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from controller.api.choices import Addresses, Choices


class Shortlist:
    """The alternatives that nobody is known to have; ``len()`` is how many there may be."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._next = 0
        self._back: deque[int] = deque()

    def __len__(self) -> int:
        return len(self._choices) - self._next + len(self._back)

    def candidates(self) -> Iterator[Addresses]:
        """One after the other, in the order of the list and then those that came back; each leaves the list."""
        while self._next < len(self._choices):
            self._next += 1
            yield self._choices[self._next - 1]
        while self._back:
            yield self._choices[self._back.popleft()]

    def freed(self, address: str) -> None:
        """An address became free, perhaps one of these."""
        index = self._choices.index_of(address)
        if index is not None and index < self._next:
            self._back.append(index)
