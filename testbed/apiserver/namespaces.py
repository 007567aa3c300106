"""The life of namespaces: those that are there from the start, and how one that is deleted empties before it goes."""

from __future__ import annotations

import asyncio
import logging

from testbed.apiserver.kinds import Kind
from testbed.apiserver.revision import DELETED, Event
from testbed.apiserver.status import ApiError
from testbed.apiserver.store import Store
from testbed.apiserver.writing import PROTECTED_NAMESPACES, DeleteOptions, Writer

_log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
"""Pause before asking again for the end of what admission would not let go."""
BATCH = 200
"""Objects deleted in one turn of the event loop; others' requests go between two turns."""


class Namespaces:
    """Empties namespaces that are being deleted and removes them once nothing is left in them."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._kind = store.registry.named("Namespace")
        self._emptying: dict[str, asyncio.Task[None]] = {}
        store.audiences["Namespace"].join(self._namespace_changed)
        store.observers.append(self._content_changed)

    def start(self) -> None:
        """Makes the namespaces that are always there, and goes on with what a former process left half deleted."""
        collection = self._store.collections["Namespace"]
        for name in PROTECTED_NAMESPACES:
            if collection.get("", name) is None:
                self._writer.create(self._kind, "", {"metadata": {"name": name}})
        for entry in list(collection.entries()):
            if entry.is_being_deleted:
                self._empty(entry.name)

    async def close(self) -> None:
        """Stops where it is; ``start`` of the next process goes on."""
        tasks = list(self._emptying.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _contents(self) -> list[Kind]:
        return [kind for kind in self._store.registry.kinds if kind.namespaced]

    def _namespace_changed(self, event: Event) -> None:
        name = event.entry.name
        if event.type == DELETED:
            self._emptying.pop(name, None)
        elif event.entry.is_being_deleted:
            if name not in self._emptying:
                self._empty(name)
            else:
                self._finish_if_empty(name)  # a finalizer of the namespace itself may have gone

    def _content_changed(self, event: Event) -> None:
        if event.type == DELETED and event.entry.namespace in self._emptying:
            self._finish_if_empty(event.entry.namespace)

    def _empty(self, name: str) -> None:
        self._emptying[name] = asyncio.get_running_loop().create_task(self._delete_contents(name))

    async def _delete_contents(self, name: str) -> None:
        while refused := await self._delete_once(name):
            _log.warning("namespace %s: %s; trying again", name, refused)
            await asyncio.sleep(RETRY_SECONDS)
        self._finish_if_empty(name)

    async def _delete_once(self, name: str) -> str:
        """Asks for the end of everything in a namespace; returns why the last of those that must stay must stay."""
        refused = ""
        for kind in self._contents():
            entries = list(self._store.collections[kind.key].entries(name))
            for position, entry in enumerate(entries):
                if position % BATCH == BATCH - 1:
                    await asyncio.sleep(0)
                try:
                    self._writer.delete(kind, name, entry.name, DeleteOptions(uid=entry.uid))
                except ApiError as error:
                    if error.code != 404:
                        refused = f"{kind.plural} {entry.name} stays: {error}"
        return refused

    def _finish_if_empty(self, name: str) -> None:
        collections = self._store.collections
        if any(collections[kind.key].count(name) for kind in self._contents()):
            return
        entry = collections["Namespace"].get("", name)
        if entry is not None and not entry.document()["metadata"].get("finalizers"):
            self._writer.finish(self._kind, entry)
