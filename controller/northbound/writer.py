"""The one hand that writes to NB: many owners' changes become few transactions, and a refusal hits only its owner.

References into sets go as ``mutate``, merged by set, so that one port more costs the same whether its switch has ten
ports or ten thousand.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from controller import ovsdb
from controller.northbound.delta import Change, Delta, Insert, Join, Leave, Move, Remove, Update
from controller.northbound.replica import Replica
from controller.northbound.rows import REFERRING, Place, RowKey
from controller.ovsdb import operations

CHANGES_A_TRANSACTION = 1_000
"""Bulk is cut into transactions of about this many changes: while NB takes one it serves no one else."""

Element = str | ovsdb.UUID | ovsdb.NamedUUID
"""What is in a set: text, or a row that is there or is being inserted."""

_IDENTITY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A row's UUID in what NB says: another one at every attempt, although the reason is the same."""

MOST_IN_FLIGHT = 2
"""Transactions of a bulk on their way: one that NB takes while the next is made ready."""


class Rejected(msgspec.Struct, frozen=True):
    """NB refused the owner's changes; none of them was made."""

    owner: str
    reason: str


class Deferred(msgspec.Struct, frozen=True):
    """The owner's changes wait for a row that is not there yet; none of them was made."""

    owner: str
    awaited: RowKey


@dataclass
class Written:
    """What became of a commit, by owner, and the work that it was."""

    committed: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    """Owners of whom a row that was to be changed was there no more: somebody else took it away meanwhile."""
    rejected: list[Rejected] = field(default_factory=list)
    deferred: list[Deferred] = field(default_factory=list)


@dataclass
class Tally:
    """Exact amounts of work since the start."""

    transactions: int = 0
    operations: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    rows_removed: int = 0
    members_changed: int = 0
    rejections: int = 0


class Writer:
    """Commits deltas through one client.

    Raises ``ovsdb.ConnectionLost`` when NB goes away: nothing is known then, and the caller diffs anew once it is back.
    """

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self.tally = Tally()

    async def commit(self, client: ovsdb.Client, deltas: Sequence[Delta]) -> Written:
        """Writes all that can be written; what was refused or has to wait is named in the result.

        While NB takes one transaction of a bulk the next is made ready and sent, unless it needs rows of the first.
        """
        written = Written()
        in_flight: deque[asyncio.Task[None]] = deque()
        try:
            for batch in _batches(deltas):
                while True:
                    ready, deferred = self._ready(batch)
                    if not in_flight or (not deferred and len(in_flight) < MOST_IN_FLIGHT):
                        break
                    await in_flight.popleft()
                written.deferred += deferred
                # Made here and now: while a task waits for its turn, what is ready may cease to be.
                transaction = _Transaction(self._replica, ready)
                in_flight.append(asyncio.create_task(self._send(client, transaction, ready, written)))
                await asyncio.sleep(0)  # lets it begin
                await client.flushed()
            while in_flight:
                await in_flight.popleft()
        finally:
            for task in in_flight:
                task.cancel()
            await asyncio.gather(*in_flight, return_exceptions=True)
        return written

    async def _send(
        self, client: ovsdb.Client, transaction: _Transaction, deltas: list[Delta], written: Written
    ) -> None:
        if not transaction.operations:
            written.committed.extend(delta.owner for delta in deltas)
            return
        try:
            results = await client.transact(transaction.operations)
        except (ovsdb.TransactionError, ovsdb.InvalidOperation) as error:
            await self._divide(client, deltas, transaction.blamed(error), error, written)
            return
        self._count(transaction, deltas)
        missed = transaction.missed(results)
        written.missed.extend(missed)
        written.committed.extend(delta.owner for delta in deltas if delta.owner not in missed)

    async def _divide(
        self,
        client: ovsdb.Client,
        deltas: list[Delta],
        blamed: str | None,
        error: Exception,
        written: Written,
    ) -> None:
        """Leaves the owner that NB blames out; where it blames nobody, halves the batch until one owner is left."""
        if len(deltas) == 1 or blamed is not None:
            owner = blamed if blamed is not None else deltas[0].owner
            written.rejected.append(Rejected(owner, _IDENTITY.sub("...", str(error))))
            self.tally.rejections += 1
            parts = [[delta for delta in deltas if delta.owner != owner]]
        else:
            middle = len(deltas) // 2
            parts = [deltas[:middle], deltas[middle:]]
        for part in parts:
            ready, deferred = self._ready(part)
            written.deferred += deferred
            await self._send(client, _Transaction(self._replica, ready), ready, written)

    def _ready(self, deltas: list[Delta]) -> tuple[list[Delta], list[Deferred]]:
        """Those of which all that they hang in is there, or comes with them; and who waits for what."""
        inserted = {change.key for delta in deltas for change in delta.changes if isinstance(change, Insert)}
        ready: list[Delta] = []
        deferred: list[Deferred] = []
        for delta in deltas:
            awaited = next(delta.missing(self._replica, inserted), None)
            if awaited is None:
                ready.append(delta)
            else:
                deferred.append(Deferred(delta.owner, awaited))
        if deferred and ready:
            ready, more = self._ready(ready)  # somebody may have hung in a row that now does not come
            deferred += more
        return ready, deferred

    def _count(self, transaction: _Transaction, deltas: list[Delta]) -> None:
        self.tally.transactions += 1
        self.tally.operations += len(transaction.operations)
        for delta in deltas:
            for change in delta.changes:
                if isinstance(change, Insert):
                    self.tally.rows_inserted += 1
                elif isinstance(change, Remove):
                    self.tally.rows_removed += 1
                elif isinstance(change, Join | Leave):
                    self.tally.members_changed += 1
                else:
                    self.tally.rows_updated += 1


