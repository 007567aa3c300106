"""The controller's admin socket, as a scenario uses it: to ask for a full compilation and to read its counters."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp

TIMEOUT_S = 30


class ControllerAdmin:
    """HTTP over the controller's Unix socket. Raises ``aiohttp.ClientError`` when the controller does not answer."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> ControllerAdmin:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(path=str(self._socket)),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            raise_for_status=True,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def full(self) -> None:
        """Have the controller compile its next batch in full: every object, not only those that changed."""
        async with self._ready.post("http://controller/full"):
            return

    async def counters(self) -> dict[str, Any]:
        """The controller's own counters: rows and bytes written, transactions, compilations."""
        async with self._ready.get("http://controller/counters") as response:
            found: dict[str, Any] = await response.json()
            return found

    @property
    def _ready(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("ControllerAdmin is used within `async with`")
        return self._session
