"""What can go wrong between a client and an OVSDB server, one class an idea.

Callers treat these differently: an operation that was refused blames one owner, a lost connection blames nobody and
is tried again, a server that does not speak the protocol is a fault of the set-up.
"""


class OvsdbError(Exception):
    """Base of everything that this package raises."""


class ConnectionFailed(OvsdbError):
    """No connection could be made, or the server does not serve the database."""

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(f"{endpoint}: {reason}")
        self.endpoint = endpoint
        self.reason = reason


class ConnectionLost(OvsdbError):
    """The connection ended; what was in flight may or may not have been committed."""


class ProtocolError(ConnectionLost):
    """The server sent something that is not OVSDB; the connection is closed."""


class RpcError(OvsdbError):
    """The server answered a call with an error."""

    def __init__(self, method: str, error: str, details: str = "") -> None:
        super().__init__(f"{method}: {error}" + (f": {details}" if details else ""))
        self.method = method
        self.error = error
        self.details = details


class InvalidOperation(OvsdbError):
    """An operation contradicts the schema and was not sent.

    Attributes: `table` and `column` (empty where the table itself is unknown), `found` and `allowed` in words, and
    `index`, the position of the operation in its transaction (None outside of one).
    """

    def __init__(self, table: str, column: str, found: str, allowed: str) -> None:
        where = f"{table}.{column}" if column else table
        super().__init__(f"{where}: found {found}, allowed: {allowed}")
        self.table = table
        self.column = column
        self.found = found
        self.allowed = allowed
        self.index: int | None = None


class TransactionError(OvsdbError):
    """The server aborted a transaction.

    Attributes: `index` of the operation to blame, None if the fault was only found at commit and blames no single
    one (referential integrity, duplicate index); `error` and `details` in the server's words (RFC 7047, 4.1.3).
    """

    def __init__(self, index: int | None, error: str, details: str) -> None:
        blamed = "at commit" if index is None else f"operation {index}"
        super().__init__(f"{error} ({blamed}): {details}")
        self.index = index
        self.error = error
        self.details = details
