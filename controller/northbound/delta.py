"""The one diff: what must change in NB so that the rows of an owner are those that were asked for, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from controller.northbound.replica import Held, Replica
from controller.northbound.rows import (
    KEY,
    NAMED,
    OWNER,
    PARENT,
    REFERRING,
    UNTAGGED,
    VENDOR,
    VENDOR_NAME,
    Member,
    Place,
    Row,
    RowKey,
)
from controller.ovsdb import UUID


class Insert(msgspec.Struct, frozen=True, gc=False):
    """A row that is not there yet."""

    key: RowKey
    columns: dict[str, Any]
    place: Place | None


class Update(msgspec.Struct, frozen=True, gc=False):
    """A row of which ``columns`` differ."""

    key: RowKey
    uuid: UUID
    columns: dict[str, Any]


class Remove(msgspec.Struct, frozen=True, gc=False):
    """A row that nobody asks for. One that hangs in a set goes by being taken out of it."""

    key: RowKey
    uuid: UUID
    place: Place | None


class Move(msgspec.Struct, frozen=True, gc=False):
    """A row that hangs in the wrong set."""

    key: RowKey
    uuid: UUID
    origin: Place
    place: Place


class Join(msgspec.Struct, frozen=True, gc=False):
    """What a shared set lacks."""

    member: Member


class Leave(msgspec.Struct, frozen=True, gc=False):
    """What nobody wants in a shared set; ``value`` is as NB has it."""

    place: Place
    value: str | UUID


Change = Insert | Update | Remove | Move | Join | Leave


class Delta(msgspec.Struct, frozen=True, gc=False):
    """The changes of one owner. They stand or fall together."""

    owner: str
    changes: tuple[Change, ...]

    def missing(self, replica: Replica, inserted: set[RowKey]) -> Iterator[RowKey]:
        """The rows that must exist before this can be written and do not, nor are among ``inserted``."""
        for change in self.changes:
            for needed in _needed(change):
                if needed not in inserted and replica.uuid(needed) is None:
                    yield needed


def differ(owner: str, wanted: Iterable[Row], replica: Replica) -> list[Change]:
    """What changes the owner's rows in ``replica`` into ``wanted``.

    A row of that name that belongs to nobody known (somebody else's) is not adopted: the insert is left to fail in NB,
    which names the clash. Of several rows of one name (tables whose names NB does not index) all but one go.
    """
    changes: list[Change] = []
    kept: set[UUID] = set()
    for row in wanted:
        tags = _tags(owner, row)
        held = replica.own(row.key)
        if held is None:
            columns = row.columns | ({"external_ids": tags} if tags else {})
            if row.key.table in NAMED:
                columns["name"] = row.key.name
            changes.append(Insert(row.key, columns, row.place))
            continue
        kept.add(held.uuid)
        differing = _differing(row, tags, held, replica)
        if held.place != row.place and held.place is not None and row.place is not None:
            changes.append(Move(row.key, held.uuid, held.place, row.place))
        if differing:
            changes.append(Update(row.key, held.uuid, differing))
    changes.extend(
        Remove(held.key, held.uuid, held.place) for held in replica.of_owner(owner) if held.uuid not in kept
    )
    return changes


def _tags(owner: str, row: Row) -> dict[str, str]:
    """What marks the row as the owner's, with its labels; nothing where the table has no place for it."""
    if row.key.table in UNTAGGED:
        return {}
    tags = {VENDOR: VENDOR_NAME, OWNER: owner, **row.labels}
    if row.key.table not in NAMED:
        tags[KEY] = row.key.name
    if row.place is not None:
        tags[PARENT] = str(row.place)
    return tags


def _differing(row: Row, tags: dict[str, str], held: Held, replica: Replica) -> dict[str, Any]:
    present = held.row.unpack()
    columns = {name: value for name, value in row.columns.items() if present.get(name) != value}
    for name in REFERRING.get(row.key.table, ()):
        if columns.get(name) is not None and replica.refers(present.get(name), columns[name]):
            del columns[name]
    labels: Any = present.get("external_ids", {})
    if not tags.items() <= labels.items():
        columns["external_ids"] = labels | tags
    return columns


def _needed(change: Change) -> Iterator[RowKey]:
    """The rows that a change hangs in or refers to."""
    match change:
        case Insert(key=key, place=place, columns=columns):
            if place is not None:
                yield place.key
            yield from _references(key.table, columns)
        case Update(key=key, columns=columns):
            yield from _references(key.table, columns)
        case Move(place=place):
            yield place.key
        case Join(member=member):
            yield member.place.key
            if isinstance(member.value, RowKey):
                yield member.value


def _references(table: str, columns: dict[str, Any]) -> Iterator[RowKey]:
    for name in REFERRING.get(table, ()):
        value = columns.get(name)
        if value is not None:
            yield from (value,) if isinstance(value, RowKey) else value
