"""The store: every object as the bytes that all readers share, the history of recent revisions, and who waits for them.

A write changes the memory at once and is journalled together with whatever else is written in the same turn of the
event loop (one transaction for many waiting requests). Only then is it answered and shown to watchers.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

import orjson

from testbed.apiserver.audience import Audience, Listener
from testbed.apiserver.journal import Journal, JournalError, JournalUnusable, Row
from testbed.apiserver.kinds import Kind, Registry
from testbed.apiserver.revision import ADDED, DELETED, MODIFIED, Document, Entry, Event, serialised

Place = tuple[str, str, str]
"""Where an object is: its kind's key, its namespace, its name."""


class Collection:
    """The objects of one kind, by namespace and name (cluster-wide ones in namespace ``""``)."""

    def __init__(self) -> None:
        self.namespaces: dict[str, dict[str, Entry]] = {}
        self.indexes: dict[str, Any] = {}

    def get(self, namespace: str, name: str) -> Entry | None:
        """The object, if it is there."""
        found = self.namespaces.get(namespace)
        return found.get(name) if found else None

    def put(self, entry: Entry) -> None:
        """Puts a revision in its place."""
        self.namespaces.setdefault(entry.namespace, {})[entry.name] = entry

    def remove(self, entry: Entry) -> None:
        """Takes an object out."""
        names = self.namespaces[entry.namespace]
        del names[entry.name]
        if not names:
            del self.namespaces[entry.namespace]

    def entries(self, namespace: str | None = None) -> Iterator[Entry]:
        """The objects in the order of their names, of one namespace or of all."""
        for place in sorted(self.namespaces) if namespace is None else [namespace]:
            names = self.namespaces.get(place)
            if names:
                for name in sorted(names):
                    yield names[name]

    def count(self, namespace: str) -> int:
        """How many objects a namespace has of this kind."""
        return len(self.namespaces.get(namespace, ()))


