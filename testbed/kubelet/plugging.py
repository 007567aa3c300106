"""How the kubelet asks its daemon: over a socket, as it would ask a CNI plugin."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import msgspec
import orjson

from controller.kubernetes import reason_of
from controller.kubernetes.http import Place, Pool
from testbed.pods.sandbox import Identity, Sandbox

PATIENCE_S = 600.0
"""Longer than a daemon waits for an address and for flows, so that it is the one to say what is missing."""

AT_ONCE = 100_000
"""Requests at once: every pod in the making has one of its own, however long it takes."""
KEPT = 100
"""Connections kept open between two requests."""


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
        place = Place(str(self._path))
        self._pool = Pool(place, {}, connections=AT_ONCE, kept=KEPT, timeout=PATIENCE_S)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

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
            answer = await self._pool.request("POST", path, orjson.dumps(request), "application/json")
        except OSError as error:
            raise NotPlugged(f"the node's network daemon does not answer: {reason_of(error)}") from error
        body = answer.body
        if answer.status == 200:
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
