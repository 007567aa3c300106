"""What is known of the cluster: each kind's objects, found by name and by the owner that manages them.

An object that was written here is known at once, from the write's answer, and what the watch tells of an older
revision is ignored. So no rule ever decides by a state that its own writes have overtaken, and nothing is done twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import msgspec

from controller.api.kinds import LEASES, NAMESPACES, Kind
from controller.api.meta import Resource
from controller.kubernetes import Change
from testbed.workloads import objects
from testbed.workloads.objects import controller_of
from testbed.workloads.selection import Selection
from testbed.workloads.settings import Settings

T = TypeVar("T", bound=Resource)
Listener = Callable[[T | None, T | None], None]

DEFAULTS = Settings()
REMEMBERED = 10_000
"""How many objects that are gone are remembered, so that an answer that comes late does not bring one back."""


class Collection(Generic[T]):
    """All objects of a kind. Listeners are called with an object before and after each change."""

    def __init__(self, kind: Kind[T]) -> None:
        self.kind = kind
        self.listeners: list[Listener[T]] = []
        self._objects: dict[str, T] = {}
        self._owned: dict[str, dict[str, T]] = {}
        self._orphans: dict[str, dict[str, T]] = {}
        self._gone: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, name: str, namespace: str = "") -> T | None:
        """The object of that name, if there is one."""
        return self._objects.get(f"{namespace}/{name}" if namespace else name)

    def values(self) -> Iterable[T]:
        """All objects."""
        return self._objects.values()

    def owned(self, uid: str) -> Iterable[T]:
        """Those that an owner manages."""
        return self._owned.get(uid, _NOTHING).values()

    def orphans(self, namespace: str) -> Iterable[T]:
        """Those of a namespace that nobody manages."""
        return self._orphans.get(namespace, _NOTHING).values()

    def saw(self, change: Change[T]) -> None:
        """Takes over what the watch tells."""
        if change.type == "DELETED":
            self._drop(change.object)
        else:
            self._put(change.object)

    def wrote(self, entry: T) -> None:
        """Takes over what a write answered."""
        if entry.metadata.uid not in self._gone:
            self._put(entry)

    def removed(self, entry: T) -> None:
        """Takes over that a deletion was answered: the object counts as going until the watch says that it is gone."""
        if entry.path not in self._objects:
            return
        if entry.metadata.deletion_timestamp is None:
            going = msgspec.structs.replace(entry.metadata, deletion_timestamp="1970-01-01T00:00:00Z")
            entry = msgspec.structs.replace(entry, metadata=going)
        self.wrote(entry)

    def _put(self, entry: T) -> None:
        old = self._objects.get(entry.path)
        if old is not None:
            same = old.metadata.uid == entry.metadata.uid
            if same and _revision(old) >= _revision(entry):
                return
            self._unindex(old)
        self._objects[entry.path] = entry
        owner = controller_of(entry)
        if owner is not None:
            self._owned.setdefault(owner.uid, {})[entry.path] = entry
        else:
            self._orphans.setdefault(entry.namespace, {})[entry.path] = entry
        for listener in self.listeners:
            listener(old, entry)

    def _drop(self, entry: T) -> None:
        self._gone[entry.metadata.uid] = None
        if len(self._gone) > REMEMBERED:
            self._gone.popitem(last=False)
        old = self._objects.get(entry.path)
        if old is None or old.metadata.uid != entry.metadata.uid:
            return
        del self._objects[entry.path]
        self._unindex(old)
        for listener in self.listeners:
            listener(old, None)

    def _unindex(self, old: T) -> None:
        owner = controller_of(old)
        index, key = (self._orphans, old.namespace) if owner is None else (self._owned, owner.uid)
        members = index[key]
        del members[old.path]
        if not members:
            del index[key]


class World:
    """The collections that rules read."""

    def __init__(self, settings: Settings = DEFAULTS) -> None:
        self.settings = settings
        self.began = 0.0
        """Since when all of it is followed, seconds since 1970: what happened before may have gone unseen."""
        self.pods = Collection(objects.PODS)
        self.namespaces = Collection(NAMESPACES)
        self.nodes = Collection(objects.NODES)
        self.leases = Collection(LEASES)
        self.replicasets = Collection(objects.REPLICASETS)
        self.deployments = Collection(objects.DEPLOYMENTS)
        self.statefulsets = Collection(objects.STATEFULSETS)
        self.daemonsets = Collection(objects.DAEMONSETS)
        self.revisions = Collection(objects.CONTROLLERREVISIONS)
        self.jobs = Collection(objects.JOBS)
        self.cronjobs = Collection(objects.CRONJOBS)
        self.services = Collection(objects.SERVICES)
        self.slices = Collection(objects.ENDPOINTSLICES)
        self.endpoints = Collection(objects.ENDPOINTS)
        self.selection = Selection()
        self.services.listeners.append(self.selection.service_changed)
        self.pods.listeners.append(self.selection.pod_changed)

    @property
    def collections(self) -> tuple[Collection[Any], ...]:
        """All of them; owners before what they own, nodes before pods."""
        return (
            self.namespaces,
            self.nodes,
            self.leases,
            self.cronjobs,
            self.deployments,
            self.statefulsets,
            self.daemonsets,
            self.revisions,
            self.jobs,
            self.replicasets,
            self.services,
            self.slices,
            self.endpoints,
            self.pods,
        )

    def of(self, kind: Kind[T]) -> Collection[T]:
        """The collection of a kind.

        Raises:
            KeyError: no rule reads that kind.
        """
        for collection in self.collections:
            if collection.kind is kind:
                return collection
        raise KeyError(kind.name)


_NOTHING: dict[str, Any] = {}


def _revision(entry: Resource) -> int:
    return int(entry.metadata.resource_version or 0)