class _Transaction:
    """The operations of some deltas, and whose each of them is."""

    def __init__(self, replica: Replica, deltas: Sequence[Delta]) -> None:
        self.operations: list[ovsdb.Operation] = []
        self._owners: list[set[str]] = []
        self._replica = replica
        self._joined: dict[Place, set[Element]] = {}
        self._left: dict[Place, set[Element]] = {}
        self._place_owners: dict[Place, set[str]] = {}
        self._places_of: dict[RowKey, set[Place]] = {}
        self._names: dict[RowKey, ovsdb.NamedUUID] = {}
        inserts: list[tuple[str, Insert, ovsdb.NamedUUID]] = []
        for delta in deltas:
            for change in delta.changes:
                if isinstance(change, Insert):
                    name = ovsdb.NamedUUID(f"row{len(inserts)}")
                    inserts.append((delta.owner, change, name))
                    self._names[change.key] = name
        for owner, insert, name in inserts:
            if insert.place is not None:
                self._join(insert.place, name, owner)
        for delta in deltas:
            for change in delta.changes:
                self._collect(delta.owner, change)
        self._mutate()
        for owner, insert, name in inserts:
            self._insert(owner, insert, name)

    def blamed(self, error: ovsdb.TransactionError | ovsdb.InvalidOperation) -> str | None:
        """The one owner whose operation NB refused; None where it names none, or one of several owners."""
        if error.index is None or error.index >= len(self._owners):
            return None
        owners = self._owners[error.index]
        return next(iter(owners)) if len(owners) == 1 else None

    def missed(self, results: Sequence[ovsdb.Result]) -> set[str]:
        """The owners of operations that found nothing to change, which NB takes for no fault.

        A row that is put into a set of a row that is gone is gone as well.
        """
        pairs = zip(self._owners, results, strict=True)
        return {owner for owners, result in pairs if result.count == 0 for owner in owners}

    def _collect(self, owner: str, change: Change) -> None:
        match change:
            case Update():
                columns = self._columns(change.key.table, change.columns)
                self._add(operations.update(change.key.table, change.uuid, columns), owner)
            case Remove(place=Place() as place):
                self._leave(place, change.uuid, owner)
            case Remove():
                self._add(operations.delete(change.key.table, change.uuid), owner)
            case Move():
                self._leave(change.origin, change.uuid, owner)
                self._join(change.place, change.uuid, owner)
            case Join(member=member):
                value = member.value
                self._join(member.place, self._uuid(value) if isinstance(value, RowKey) else value, owner)
            case Leave():
                self._leave(change.place, change.value, owner)

    def _uuid(self, key: RowKey) -> Element:
        """The row, be it there or among the inserted."""
        uuid = self._names.get(key) or self._replica.uuid(key)
        assert uuid is not None, f"{key} vanished between check and use"
        return uuid

    def _columns(self, table: str, columns: dict[str, Any]) -> dict[str, Any]:
        """The columns with references as NB wants them."""
        referring = [name for name in REFERRING.get(table, ()) if columns.get(name) is not None]
        if not referring:
            return columns
        columns = dict(columns)
        for name in referring:
            value = columns[name]
            columns[name] = (
                self._uuid(value) if isinstance(value, RowKey) else frozenset(map(self._uuid, value))
            )
        return columns

    def _join(self, place: Place, element: Element, owner: str) -> None:
        self._joined.setdefault(place, set()).add(element)
        self._places_of.setdefault(place.key, set()).add(place)
        self._place_owners.setdefault(place, set()).add(owner)

    def _leave(self, place: Place, element: Element, owner: str) -> None:
        if self._replica.uuid(place.key) is None:
            return
        self._left.setdefault(place, set()).add(element)
        self._place_owners.setdefault(place, set()).add(owner)

    def _mutate(self) -> None:
        for place, owners in self._place_owners.items():
            if place.key in self._names:
                continue
            uuid = self._replica.uuid(place.key)
            assert uuid is not None, f"{place.key} vanished between check and use"
            mutations: list[tuple[str, operations.Mutator, frozenset[Element]]] = []
            if joined := self._joined.get(place):
                mutations.append((place.column, "insert", frozenset(joined)))
            if left := self._left.get(place):
                mutations.append((place.column, "delete", frozenset(left)))
            self.operations.append(operations.mutate(place.table, uuid, mutations))
            self._owners.append(owners)

    def _insert(self, owner: str, insert: Insert, name: ovsdb.NamedUUID) -> None:
        columns = self._columns(insert.key.table, insert.columns)
        places = self._places_of.get(insert.key, ())
        if places:
            columns = columns | {place.column: frozenset(self._joined[place]) for place in places}
        self._add(operations.insert(insert.key.table, columns, name), owner)

    def _add(self, operation: ovsdb.Operation, owner: str) -> None:
        self.operations.append(operation)
        self._owners.append({owner})


def _batches(deltas: Sequence[Delta]) -> list[list[Delta]]:
    batches: list[list[Delta]] = []
    size = CHANGES_A_TRANSACTION
    for delta in deltas:
        if size + len(delta.changes) > CHANGES_A_TRANSACTION:
            batches.append([])
            size = 0
        batches[-1].append(delta)
        size += len(delta.changes)
    return batches