class Store:
    """All collections, one counter of revisions, and the newest ``journal.history`` events."""

    def __init__(self, registry: Registry, journal: Journal, on_lost: Callable[[JournalError], None]) -> None:
        self.registry = registry
        self.revision = 0
        self.floor = 0
        """Watches can go on from this revision or a later one."""
        self.collections: dict[str, Collection] = {}
        self.audiences: dict[str, Audience] = {}
        """By kind; those who watch a kind that went are told again when it comes back."""
        self.observers: list[Listener] = []
        """Told of every event of every kind, before its own audience."""
        self.dependents: dict[str, dict[Place, None]] = {}
        """By the uid of an owner: what belongs to it."""
        for kind in registry.kinds:
            self.serve(kind)
        self._journal = journal
        self._on_lost = on_lost
        self._events: list[Event] = []
        self._pending: list[Event] = []
        self._durable: asyncio.Future[None] | None = None
        self._lost: JournalError | None = None
        self._load()

    def serve(self, kind: Kind) -> None:
        """A kind has objects from now on."""
        self.collections.setdefault(kind.key, Collection())
        self.audiences.setdefault(kind.key, Audience())

    def cease(self, kind: Kind) -> None:
        """A kind that has no objects left is forgotten."""
        del self.collections[kind.key]

    def write(self, kind: Kind, document: Document, old: Entry | None) -> Event:
        """Accepts an object as a new revision; ``document`` is completed with it. Not yet durable."""
        return self._accept(kind, ADDED if old is None else MODIFIED, document, old)

    def remove(self, kind: Kind, document: Document, old: Entry) -> Event:
        """Accepts the end of an object; its last state gets a revision of its own. Not yet durable."""
        return self._accept(kind, DELETED, document, old)

    async def durable(self) -> None:
        """Returns when everything accepted so far is in the journal."""
        if self._durable is not None:
            await asyncio.shield(self._durable)

    def flush(self) -> None:
        """Journals what is pending and shows it to watchers.

        Readers call it first, so that nobody sees what could still be lost.
        """
        if self._lost is not None:
            raise self._lost
        if not self._pending:
            return
        events, durable = self._pending, self._durable
        self._pending, self._durable = [], None
        try:
            self._journal.commit([_row(event) for event in events])
        except JournalError as error:
            self._lost = error  # memory and journal differ from here on: the process must end
            self._on_lost(error)
            if durable is not None and not durable.done():
                durable.set_exception(error)
            return
        for event in events:
            for observer in self.observers:
                observer(event)
            self.audiences[event.kind.key].tell(event)
            event.forget_line()
        if durable is not None and not durable.done():
            durable.set_result(None)

    def since(self, kind: Kind, revision: int) -> list[Event]:
        """The events of a kind after ``revision``, which must not lie below ``floor``."""
        start = bisect_right(self._events, revision, key=attrgetter("revision"))
        return [event for event in self._events[start:] if event.kind.key == kind.key]

    def _accept(self, kind: Kind, type_: str, document: Document, old: Entry | None) -> Event:
        if self._lost is not None:
            raise self._lost
        accepted_ns = time.monotonic_ns()
        document["metadata"]["resourceVersion"] = str(self.revision + 1)
        entry = Entry(kind, document, serialised(document), self.revision + 1, accepted_ns)
        event = Event(kind, type_, entry, old)
        self.revision += 1
        self._apply(event, document)
        self._pending.append(event)
        if self._durable is None:
            loop = asyncio.get_running_loop()
            self._durable = loop.create_future()
            loop.call_soon(self.flush)
        return event

    def _apply(self, event: Event, document: Document) -> None:
        """Brings memory up to an event: collection, indexes, history."""
        entry, old = event.entry, event.old
        collection = self.collections[event.kind.key]
        if event.type == DELETED:
            collection.remove(entry)
            self._journal.outdate(entry.revision, entry.revision)
        else:
            collection.put(entry)
        if old is not None:
            self._journal.outdate(old.revision, entry.revision)
        if entry.owners or (old is not None and old.owners):
            self._own(event)
        for index in collection.indexes.values():
            index.update(entry.path, None if event.type == DELETED else document)
        self._events.append(event)
        if len(self._events) >= 2 * self._journal.history:
            del self._events[: -self._journal.history]
            self.floor = self._events[0].revision - 1

    def _own(self, event: Event) -> None:
        """Keeps who belongs to whom."""
        place = (event.kind.key, event.entry.namespace, event.entry.name)
        for uid in event.old.owners if event.old is not None else ():
            found = self.dependents.get(uid, {})
            found.pop(place, None)
            if not found:
                self.dependents.pop(uid, None)
        if event.type != DELETED:
            for uid in event.entry.owners:
                self.dependents.setdefault(uid, {})[place] = None

    def _load(self) -> None:
        for row in self._journal.rows():
            kind = self.registry.find(row.kind)
            if kind is None and "." in row.kind:  # its definition is gone, and with it every object
                self.revision = self.floor = row.revision
                self._events.clear()
                continue
            if kind is None:
                allowed = ", ".join(known.key for known in self.registry.kinds)
                message = f"revision {row.revision}: found kind {row.kind!r}, allowed {allowed}"
                raise JournalUnusable(f"{self._journal.path}: {message}")
            document = orjson.loads(row.body)
            entry = Entry(kind, document, row.body, row.revision, row.accepted_ns)
            if row.revision != self.revision + 1:
                self._events.clear()  # only an unbroken tail is history
                self.floor = row.revision - 1
            self.revision = row.revision
            old = self.collections[kind.key].get(entry.namespace, entry.name)
            self._apply(Event(kind, row.type, entry, old), document)


def _row(event: Event) -> Row:
    entry = event.entry
    return Row(
        entry.revision,
        entry.accepted_ns,
        event.type,
        event.kind.key,
        entry.namespace,
        entry.name,
        entry.body,
    )
