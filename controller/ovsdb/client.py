"""One connection to one database: its schema, transactions and monitors.

What callers build on: an update that a transaction of ours caused has been handed to the monitor's callback before
`transact` returns. The server sends it before the reply, and messages are handled strictly in order.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
import orjson

from controller.ovsdb.connection import Connection
from controller.ovsdb.errors import (
    ConnectionFailed,
    ConnectionLost,
    ProtocolError,
    RpcError,
    TransactionError,
)
from controller.ovsdb.monitor import Batch, Change, Monitored
from controller.ovsdb.operations import Clause, Operation, Result, Select, encode
from controller.ovsdb.row import Row
from controller.ovsdb.schema import DatabaseSchema
from controller.ovsdb.values import UUID

OnBatch = Callable[[Batch], None]
_T = TypeVar("_T")
_NEVER = "00000000-0000-0000-0000-000000000000"


class _Outcome(msgspec.Struct):
    uuid: tuple[str, str] | None = None
    count: int | None = None
    rows: list[msgspec.Raw] | None = None
    error: str | None = None
    details: str = ""


_OUTCOMES = msgspec.json.Decoder(list[_Outcome | None])
_SINCE = msgspec.json.Decoder(tuple[bool, str, msgspec.Raw])
_UPDATE = msgspec.json.Decoder(tuple[int, msgspec.Raw])
_UPDATE3 = msgspec.json.Decoder(tuple[int, str, msgspec.Raw])


class Client:
    """A connection to one database of an OVSDB server; made by `connect`."""

    schema: DatabaseSchema

    def __init__(self, endpoint: str, database: str) -> None:
        self.endpoint = endpoint
        self.database = database
        self._connection: Connection
        self._monitors: dict[int, tuple[Monitored, OnBatch]] = {}

    @classmethod
    async def connect(
        cls, endpoint: str, database: str, *, timeout: float = 10, probe: float = 30
    ) -> "Client":
        """Connect to "unix:/path" or "tcp:host:port" and learn the schema of `database`.

        `timeout` (seconds) covers both. After `probe` seconds of silence the server is asked for a sign of life,
        after as many more the connection is given up; 0 never asks. Raises ConnectionFailed.
        """
        self = cls(endpoint, database)
        self._connection = await Connection.open(endpoint, self._notified, timeout=timeout, probe=probe)
        try:
            async with asyncio.timeout(timeout):
                schema = await self._connection.call("get_schema", [database])
            self.schema = DatabaseSchema.parse(schema)
        except TimeoutError:
            raise ConnectionFailed(endpoint, f"connected, but no schema within {timeout:g} s") from None
        except (RpcError, ConnectionLost) as error:
            raise ConnectionFailed(endpoint, f"no schema of database {database!r}: {error}") from error
        finally:
            if not hasattr(self, "schema"):
                self._connection.close()
        return self

    @property
    def closed(self) -> "asyncio.Future[ConnectionLost]":
        """Resolves, when the connection ends for whatever reason, to the error that says why."""
        return self._connection.closed

    async def close(self) -> None:
        """End the connection; calls in flight fail with ConnectionLost."""
        self._connection.close()

    async def transact(self, operations: Sequence[Operation]) -> list[Result]:
        """Commit the operations as one transaction; one result each, in order.

        Raises InvalidOperation (nothing was sent), TransactionError (nothing was changed), RpcError (the server does
        not serve the request as a whole) or ConnectionLost (it may or may not have been committed).
        """
        # Each operation becomes bytes at once: thousands of nested containers held together wake the garbage collector.
        wire = [orjson.Fragment(orjson.dumps(operation)) for operation in encode(self.schema, operations)]
        reply = await self._connection.call("transact", [self.database, *wire])
        try:
            outcomes = _OUTCOMES.decode(reply)
        except msgspec.DecodeError as error:
            raise self._broken(f"not the results of a transaction: {error}") from error
        for index, outcome in enumerate(outcomes):
            if outcome is not None and outcome.error is not None:
                blamed = index if index < len(operations) else None
                raise TransactionError(blamed, outcome.error, outcome.details)
        if len(outcomes) < len(operations):
            raise self._broken(f"{len(outcomes)} results for {len(operations)} operations")
        return [self._result(*pair) for pair in zip(operations, outcomes, strict=False)]

    async def flushed(self) -> None:
        """Waits until the server can read all that was sent: only then is it at work while we are at other things."""
        await self._connection.flushed()

    async def monitor(
        self,
        columns: Mapping[str, Sequence[str]],
        on_batch: OnBatch,
        where: Mapping[str, Sequence[Clause]] | None = None,
    ) -> None:
        """Follow these columns of these tables (an empty sequence: all columns of the table).

        `where`: of these tables only the rows that fit any of the clauses (see `Monitored`).

        `on_batch` is called with the content, before this returns, and then with every update, in order, in the
        event loop's thread. An exception in it ends the connection: what it feeds would no longer be true.
        Raises InvalidOperation for what the schema does not have.
        """
        await self.keep(Monitored(self.schema, columns, where), on_batch)

    async def keep(self, monitored: Monitored, on_batch: OnBatch) -> None:
        """Keep `monitored` current; `on_batch` hears of each batch once it is applied. As `monitor` otherwise."""
        number = len(self._monitors) + 1
        self._monitors[number] = (monitored, on_batch)
        requests = monitored.requests()

        def since(result: msgspec.Raw, received_ns: int) -> None:
            _, _, updates = _shape(_SINCE, result)
            on_batch(Batch(received_ns, monitored.apply(updates)))

        def differences(result: msgspec.Raw, received_ns: int) -> None:
            on_batch(Batch(received_ns, monitored.apply(result)))

        def whole(result: msgspec.Raw, received_ns: int) -> None:
            on_batch(Batch(received_ns, monitored.apply_whole(result)))

        params = [self.database, number, requests]
        try:
            await self._connection.call("monitor_cond_since", [*params, _NEVER], since)
        except RpcError:
            try:
                await self._connection.call("monitor_cond", params, differences)
            except RpcError:
                plain = [self.database, number, monitored.plain_requests()]
                await self._connection.call("monitor", plain, whole)

    def _notified(self, method: str, params: msgspec.Raw, received_ns: int) -> None:
        changes: list[Change]
        if method == "update3":
            number, _, updates = _shape(_UPDATE3, params)
            monitored, on_batch = self._monitor(number)
            changes = monitored.apply(updates)
        elif method in ("update2", "update"):
            number, updates = _shape(_UPDATE, params)
            monitored, on_batch = self._monitor(number)
            changes = monitored.apply(updates) if method == "update2" else monitored.apply_whole(updates)
        elif method == "monitor_canceled":
            raise ProtocolError("the server cancelled a monitor: the database is gone or has another schema")
        else:
            return
        on_batch(Batch(received_ns, changes))

    def _monitor(self, number: int) -> tuple[Monitored, OnBatch]:
        try:
            return self._monitors[number]
        except KeyError:
            raise ProtocolError(f"an update of monitor {number}, which does not exist") from None

    def _result(self, operation: Operation, outcome: _Outcome | None) -> Result:
        if outcome is None:
            raise self._broken("no result for an operation of a transaction without an error")
        rows: tuple[Row, ...] = ()
        if isinstance(operation, Select):
            table = self.schema.table(operation.table)
            columns = {name: table.column(name) for name in operation.columns}
            rows = tuple(Row(columns, bytes(row)) for row in outcome.rows or ())
        return Result(UUID(outcome.uuid[1]) if outcome.uuid else None, outcome.count, rows)

    def _broken(self, what: str) -> ProtocolError:
        error = ProtocolError(f"{self.endpoint}: {what}")
        self._connection.close(error)
        return error


def _shape(decoder: "msgspec.json.Decoder[_T]", raw: msgspec.Raw) -> _T:
    try:
        return decoder.decode(raw)
    except msgspec.DecodeError as error:
        raise ProtocolError(f"not an update: {error}") from error
