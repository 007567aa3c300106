"""What belongs to an object goes with it: Kubernetes' garbage collection, within the server that knows every object.

An owner that goes takes its dependents with it (background); or it waits until those that block it are gone
(foreground); or they are let free before it goes (orphan). What names owners that are all gone is garbage whenever it
appears. Deletions are ordinary ones, so finalizers and kubelets keep their say.

Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import Any

from testbed.apiserver.kinds import Kind
from testbed.apiserver.revision import DELETED, Entry, Event
from testbed.apiserver.status import ApiError
from testbed.apiserver.store import Place, Store
from testbed.apiserver.writing import (
    BACKGROUND,
    FINALIZERS,
    FOREGROUND,
    ORPHAN,
    DeleteOptions,
    Writer,
)

_log = logging.getLogger(__name__)

Document = dict[str, Any]

BATCH = 100
"""Objects looked at in one turn of the event loop; others' requests go between two turns."""
RETRY_SECONDS = 1.0
"""Pause before asking again for the end of what admission would not let go."""


class Collector:
    """Follows owners and what belongs to them."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._due: OrderedDict[Place, None] = OrderedDict()
        self._blocked: dict[str, Place] = {}
        """By uid: owners that wait for their dependents."""
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        store.observers.append(self._changed)

    def start(self) -> None:
        """Goes on with what a former process left, and with whatever comes."""
        for kind in self._store.registry.kinds:
            for entry in self._store.collections[kind.key].entries():
                if entry.owners or entry.is_being_deleted:
                    self._look_at((kind.key, entry.namespace, entry.name))
        self._task = asyncio.get_running_loop().create_task(self._work(), name="garbage collection")

    async def close(self) -> None:
        """Stops where it is."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _changed(self, event: Event) -> None:
        entry, old = event.entry, event.old
        place = (event.kind.key, entry.namespace, entry.name)
        if self._blocked:
            for uid in old.owners if old is not None else ():
                if uid in self._blocked:
                    self._look_at(self._blocked[uid])
        if event.type == DELETED:
            self._blocked.pop(entry.uid, None)
            for dependent in self._store.dependents.get(entry.uid, ()):
                self._look_at(dependent)
        elif (entry.is_being_deleted and entry.finalizers) or (
            entry.owners and (old is None or old.owners != entry.owners)
        ):
            self._look_at(place)

    def _look_at(self, place: Place) -> None:
        self._due[place] = None
        self._wake.set()

    async def _work(self) -> None:
        while True:
            for _ in range(min(len(self._due), BATCH)):
                self._settle(self._due.popitem(last=False)[0])
            if not self._due:
                self._wake.clear()
                await self._wake.wait()
            await asyncio.sleep(0)

    def _settle(self, place: Place) -> None:
        """Does what an object needs now, if it is still there."""
        found = self._at(place)
        if found is None:
            return
        kind, entry = found
        try:
            if entry.is_being_deleted:
                self._release(kind, entry, place)
            elif entry.owners:
                self._collect(kind, entry)
        except ApiError as error:
            if error.code != 404:
                _log.warning("%s %s stays: %s", kind.plural, entry.path, error)
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._look_at, place)

    def _release(self, kind: Kind, entry: Entry, place: Place) -> None:
        """Lets an object go that waits for its dependents, once they allow it."""
        if FINALIZERS[ORPHAN] in entry.finalizers:
            for dependent in list(self._store.dependents.get(entry.uid, ())):
                self._disown(dependent, {entry.uid})
            self._unfinalize(kind, entry, FINALIZERS[ORPHAN])
        elif FINALIZERS[FOREGROUND] in entry.finalizers:
            if self._is_blocked(entry):
                self._blocked[entry.uid] = place
            else:
                self._unfinalize(kind, entry, FINALIZERS[FOREGROUND])

    def _is_blocked(self, owner: Entry) -> bool:
        """Whether dependents that block their owner's end are left; asks for the end of all that are."""
        blocked = False
        for place in self._store.dependents.get(owner.uid, ()):
            found = self._at(place)
            if found is None:
                continue
            blocked = blocked or any(
                reference["uid"] == owner.uid and reference.get("blockOwnerDeletion")
                for reference in _references(found[1].document())
            )
            self._look_at(place)
        return blocked

    def _collect(self, kind: Kind, entry: Entry) -> None:
        """Ends an object whose owners are gone or wait for its end, or takes those off its list."""
        gone, waiting, solid = set(), set(), set()
        for reference in _references(entry.document()):
            owner = self._owner(kind, entry, reference)
            if owner is None:
                gone.add(reference["uid"])
            elif owner is not entry and owner.is_being_deleted and FINALIZERS[FOREGROUND] in owner.finalizers:
                waiting.add(reference["uid"])
            else:
                solid.add(reference["uid"])
        if not solid:
            follows = waiting and entry.uid in self._store.dependents
            options = DeleteOptions(uid=entry.uid, policy=FOREGROUND if follows else BACKGROUND)
            self._writer.delete(kind, entry.namespace, entry.name, options)
        elif gone or waiting:
            self._disown((kind.key, entry.namespace, entry.name), gone | waiting)

    def _owner(self, kind: Kind, entry: Entry, reference: Document) -> Entry | None:
        """The owner that a reference means, None if it is gone.

        One that cannot be looked up here is taken to be there: its object, whoever serves it, is left alone.
        """
        group = reference["apiVersion"].rpartition("/")[0]
        owner_kind = self._store.registry.of(group, reference["kind"])
        if owner_kind is None or (owner_kind.namespaced and not kind.namespaced):
            return entry
        namespace = entry.namespace if owner_kind.namespaced else ""
        owner = self._store.collections[owner_kind.key].get(namespace, reference["name"])
        return owner if owner is not None and owner.uid == reference["uid"] else None

    def _disown(self, place: Place, uids: set[str]) -> None:
        """Takes owners off an object's list."""
        found = self._at(place)
        if found is None:
            return
        kind, entry = found
        document = entry.document()
        left = [owner for owner in _references(document) if owner["uid"] not in uids]
        if left:
            document["metadata"]["ownerReferences"] = left
        else:
            document["metadata"].pop("ownerReferences", None)
        self._writer.amend(kind, entry, document)

    def _unfinalize(self, kind: Kind, entry: Entry, finalizer: str) -> None:
        document = entry.document()
        left = [other for other in entry.finalizers if other != finalizer]
        document["metadata"]["finalizers"] = left
        self._writer.amend(kind, entry, document)

    def _at(self, place: Place) -> tuple[Kind, Entry] | None:
        key, namespace, name = place
        kind = self._store.registry.find(key)
        entry = self._store.collections[key].get(namespace, name) if kind is not None else None
        return (kind, entry) if kind is not None and entry is not None else None


def _references(document: Document) -> list[Document]:
    return document["metadata"].get("ownerReferences") or []
