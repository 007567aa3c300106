"""Who looked at what, in both directions: whom a change concerns, and what to forget once somebody looks elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Set

from controller.engine.subjects import Owner, Subject
from controller.northbound.multimap import Multimap


class Readings:
    """The subjects that each owner last looked at."""

    def __init__(self) -> None:
        self._subjects: dict[Owner, tuple[Subject, ...]] = {}
        self._readers: Multimap[Subject, Owner] = Multimap()

    def replace(self, owner: Owner, subjects: Set[Subject]) -> None:
        """The owner looks at these now, and at nothing else."""
        before = self._subjects.get(owner, ())
        for subject in before:
            if subject not in subjects:
                self._readers.discard(subject, owner)
        for subject in subjects:
            if subject not in before:
                self._readers.add(subject, owner)
        if subjects:
            self._subjects[owner] = tuple(subjects)
        elif before:
            del self._subjects[owner]

    def readers(self, subject: Subject) -> Collection[Owner]:
        """Who looks at a subject; not to be held on to."""
        return self._readers.of(subject)

    def __contains__(self, owner: object) -> bool:
        return owner in self._subjects

    def __iter__(self) -> Iterator[Owner]:
        yield from self._subjects
