"""Sets that many owners share, and what must change in them so that they hold what somebody wants and nothing else.

Who asks for a port in a port group does not own the group. So it is counted who wants what, and the difference is made
member by member: one pod more costs the same whatever is in the set already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controller.northbound.delta import Join, Leave
from controller.northbound.replica import Replica
from controller.northbound.rows import SHARED, Member, Place, Row, RowKey, shared

Value = str | RowKey


class Sharing:
    """Who wants what in which shared set.

    Until ``complete`` is set not everyone has been heard, so nothing is taken out of a set on the ground that nobody
    is known to want it.
    """

    def __init__(self, replica: Replica) -> None:
        self.complete = False
        self._replica = replica
        self._wanted: dict[Place, dict[Value, int]] = {}

    def replace(self, before: Iterable[Member], after: Iterable[Member]) -> Iterator[Join | Leave]:
        """Somebody who wanted ``before`` wants ``after`` from now on; yields what NB lacks or has too many of them."""
        former, present = frozenset(before), frozenset(after)
        for member in present - former:
            wanted = self._wanted.setdefault(member.place, {})
            wanted[member.value] = wanted.get(member.value, 0) + 1
        for member in former - present:
            wanted = self._wanted[member.place]
            wanted[member.value] -= 1
            if not wanted[member.value]:
                del wanted[member.value]
            if not wanted:
                del self._wanted[member.place]
        for member in former | present:
            yield from self._differ(member)

    def settle(self, rows: Iterable[Row]) -> Iterator[Join | Leave]:
        """What is missing from and what is left over in the shared sets of ``rows``."""
        if not self.complete:
            return
        for row in rows:
            if row.key.table in SHARED:
                yield from self._differ_whole(shared(row.key))

    def _differ(self, member: Member) -> Iterator[Join | Leave]:
        value = self._replica.resolved(member.value)
        present = value if value in self._replica.members(member.place) else None
        is_wanted = member.value in self._wanted.get(member.place, ())
        if is_wanted and present is None:
            yield Join(member)
        elif present is not None and not is_wanted:
            yield Leave(member.place, present)

    def _differ_whole(self, place: Place) -> Iterator[Join | Leave]:
        present = self._replica.members(place)
        wanted = {self._replica.resolved(value): value for value in self._wanted.get(place, ())}
        wanted.pop(None, None)  # its own owner waits for the row
        for value in wanted.keys() - present:
            yield Join(Member(place, wanted[value]))
        for left_over in present - wanted.keys():
            if not self._replica.is_foreign(left_over):
                yield Leave(place, left_over)
