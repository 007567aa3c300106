"""Which chassis OVN has put each router's port on that is on one chassis at a time, as SB tells.

OVN decides that alone, and needs nobody in a failover. The controller wants to know it so that traffic goes on by a
port that stays where it is while OVN moves another, and so that what it says of gateways is true.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from controller import ovsdb
from controller.kubernetes.backoff import Backoff

log = logging.getLogger(__name__)

DATABASE = "OVN_Southbound"
COLUMNS = {"Chassis": ("name",), "Port_Binding": ("logical_port", "type", "chassis")}
REDIRECT = "chassisredirect"
WHERE = {"Port_Binding": (("type", "==", REDIRECT),)}
PREFIX = "cr-"
"""How OVN calls the port that stands for a router's port on its chassis."""
SETTLED_S = 3.0
"""How long a port has to stay on a chassis before it counts as being there.

A chassis that comes back gets the port as soon as it hears one other by BFD, whose sessions start with a message a
second (RFC 5880, 6.8.3): not before all hear it should anybody send there.
"""

LEFT_S = 0.7
"""How long a port has to be away before it counts as gone.

Of a node that comes back and hears some of the others by BFD but not the port's, each thinks that it ought to have the
port; OVN lets a chassis claim a port again after 500 ms. Who was really lost is not back within a second: BFD is not.
"""

Tell = Callable[[str, str | None], None]


class Hosting:
    """Follows SB at ``endpoint``.

    ``tell`` hears of each router's port the chassis that it has settled on, empty once it is away from there, None once
    the port is no more. What is there at the first connection counts as settled.
    """

    def __init__(self, endpoint: str, tell: Tell) -> None:
        self._endpoint = endpoint
        self._tell = tell
        self._chassis: dict[str, str] = {}
        self._at: dict[str, str] = {}
        self._settled: dict[str, str] = {}
        self._due: dict[str, list[asyncio.TimerHandle]] = {}
        self._is_first = True

    async def run(self) -> None:
        """Follows for ever."""
        backoff = Backoff()
        while True:
            try:
                client = await ovsdb.Client.connect(self._endpoint, DATABASE)
                try:
                    await client.monitor(COLUMNS, self._take, WHERE)
                    backoff.succeeded()
                    self._is_first = False
                    raise await asyncio.shield(client.closed)
                finally:
                    await client.close()
            except (ovsdb.ConnectionFailed, ovsdb.ConnectionLost) as error:
                delay = backoff.failed()
                log.warning("southbound: %s; again in %.2f s", error, delay)
                await asyncio.sleep(delay)

    def _take(self, batch: ovsdb.Batch) -> None:
        bindings: list[Mapping[str, Any]] = []
        for change in batch.changes:
            if change.table == "Chassis":
                if change.new is not None:
                    self._chassis[str(change.uuid)] = str(change.new["name"])
            elif change.new is not None:
                bindings.append(change.new)
            elif change.old is not None:
                self._gone(str(change.old["logical_port"]))
        for row in bindings:
            if row["type"] == REDIRECT:
                chassis = row["chassis"]
                name = "" if chassis is None else self._chassis.get(str(chassis), "")
                self._is_at(str(row["logical_port"]), name)

    def _is_at(self, port: str, chassis: str) -> None:
        if self._at.get(port) == chassis:
            return
        self._at[port] = chassis
        self._stop(port)
        if self._is_first or port not in self._settled:
            self._say(port, chassis if self._is_first else "")
        if chassis == self._settled[port]:
            return
        later = asyncio.get_running_loop().call_later
        self._due[port] = [later(LEFT_S, self._say, port, ""), later(SETTLED_S, self._say, port, chassis)]

    def _say(self, port: str, chassis: str) -> None:
        self._settled[port] = chassis
        self._tell(port.removeprefix(PREFIX), chassis)

    def _gone(self, port: str) -> None:
        self._stop(port)
        self._settled.pop(port, None)
        if self._at.pop(port, None) is not None:
            self._tell(port.removeprefix(PREFIX), None)

    def _stop(self, port: str) -> None:
        for timer in self._due.pop(port, ()):
            timer.cancel()
