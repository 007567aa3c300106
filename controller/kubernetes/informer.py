"""A collection as a stream of changes that never ends: what every controller, daemon and kubelet stands on.

List, then watch from the list's revision. A connection that breaks is taken up again from the last revision seen; a
revision that is too old (410), or a server that answers anything else unexpected, leads to a new list, of which only
the differences are told. Nothing is buffered here: a consumer that is slow makes the server wait, or fall back to 410,
and of the first list, of which all is new, one page is held at a time. What is kept of each object is its uid and its
revision.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from sys import intern
from typing import Generic, Literal, Protocol, TypeVar

from controller.api.kinds import Kind
from controller.api.meta import Resource
from controller.kubernetes.backoff import Backoff
from controller.kubernetes.errors import ApiError, Unreachable
from controller.kubernetes.wire import Listing, WatchEvent, identity

T = TypeVar("T", bound=Resource)
log = logging.getLogger(__name__)

ChangeType = Literal["ADDED", "MODIFIED", "DELETED", "SYNCED"]

WATCH_SECONDS = (300, 600)
"""Seconds that one watch is asked to last, uniform in this range, so that clients do not renew together."""


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """One change of a collection.

    ``SYNCED`` comes once, after the first list, with an empty object. A ``DELETED`` that was found by listing again
    carries the identity alone: namespace, name and uid. ``accepted_ns`` is the server's moment, where it tells it;
    ``received_ns`` is CLOCK_MONOTONIC at the socket.
    """

    type: ChangeType
    object: T
    accepted_ns: int | None
    received_ns: int


class ListerWatcher(Protocol):
    """All that an informer needs of a client: a collection as it is, and what becomes of it from there on.

    Both raise ``ApiError`` for the server's refusal and ``Unreachable`` when there is no answer.
    """

    def pages(
        self, kind: Kind[T], *, namespace: str | None, label_selector: str, field_selector: str
    ) -> AsyncIterator[Listing[T]]:
        """The collection in parts, at least one, all of the revision of the first."""

    def watch_from(
        self,
        kind: Kind[T],
        resource_version: str,
        *,
        namespace: str | None,
        label_selector: str,
        field_selector: str,
        timeout_seconds: int,
    ) -> AsyncIterator[WatchEvent[T]]:
        """The changes after a revision, until the server ends the watch."""


class Informer(Generic[T]):
    """Iterate over it with ``async for``; end it by ending the loop's task or closing the iterator."""

    def __init__(
        self,
        client: ListerWatcher,
        kind: Kind[T],
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
        backoff: Backoff | None = None,
    ) -> None:
        self._client = client
        self._kind = kind
        self._namespace = namespace
        self._labels = label_selector
        self._fields = field_selector
        self._backoff = backoff or Backoff()
        self._known: dict[tuple[str, str], tuple[str, str]] = {}
        self._revision = ""
        self._synced = False

    def __aiter__(self) -> AsyncIterator[Change[T]]:
        return self._changes()

    def knows(self, entry: T) -> bool:
        """Whether an object that the caller got by another way, such as creating it, is there as far as is known.

        If so its end will be told, even if it comes and goes while nothing is heard. False: it came and went already.
        """
        if _key(entry) not in self._known:
            if _is_later(self._revision, entry.metadata.resource_version):
                return False
            self._known[_key(entry)] = _version(entry)
        return True

    async def _changes(self) -> AsyncIterator[Change[T]]:
        while True:
            try:
                if not self._revision:
                    async for change in self._listed():
                        yield change
                    if not self._synced:
                        self._synced = True
                        yield Change("SYNCED", self._kind.type(), None, time.monotonic_ns())
                async for event in self._watch():
                    self._backoff.succeeded()
                    for change in self._changed(event):
                        yield change
            except Unreachable as error:
                await self._pause(error)
            except ApiError as error:
                too_old = error.is_gone and bool(self._revision)
                self._revision = ""
                if not too_old:
                    await self._pause(error)

    def _pages(self) -> AsyncIterator[Listing[T]]:
        return self._client.pages(
            self._kind,
            namespace=self._namespace,
            label_selector=self._labels,
            field_selector=self._fields,
        )

    def _watch(self) -> AsyncIterator[WatchEvent[T]]:
        return self._client.watch_from(
            self._kind,
            self._revision,
            namespace=self._namespace,
            label_selector=self._labels,
            field_selector=self._fields,
            timeout_seconds=random.randint(*WATCH_SECONDS),
        )

    async def _pause(self, error: Exception) -> None:
        delay = self._backoff.failed()
        log.warning("%s: %s; again in %.2f s", self._kind.plural, error, delay)
        await asyncio.sleep(delay)

    async def _listed(self) -> AsyncIterator[Change[T]]:
        """The differences between what is known and a new list: what is gone first, then what is new or changed."""
        gone = dict(self._known)
        is_first = not gone
        others: list[T] = []
        async for page in self._pages():
            received, revision = time.monotonic_ns(), page.resource_version
            for entry in page.items:
                before = gone.get(_key(entry))
                if before is not None and before[0] == entry.metadata.uid:
                    del gone[_key(entry)]
                if before != _version(entry):
                    others.append(entry)
            if is_first:
                for change in self._all_seen(others, received):
                    yield change
                others.clear()
        for key, (uid, seen) in gone.items():
            if not _is_later(seen, revision):
                del self._known[key]
                yield Change("DELETED", identity(self._kind, *key, uid=uid), None, received)
        for change in self._all_seen(others, received):
            yield change
        self._revision = revision

    def _changed(self, event: WatchEvent[T]) -> Iterator[Change[T]]:
        entry = event.object
        if event.type == "DELETED":
            if self._known.pop(_key(entry), None):
                yield Change("DELETED", entry, event.accepted_ns, event.received_ns)
        elif event.type in ("ADDED", "MODIFIED"):
            yield from self._seen(entry, event.accepted_ns, event.received_ns)
        self._revision = entry.metadata.resource_version or self._revision

    def _all_seen(self, entries: Iterable[T], received: int) -> Iterator[Change[T]]:
        for entry in entries:
            yield from self._seen(entry, None, received)

    def _seen(self, entry: T, accepted: int | None, received: int) -> Iterator[Change[T]]:
        key, current = _key(entry), _version(entry)
        before = self._known.get(key)
        if before == current:
            return
        if before and before[0] != current[0]:
            yield Change("DELETED", identity(self._kind, *key, uid=before[0]), None, received)
            before = None
        self._known[key] = current
        yield Change("MODIFIED" if before else "ADDED", entry, accepted, received)


def _key(entry: Resource) -> tuple[str, str]:
    """Where it is; the names of namespaces, which thousands have in common, are kept once."""
    return intern(entry.namespace), entry.name


def _version(entry: Resource) -> tuple[str, str]:
    """Which object it is, and which state of it."""
    return entry.metadata.uid, entry.metadata.resource_version


def _is_later(revision: str, than: str) -> bool:
    """Whether a revision came after another of the same kind; of those that are no numbers none did.

    https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
    """
    return revision.isdecimal() and than.isdecimal() and int(revision) > int(than)
