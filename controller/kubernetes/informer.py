"""A collection as a stream of changes that never ends: what every controller, daemon and kubelet stands on.

List, then watch from the list's revision. A connection that breaks is taken up again from the last revision seen; a
revision that is too old (410), or a server that answers anything else unexpected, leads to a new list, of which only
the differences are told. Nothing is buffered here: a consumer that is slow makes the server wait, or fall back to 410.
What is kept of each object is its uid and its revision.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from controller.api.kinds import Kind
from controller.api.meta import Resource
from controller.kubernetes.backoff import Backoff
from controller.kubernetes.errors import ApiError, Unreachable
from controller.kubernetes.wire import Listing, WatchEvent, identity

if TYPE_CHECKING:
    from controller.kubernetes.client import Client

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


class Informer(Generic[T]):
    """Iterate over it with ``async for``; end it by ending the loop's task or closing the iterator."""

    def __init__(
        self,
        client: Client,
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
        key = (entry.namespace, entry.name)
        if key not in self._known:
            if _is_later(self._revision, entry.metadata.resource_version):
                return False
            self._known[key] = (entry.metadata.uid, entry.metadata.resource_version)
        return True

    async def _changes(self) -> AsyncIterator[Change[T]]:
        while True:
            try:
                if not self._revision:
                    listing = await self._list()
                    received = time.monotonic_ns()
                    for change in self._relisted(listing, received):
                        yield change
                    if not self._synced:
                        self._synced = True
                        yield Change("SYNCED", self._kind.type(), None, received)
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

    async def _list(self) -> Listing[T]:
        return await self._client.list(
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

    def _relisted(self, listing: Listing[T], received: int) -> Iterator[Change[T]]:
        """The differences between what is known and a new list: what is gone first, then what is new or changed."""
        present = {(entry.namespace, entry.name): entry.metadata.uid for entry in listing.items}
        for key, (uid, revision) in list(self._known.items()):
            if present.get(key) != uid and not _is_later(revision, listing.resource_version):
                del self._known[key]
                yield Change("DELETED", identity(self._kind, *key, uid=uid), None, received)
        for entry in listing.items:
            yield from self._seen(entry, None, received)
        self._revision = listing.resource_version

    def _changed(self, event: WatchEvent[T]) -> Iterator[Change[T]]:
        entry = event.object
        if event.type == "DELETED":
            if self._known.pop((entry.namespace, entry.name), None):
                yield Change("DELETED", entry, event.accepted_ns, event.received_ns)
        elif event.type in ("ADDED", "MODIFIED"):
            yield from self._seen(entry, event.accepted_ns, event.received_ns)
        self._revision = entry.metadata.resource_version or self._revision

    def _seen(self, entry: T, accepted: int | None, received: int) -> Iterator[Change[T]]:
        key = (entry.namespace, entry.name)
        current = (entry.metadata.uid, entry.metadata.resource_version)
        before = self._known.get(key)
        if before == current:
            return
        if before and before[0] != current[0]:
            yield Change("DELETED", identity(self._kind, *key, uid=before[0]), None, received)
            before = None
        self._known[key] = current
        yield Change("MODIFIED" if before else "ADDED", entry, accepted, received)


def _is_later(revision: str, than: str) -> bool:
    """Whether a revision came after another of the same kind; of those that are no numbers none did.

    https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
    """
    return revision.isdecimal() and than.isdecimal() and int(revision) > int(than)
