"""A database as it is now, in memory, with whoever wants to hear of its changes.

Reading is a dictionary look-up: nothing is asked of the server once the content is there. Subscribers hear of each
batch after it has been applied, so what they read beside it is never older than what they are told.
"""

from collections.abc import Callable, Mapping, Sequence

from controller.ovsdb.client import Client
from controller.ovsdb.monitor import Batch, Monitored
from controller.ovsdb.row import Row
from controller.ovsdb.values import UUID


class Replica:
    """`tables[table][uuid]` is the row (a Mapping of Python values), kept current as long as the client lives."""

    def __init__(self, tables: dict[str, dict[UUID, Row]]) -> None:
        self.tables = tables
        self._subscribers: list[Callable[[Batch], None]] = []

    @classmethod
    async def follow(cls, client: Client, columns: Mapping[str, Sequence[str]]) -> "Replica":
        """A replica of these columns (an empty sequence: all of the table), with its content already there.

        Raises InvalidOperation for what the schema does not have, ConnectionLost if the server goes meanwhile.
        """
        monitored = Monitored(client.schema, columns)
        self = cls(monitored.tables)
        await client.keep(monitored, self._tell)
        return self

    def subscribe(self, callback: Callable[[Batch], None]) -> Callable[[], None]:
        """Call back with every later batch; the function that is returned ends the subscription."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def _tell(self, batch: Batch) -> None:
        for callback in tuple(self._subscribers):
            callback(batch)
