"""An API server's store and rules of writing without its process, and a client of it whose writes are steps.

Everything that the controller asks of the API is here what it is there: uid preconditions, conflicts, graceful
deletion, revisions, watches that come late or break. Only HTTP is left out, and admission: what it would refuse is the
controller's own to refuse.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import orjson

from controller.api.kinds import Kind
from controller.api.meta import Resource
from controller.kubernetes import Access, ApiError, Client, Unreachable, wire
from controller.kubernetes.errors import error_of
from controller.kubernetes.wire import Listing, WatchEvent
from testbed.apiserver import requests
from testbed.apiserver.admission import nothing_to_object
from testbed.apiserver.journal import Journal
from testbed.apiserver.kinds import Registry
from testbed.apiserver.patches import media
from testbed.apiserver.status import ApiError as Refusal
from testbed.apiserver.store import Store
from testbed.apiserver.writing import DeleteOptions, Outcome, Writer
from tests.system.lives.steps import Steps

T = TypeVar("T", bound=Resource)
HISTORY = 100_000


class Api:
    """The objects, and what happens to those who watch them."""

    def __init__(self, registry: Registry) -> None:
        self._journal = Journal(Path(":memory:"), HISTORY)
        self._store = Store(registry, self._journal, on_lost=lambda error: None)
        self._writer = Writer(self._store, nothing_to_object)
        self._news = asyncio.Condition()
        self._store.observers.append(lambda event: self._tell())
        self._late: set[str] = set()
        self._breaks: dict[str, int] = {}
        self._telling: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """Forgets everything."""
        self._journal.close()

    def all(self, kind: Kind[T]) -> Iterator[T]:
        """Every object of a kind as it is now."""
        for entry in self._store.collections[kind.name].entries():
            yield wire.decode(kind, entry.body)

    def find(self, kind: Kind[T], name: str, namespace: str = "") -> T | None:
        """An object as it is now."""
        entry = self._store.collections[kind.name].get(namespace, name)
        return wire.decode(kind, entry.body) if entry is not None else None

    def create(self, kind: Kind[T], document: dict[str, Any], namespace: str = "") -> Outcome:
        """A new object."""
        return self._writer.create(self._kind(kind), namespace, document)

    def patch(
        self, kind: Kind[T], name: str, patch: dict[str, Any], namespace: str = "", subresource: str = ""
    ) -> Outcome:
        """A merge patch."""
        return self._writer.patch(self._kind(kind), namespace, name, patch, subresource)

    def delete(
        self, kind: Kind[T], name: str, namespace: str = "", uid: str | None = None, grace: int | None = None
    ) -> Outcome:
        """The end of an object, or its announcement."""
        options = DeleteOptions(grace_seconds=grace, uid=uid)
        return self._writer.delete(self._kind(kind), namespace, name, options)

    def answer(self, method: str, path: str, document: dict[str, Any], content_type: str) -> Outcome:
        """What a request for one object is answered."""
        target = requests.target(self._store.registry, path)
        kind, namespace, name = target.kind, target.namespace or "", target.name
        if method == "POST":
            return self._writer.create(kind, namespace, document)
        if method == "DELETE":
            uid = document.get("preconditions", {}).get("uid")
            options = DeleteOptions(grace_seconds=document.get("gracePeriodSeconds"), uid=uid)
            return self._writer.delete(kind, namespace, name, options)
        before = self._writer.existing(kind, namespace, name)
        if method == "GET":
            return Outcome(before.body, None)
        after = media.patched(self._store.registry, kind, before.document(), content_type, document)
        return self._writer.replace(kind, namespace, name, after, target.subresource)

    def list(self, kind: Kind[T]) -> Listing[T]:
        """A collection and its revision."""
        self._store.flush()
        return Listing(list(self.all(kind)), str(self._store.revision))

    def hold(self, kind: Kind[Any]) -> None:
        """Those who watch the kind hear nothing for now."""
        self._late.add(kind.name)

    def deliver(self) -> None:
        """All hear what they have not heard yet."""
        self._late.clear()
        self._tell()

    def forget(self, kind: Kind[Any]) -> None:
        """Those who watch the kind have to list it anew."""
        self._breaks[kind.name] = self._breaks.get(kind.name, 0) + 1
        self._tell()

    async def watch(self, kind: Kind[T], revision: int) -> AsyncIterator[WatchEvent[T]]:
        """What happens after a revision."""
        breaks = self._breaks.get(kind.name, 0)
        while True:
            if self._breaks.get(kind.name, 0) != breaks:
                raise ApiError(410, "Expired", "too old")
            events = [] if kind.name in self._late else self._store.since(self._kind(kind), revision)
            for event in events:
                revision = event.revision
                yield wire.decode_line(kind, event.line(), 0)
            if not events:
                async with self._news:
                    await self._news.wait()

    def _tell(self) -> None:
        async def tell() -> None:
            async with self._news:
                self._news.notify_all()

        task = asyncio.get_running_loop().create_task(tell())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    def _kind(self, kind: Kind[Any]) -> Any:
        return self._store.registry.named(kind.name)


class Session(Client):
    """What one life of a controller has for a client: the client itself, up to what it would send."""

    def __init__(self, api: Api, steps: Steps) -> None:
        super().__init__(Access("http://in.process"))
        self._api = api
        self._steps = steps

    async def pages(self, kind: Kind[T], **_: Any) -> AsyncIterator[Listing[T]]:
        """A collection, of one page."""
        yield self._api.list(kind)

    async def watch_from(
        self, kind: Kind[T], resource_version: str, **_: Any
    ) -> AsyncIterator[WatchEvent[T]]:
        """What happens after a revision."""
        async for event in self._api.watch(kind, int(resource_version)):
            yield event

    async def _request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "",
    ) -> tuple[bytes, int | None]:
        async def act() -> tuple[bytes, int | None]:
            try:
                outcome = self._api.answer(method, path, orjson.loads(body or b"{}"), content_type)
            except Refusal as refusal:
                raise error_of(refusal.code, refusal.body()) from None
            return outcome.body, outcome.accepted_ns

        if method == "GET":
            return await act()
        return await self._steps.make(f"{method} {path} {body!r}", act, _unreachable)


async def _unreachable() -> Exception:
    return Unreachable("cut off")
