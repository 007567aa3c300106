"""The one OVSDB client: transactions, monitors and typed rows for NB, SB and node databases.

Python's own OVSDB library parses and diffs so slowly that it would be the bottleneck of everything this project
measures. This one speaks RFC 7047 over asyncio with compiled JSON, decodes a row only when somebody reads it, and
refuses a malformed operation before it is sent.
"""

from controller.ovsdb.client import Client
from controller.ovsdb.errors import (
    ConnectionFailed,
    ConnectionLost,
    InvalidOperation,
    OvsdbError,
    ProtocolError,
    RpcError,
    TransactionError,
)
from controller.ovsdb.monitor import Batch, Change
from controller.ovsdb.operations import Clause, Operation, Result
from controller.ovsdb.replica import Replica
from controller.ovsdb.row import Row
from controller.ovsdb.schema import Column, DatabaseSchema, TableSchema
from controller.ovsdb.unixctl import UnixctlError
from controller.ovsdb.values import UUID, Atom, NamedUUID, Value

__all__ = [
    "UUID",
    "Atom",
    "Batch",
    "Change",
    "Clause",
    "Client",
    "Column",
    "ConnectionFailed",
    "ConnectionLost",
    "DatabaseSchema",
    "InvalidOperation",
    "NamedUUID",
    "Operation",
    "OvsdbError",
    "ProtocolError",
    "Replica",
    "Result",
    "Row",
    "RpcError",
    "TableSchema",
    "TransactionError",
    "UnixctlError",
    "Value",
]
