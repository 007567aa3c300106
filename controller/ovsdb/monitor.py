"""Rows kept current by a monitor: the three forms of update that servers send, reduced to one list of changes.

`monitor_cond_since` and `monitor_cond` send differences (ovsdb-server(7), 4.1.12 to 4.1.15), the plain `monitor` of
RFC 7047 whole rows. Callers see neither: a change is the row before and the row after.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from controller.ovsdb.errors import ProtocolError
from controller.ovsdb.operations import Clause, conditions
from controller.ovsdb.row import Row
from controller.ovsdb.schema import Column, DatabaseSchema
from controller.ovsdb.values import UUID

_T = TypeVar("_T")
_ABSENT = msgspec.Raw(b"")


class Change(msgspec.Struct, frozen=True, gc=False):
    """One row before (`old`, None if it was inserted) and after (`new`, None if it was deleted)."""

    table: str
    uuid: UUID
    old: Row | None
    new: Row | None


class Batch(msgspec.Struct, frozen=True):
    """What one message of the server changed; `received_ns` is CLOCK_MONOTONIC when its last byte was read."""

    received_ns: int
    changes: list[Change]


class _Whole(msgspec.Struct):
    old: msgspec.Raw = _ABSENT
    new: msgspec.Raw = _ABSENT


class _Difference(msgspec.Struct):
    initial: msgspec.Raw = _ABSENT
    insert: msgspec.Raw = _ABSENT
    modify: msgspec.Raw = _ABSENT
    delete: msgspec.Raw = _ABSENT


_WHOLE = msgspec.json.Decoder(dict[str, dict[str, _Whole]])
_DIFFERENCE = msgspec.json.Decoder(dict[str, dict[str, _Difference]])


class Monitored:
    """The rows of the monitored tables: `tables[table][uuid]`. `where`: of these tables only rows that fit any clause.

    A server that knows no conditions, as none since OVS 2.6, tells of all rows.
    """

    def __init__(
        self,
        schema: DatabaseSchema,
        columns: Mapping[str, Sequence[str]],
        where: Mapping[str, Sequence[Clause]] | None = None,
    ) -> None:
        self._where = {
            table: conditions(schema.table(table), clauses) for table, clauses in (where or {}).items()
        }
        self._columns: dict[str, dict[str, Column]] = {}
        for name, wanted in columns.items():
            table = schema.table(name)
            names = wanted or [column for column in table.columns if not column.startswith("_")]
            self._columns[name] = {column: table.column(column) for column in names}
        self.tables: dict[str, dict[UUID, Row]] = {name: {} for name in columns}

    def requests(self) -> dict[str, list[dict[str, list[Any]]]]:
        """The tables, columns and conditions as monitors with conditions ask for them."""
        return {
            table: [request | ({"where": self._where[table]} if table in self._where else {})]
            for table, (request,) in self.plain_requests().items()
        }

    def plain_requests(self) -> dict[str, list[dict[str, list[Any]]]]:
        """The tables and columns as every form of monitor asks for them."""
        return {table: [{"columns": list(columns)}] for table, columns in self._columns.items()}

    def apply(self, updates: msgspec.Raw) -> list[Change]:
        """Apply <table-updates2>; raises ProtocolError if it does not fit what is known."""
        changes: list[Change] = []
        for table, rows in _decode(_DIFFERENCE, updates).items():
            columns, known = self._table(table)
            for identity, update in rows.items():
                uuid = UUID(identity)
                old = known.get(uuid)
                new: Row | None
                if raw := bytes(update.insert) or bytes(update.initial):
                    new = Row(columns, raw)
                elif bytes(update.modify):
                    if old is None:
                        raise ProtocolError(f"{table} {uuid}: modified, but never inserted")
                    new = old.modified(update.modify)
                else:
                    new = None
                self._keep(changes, table, known, uuid, old, new)
        return changes

    def apply_whole(self, updates: msgspec.Raw) -> list[Change]:
        """Apply <table-updates> of RFC 7047; raises ProtocolError if it does not fit what is known."""
        changes: list[Change] = []
        for table, rows in _decode(_WHOLE, updates).items():
            columns, known = self._table(table)
            for identity, update in rows.items():
                uuid = UUID(identity)
                raw = bytes(update.new)
                self._keep(changes, table, known, uuid, known.get(uuid), Row(columns, raw) if raw else None)
        return changes

    def _table(self, name: str) -> tuple[dict[str, Column], dict[UUID, Row]]:
        try:
            return self._columns[name], self.tables[name]
        except KeyError:
            raise ProtocolError(f"an update of table {name!r}, which is not monitored") from None

    @staticmethod
    def _keep(
        changes: list[Change],
        table: str,
        known: dict[UUID, Row],
        uuid: UUID,
        old: Row | None,
        new: Row | None,
    ) -> None:
        if new is None:
            known.pop(uuid, None)
        else:
            known[uuid] = new
        changes.append(Change(table, uuid, old, new))


def _decode(decoder: "msgspec.json.Decoder[_T]", updates: msgspec.Raw) -> _T:
    try:
        return decoder.decode(updates)
    except msgspec.DecodeError as error:
        raise ProtocolError(f"not table updates: {error}") from error
