"""What NB holds of our rows, found by name and by owner, kept current by a monitor.

Everything that is diffed is diffed against this, never against what was sent: a restart, a lost answer and a foreign
hand in the database are then one and the same case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from controller import ovsdb
from controller.northbound.multimap import Multimap
from controller.northbound.rows import (
    KEY,
    MANAGED,
    NAMED,
    OWNER,
    PARENT,
    SHARED,
    UNTAGGED,
    VENDOR,
    VENDOR_NAME,
    Place,
    RowKey,
    owner_of_untagged,
)


class Held(msgspec.Struct, frozen=True, gc=False):
    """A row as NB holds it. ``owner`` is empty for rows that are not ours; ``row`` is decoded by whoever needs it.

    ``members`` is what its shared set holds.
    """

    key: RowKey
    uuid: ovsdb.UUID
    owner: str
    place: Place | None
    row: ovsdb.Row
    members: frozenset[Any] = frozenset()


class Replica:
    """The managed tables of NB (``rows.MANAGED``).

    ``observed`` is called after each update with the owners whose rows it changed, but not for what is there at first:
    who follows NB anew asks everyone. ``appeared`` is called with each name that came into use.
    """

    def __init__(self) -> None:
        self._rows: dict[ovsdb.UUID, Held] = {}
        self._names: Multimap[RowKey, ovsdb.UUID] = Multimap()
        self._owners: Multimap[str, ovsdb.UUID] = Multimap()
        self._is_loading = False
        self.observed: Callable[[set[str]], None] = lambda owners: None
        self.appeared: Callable[[RowKey], None] = lambda key: None

    async def follow(self, client: ovsdb.Client) -> None:
        """Loads the tables through ``client`` and follows them from then on; what was held before is forgotten."""
        self._rows.clear()
        self._names.clear()
        self._owners.clear()
        self._is_loading = True
        await client.monitor(MANAGED, self._apply)
        self._is_loading = False

    def uuid(self, key: RowKey) -> ovsdb.UUID | None:
        """The UUID of the row of that name, whoever owns it; None if there is none."""
        return self._names.first(key)

    def own(self, key: RowKey) -> Held | None:
        """The row of that name if it is ours."""
        for uuid in self._names.of(key):
            held = self._rows[uuid]
            if held.owner:
                return held
        return None

    def own_rows(self, table: str) -> Iterator[tuple[str, ovsdb.Row]]:
        """Each row of a table that is ours, with its name."""
        for held in self._rows.values():
            if held.owner and held.key.table == table:
                yield held.key.name, held.row

    def of_owner(self, owner: str) -> Iterator[Held]:
        """All rows that ``owner`` once asked for."""
        for uuid in self._owners.of(owner):
            yield self._rows[uuid]

    def owners(self) -> Iterator[str]:
        """Everyone who has a row."""
        yield from self._owners

    def owners_of_sets(self) -> set[str]:
        """Everyone who has a row with a set that others fill."""
        return {held.owner for held in self._rows.values() if held.owner and held.key.table in SHARED}

    def members(self, place: Place) -> frozenset[str] | frozenset[ovsdb.UUID]:
        """What is in a shared set now; nothing while its row is not there."""
        uuid = self.uuid(place.key)
        if uuid is None:
            return frozenset()
        return self._rows[uuid].members

    def is_foreign(self, value: object) -> bool:
        """Whether it is a row of somebody else's."""
        return isinstance(value, ovsdb.UUID) and value in self._rows and not self._rows[value].owner

    def resolved(self, value: str | RowKey) -> str | ovsdb.UUID | None:
        """A member as NB has it: a row by its UUID, None for one that is not there."""
        return self.uuid(value) if isinstance(value, RowKey) else value

    def refers(self, present: Any, wanted: RowKey | frozenset[RowKey]) -> bool:
        """Whether a column refers to those rows, and they are there."""
        if isinstance(wanted, RowKey):
            return present is not None and present == self.uuid(wanted)
        return bool(present == frozenset(map(self.uuid, wanted)))

    def __len__(self) -> int:
        return len(self._rows)

    def _apply(self, batch: ovsdb.Batch) -> None:
        owners: set[str] = set()
        appeared: list[RowKey] = []
        for change in batch.changes:
            old = self._rows.pop(change.uuid, None)
            if old is not None:
                self._forget(old)
                owners.add(old.owner)
            if change.new is not None:
                held = _held(change.table, change.uuid, change.new)
                self._remember(held)
                owners.add(held.owner)
                if old is None:
                    appeared.append(held.key)
        owners.discard("")
        if owners and not self._is_loading:
            self.observed(owners)
        for key in appeared:
            self.appeared(key)

    def _remember(self, held: Held) -> None:
        self._rows[held.uuid] = held
        self._names.add(held.key, held.uuid)
        if held.owner:
            self._owners.add(held.owner, held.uuid)

    def _forget(self, held: Held) -> None:
        self._names.discard(held.key, held.uuid)
        if held.owner:
            self._owners.discard(held.owner, held.uuid)


def _held(table: str, uuid: ovsdb.UUID, row: ovsdb.Row) -> Held:
    name: Any
    external_ids: Any
    members: Any = row.pick(SHARED[table])[0] if table in SHARED else frozenset()
    if table in UNTAGGED:
        (name,) = row.pick("name")
        return Held(RowKey(table, name), uuid, owner_of_untagged(name), None, row, members)
    if table in NAMED:
        name, external_ids = row.pick("name", "external_ids")
    else:
        (external_ids,) = row.pick("external_ids")
        name = external_ids.get(KEY, uuid)
    owner = external_ids.get(OWNER, "") if external_ids.get(VENDOR) == VENDOR_NAME else ""
    place = None
    if owner and PARENT in external_ids:
        try:
            place = Place.parse(external_ids[PARENT])
        except ValueError:
            owner = ""
    return Held(RowKey(table, name), uuid, owner, place, row, members)
