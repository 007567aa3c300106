"""A small API server of the tests' own: a collection with revisions that can be cut off, compacted and restarted."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
import uvloop
from aiohttp import web

from controller.kubernetes import Access, Client

Json = dict[str, Any]


class SmallServer:
    """Pods alone. ``history`` are the events that a watch can still be served with."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.pods: dict[str, Json] = {}
        self.history: list[tuple[int, Json]] = []
        self.oldest = 0
        self.requests: list[tuple[str, str, bytes, str]] = []
        self.refuse: list[web.Response] = []
        self.page = 1_000
        self._revision = itertools.count(1)
        self.revision = 0
        self._watches: set[asyncio.Event] = set()
        self._streams: set[asyncio.Transport] = set()
        self._descriptors: set[int] = set()
        self.watching = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.UnixSite(self._runner, str(self.socket)).start()

    async def stop(self) -> None:
        self.cut()
        assert self._runner
        await self._runner.cleanup()

    def cut(self) -> None:
        """Breaks every watch's connection."""
        self.watching.clear()
        for stream in self._streams:
            stream.abort()
        self._streams.clear()

    def shut_connections(self) -> None:
        """Closes every connection at once, before any client can notice."""
        for number in self._descriptors:
            with socket.socket(fileno=os.dup(number)) as connection:
                connection.shutdown(socket.SHUT_RDWR)

    def forget_history(self) -> None:
        """Every revision up to now is too old to be watched from."""
        self.oldest = self.revision
        self.history.clear()

    def put(self, name: str, *, silent: bool = False, **spec: Any) -> Json:
        """Creates or changes a pod; a silent change is one that no watch is told of."""
        before = self.pods.get(name)
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": "default",
                "uid": before["metadata"]["uid"] if before else f"uid-{self.revision + 1}",
            },
            "spec": spec,
        }
        self._store("MODIFIED" if before else "ADDED", pod, silent)
        self.pods[name] = pod
        return pod

    def remove(self, name: str, *, silent: bool = False) -> None:
        self._store("DELETED", dict(self.pods.pop(name)), silent)

    def _store(self, change: str, pod: Json, silent: bool) -> None:
        self.revision = next(self._revision)
        pod["metadata"] = pod["metadata"] | {"resourceVersion": str(self.revision)}
        if not silent:
            event = {"type": change, "object": pod, "acceptedMonotonicNs": self.revision * 1_000}
            self.history.append((self.revision, event))
        for wake in self._watches:
            wake.set()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        assert request.transport
        self._descriptors.add(request.transport.get_extra_info("socket").fileno())
        body = await request.read()
        self.requests.append((request.method, request.path_qs, body, request.content_type))
        if self.refuse:
            return self.refuse.pop(0)
        if "watch" in request.query:
            return await self._watch(request)
        if request.method == "GET" and request.path.endswith("/pods"):
            return self._list(request)
        pod = orjson.loads(body) if request.method == "POST" else self.pods["a"]
        return web.Response(body=orjson.dumps(pod), headers={"X-Accepted-Monotonic-Ns": "42"})

    def _list(self, request: web.Request) -> web.Response:
        start = int(request.query.get("continue", "0"))
        names = sorted(self.pods)
        items = [self.pods[name] for name in names[start : start + self.page]]
        more = str(start + self.page) if start + self.page < len(names) else ""
        metadata = {"resourceVersion": str(self.revision), "continue": more}
        return web.Response(body=orjson.dumps({"metadata": metadata, "items": items}))

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        seen = int(request.query["resourceVersion"])
        response = web.StreamResponse()
        await response.prepare(request)
        assert isinstance(request.transport, asyncio.Transport)
        if seen < self.oldest:
            await response.write(orjson.dumps({"type": "ERROR", "object": status(410, "Expired")}) + b"\n")
            return response
        self._streams.add(request.transport)
        wake = asyncio.Event()
        self._watches.add(wake)
        self.watching.set()
        try:
            while True:
                for revision, event in [entry for entry in self.history if entry[0] > seen]:
                    await response.write(orjson.dumps(event) + b"\n")
                    seen = revision
                await wake.wait()
                wake.clear()
        finally:
            self._watches.discard(wake)


def status(code: int, reason: str, causes: tuple[Json, ...] = ()) -> Json:
    """A Kubernetes Status that refuses."""
    return {
        "kind": "Status",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": f"because of {reason}",
        "details": {"causes": list(causes)},
    }


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """What concerns connections holds on both loops: commands use the one, processes the other."""
    both = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    return both if item.path.name == "test_http.py" else {"asyncio": asyncio.new_event_loop}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SmallServer]:
    small = SmallServer(tmp_path / "api.sock")
    await small.start()
    yield small
    await small.stop()


@pytest.fixture
async def client(server: SmallServer) -> AsyncIterator[Client]:
    async with Client(Access(f"unix:{server.socket}")) as found:
        yield found
