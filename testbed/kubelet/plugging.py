"""How the kubelet asks its daemon: over a socket, as it would ask a CNI plugin."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import aiohttp
import msgspec
import orjson

from controller.kubernetes import reason_of
from testbed.pods.sandbox import Identity, Sandbox

PATIENCE_S = 600.0
"""Longer than a daemon waits for an address and for flows, so that it is the one to say what is missing."""


class NotPlugged(Exception):
    """The daemon refuses, fails or does not answer; the text says why."""


class Plugged(msgspec.Struct, frozen=True):
    """What a pod got."""

    ip: str
    mac: str


class _Failure(msgspec.Struct, frozen=True):
    reason: str = ""


class DaemonSocket:
    """A daemon's socket; an async context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def __aenter__(self) -> DaemonSocket:
        connector = aiohttp.UnixConnector(str(self._path), limit=0)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(total=PATIENCE_S)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def add(self, sandbox: Sandbox, kind: str) -> Plugged:
        """Plug a pod; returns once OVN has its flows.

        Raises:
            NotPlugged: it could not be plugged.
        """
        request = _names(sandbox.identity) | {
            "kind": kind,
            "interface": sandbox.interface,
            "netns_pid": sandbox.pid,
        }
        return msgspec.json.decode(await self._ask("/add", request), type=Plugged)

    async def remove(self, identity: Identity) -> None:
        """Unplug a pod.

        Raises:
            NotPlugged: the daemon could not unplug it.
        """
        await self._ask("/del", _names(identity))

    async def _ask(self, path: str, request: dict[str, object]) -> bytes:
        try:
            url = f"http://localhost{path}"
            async with self._session.post(url, data=orjson.dumps(request)) as response:
                body = await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise NotPlugged(f"the node's network daemon does not answer: {reason_of(error)}") from error
        if response.status == 200:
            return body
        try:
            reason = msgspec.json.decode(body, type=_Failure).reason
        except msgspec.MsgspecError:
            reason = body[:200].decode(errors="replace")
        raise NotPlugged(reason)


def _names(identity: Identity) -> dict[str, object]:
    return {
        "node": identity.node,
        "namespace": identity.namespace,
        "name": identity.name,
        "uid": identity.uid,
    }
