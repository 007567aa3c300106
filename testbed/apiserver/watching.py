"""Watches: each a filter on the stream of events with a bounded queue of lines that all watchers share.

A watcher that does not read is cut off when what waits for it reaches the bound; it can come back from the last
revision that it saw.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import orjson

from testbed.apiserver.kinds import Kind
from testbed.apiserver.revision import ADDED, DELETED, Entry, Event, line
from testbed.apiserver.selectors import Selector
from testbed.apiserver.status import ApiError, expired
from testbed.apiserver.store import Store

QUEUE_LIMIT = 64 * 2**20
"""Bytes that may wait for one watcher."""
BOOKMARK_SECONDS = 60.0
"""How often a watcher that asked for bookmarks learns the present revision while nothing happens to its objects."""


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """What a client asked to watch. ``revision`` 0 means: begin with what is there now."""

    kind: Kind
    namespace: str | None
    selector: Selector
    revision: int
    bookmarks: bool
    initial_events: bool
    timeout_seconds: float | None
    show: Callable[[bytes], bytes] | None = None
    """How an object is shown, if not as it is."""


class Watch:
    """One client's watch; a context manager that is registered with the store while it is open.

    ``cut_off`` is called, once, when more than ``queue_limit`` bytes wait: whoever sends the chunks then hangs on a
    client that does not read, so only breaking the connection ends it.
    """

    def __init__(
        self,
        store: Store,
        request: WatchRequest,
        cut_off: Callable[[], None],
        queue_limit: int = QUEUE_LIMIT,
    ) -> None:
        self._store = store
        self._request = request
        self._audience = store.audiences[request.kind.key]
        self._cut_off = cut_off
        self._queue_limit = queue_limit
        self._lines: list[bytes] = []
        self._size = 0
        self._is_over = False
        self._more = asyncio.Event()

    def __enter__(self) -> Watch:
        self._store.flush()
        self._first = self._beginning()
        self._audience.join(self._offer, self._request.selector.route)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._audience.leave(self._offer, self._request.selector.route)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Lines joined, as many as there are at the time. Ends at the request's timeout."""
        if self._first:
            yield self._first
            self._first = b""
        if self._is_over:
            return
        loop = asyncio.get_running_loop()
        seconds = self._request.timeout_seconds
        end = None if seconds is None else loop.time() + seconds
        bookmark = loop.time() + BOOKMARK_SECONDS if self._request.bookmarks else None
        while True:
            if not self._lines:
                wake = min((moment for moment in (end, bookmark) if moment is not None), default=None)
                try:
                    async with asyncio.timeout_at(wake):
                        await self._more.wait()
                except TimeoutError:
                    if end is not None and loop.time() >= end:
                        return
                    bookmark = loop.time() + BOOKMARK_SECONDS
                    yield self._bookmark(initial=False)
                    continue
            lines, self._lines, self._size = self._lines, [], 0
            self._more.clear()
            yield lines[0] if len(lines) == 1 else b"".join(lines)
            if end is not None and loop.time() >= end:
                return

    def _offer(self, event: Event) -> None:
        found = self._line(event)
        if found is None or self._is_over:
            return
        self._size += len(found)
        if self._size > self._queue_limit:
            self._is_over = True
            self._lines.clear()
            self._cut_off()
        else:
            self._lines.append(found)
            self._more.set()

    def _line(self, event: Event) -> bytes | None:
        """The event as a line: the one that all share, unless this watcher sees it in a way of its own."""
        seen = self._seen(event)
        if seen is None:
            return None
        type_, body = seen
        if self._request.show is not None:
            return line(type_, self._request.show(body), event.entry.accepted_ns)
        if type_ == event.type and body is event.entry.body:
            return event.line()
        return line(type_, body, event.entry.accepted_ns)

    def _seen(self, event: Event) -> tuple[str, bytes] | None:
        """The event as this watcher must see it: an object that leaves its selection is DELETED to it."""
        request, entry, old = self._request, event.entry, event.old
        if request.namespace is not None and entry.namespace != request.namespace:
            return None
        selector = request.selector
        if selector.is_everything:
            return event.type, entry.body
        is_in = selector.matches(entry.labels, entry.fields)
        was_in = old is not None and selector.matches(old.labels, old.fields)
        if event.type == DELETED:
            return (DELETED, entry.body) if was_in or is_in else None
        if is_in:
            return event.type if was_in or old is None else ADDED, entry.body
        if was_in and old is not None:
            return DELETED, _at_revision(old, event.revision)
        return None

    def _beginning(self) -> bytes:
        request, store = self._request, self._store
        if request.revision and not request.initial_events:
            if request.revision < store.floor or request.revision > store.revision:
                self._is_over = True
                return error_line(_gone(request.revision, store))
            lines = [
                found for event in store.since(request.kind, request.revision) if (found := self._line(event))
            ]
            return b"".join(lines)
        show = request.show or _as_it_is
        lines = [
            line(ADDED, show(entry.body), entry.accepted_ns)
            for entry in selected(store, request.kind, request.namespace, request.selector)
        ]
        if request.initial_events and request.bookmarks:
            lines.append(self._bookmark(initial=True))
        return b"".join(lines)

    def _bookmark(self, *, initial: bool) -> bytes:
        kind = self._request.kind
        meta: dict[str, Any] = {"resourceVersion": str(self._store.revision)}
        if initial:
            meta["annotations"] = {"k8s.io/initial-events-end": "true"}
        document = {"kind": kind.name, "apiVersion": kind.api_version, "metadata": meta}
        return b'{"type":"BOOKMARK","object":%b}\n' % orjson.dumps(document)


def selected(store: Store, kind: Kind, namespace: str | None, selector: Selector) -> list[Entry]:
    """The objects of a collection that a selector means, in the order of their names."""
    collection = store.collections[kind.key]
    place = selector.namespace if selector.namespace is not None and namespace is None else namespace
    if not kind.namespaced:
        place = ""
    if selector.name is not None and place is not None:
        entry = collection.get(place, selector.name)
        return [entry] if entry and selector.matches(entry.labels, entry.fields) else []
    entries = collection.entries(place)
    if selector.is_everything:
        return list(entries)
    return [entry for entry in entries if selector.matches(entry.labels, entry.fields)]


def error_line(error: ApiError) -> bytes:
    """A refusal within a stream that has begun."""
    return b'{"type":"ERROR","object":%b}\n' % error.body()


def _gone(revision: int, store: Store) -> ApiError:
    return expired(f"too old resource version: {revision} (allowed {store.floor} to {store.revision})")


def _as_it_is(body: bytes) -> bytes:
    return body


def _at_revision(entry: Entry, revision: int) -> bytes:
    document = entry.document()
    document["metadata"]["resourceVersion"] = str(revision)
    return orjson.dumps(document)
