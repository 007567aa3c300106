"""What reconcilers see of the world, and the memory of who looked at what.

An object is kept in two halves. The *row* is what reconcilers reason about; a change of it wakes everyone who read it.
The *stated* half is what the controller itself writes (annotations, status): writing it wakes nobody, and the diff
compares with it. Without that cut each answer of the API to our own patch would set the machine going again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from controller.admission import Cause
from controller.api.kinds import IPS, PODS, Kind
from controller.api.meta import Resource
from controller.api.names import VALIDATED
from controller.engine.asking import Asking
from controller.engine.contradictions import Contradictions
from controller.engine.keeping import KEPT, Stated, stated_half
from controller.engine.settings import Settings
from controller.engine.soundness import SOUND, Judgement, Left, sound
from controller.engine.subjects import EVERY, Subject
from controller.engine.usage import PoolUsage, Usage, Users

T = TypeVar("T", bound=Resource)
R = TypeVar("R")

USAGE, POOL_USAGE, USERS = "usage", "pool-usage", "users"
"""What the allocator tells reconcilers, each under a name as if it were a kind: none is an object of the API."""
HOST = "host"
"""What SB tells them, likewise."""


class View:
    """All objects that the controller follows.

    ``changed`` is called with each subject whose row changed, ``restated`` with each whose stated half did.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._rows: dict[str, dict[str, Resource]] = {kind.name: {} for kind in KEPT}
        self._stated: dict[str, dict[str, Stated]] = {kind.name: {} for kind in KEPT}
        self._told: dict[Subject, Any] = {}
        self._outdated: set[str] = set()
        self._refusals: dict[str, str] = {}
        self._judgements: dict[Subject, Judgement] = {}
        self._contradictions = Contradictions()
        self._asking = Asking()
        self._reads: set[Subject] | None = None
        self.changed: Callable[[Subject], None] = lambda subject: None
        self.restated: Callable[[Subject], None] = lambda subject: None

    def get(self, kind: Kind[T], path: str) -> T | None:
        """The object at ``path``, or None. The reconciler that asks is asked again when that changes."""
        if self._reads is not None:
            self._reads.add((kind.name, path))
        return self._rows[kind.name].get(path)  # type: ignore[return-value]

    def all(self, kind: Kind[T]) -> Iterator[T]:
        """All objects of a kind; only for kinds that are few.

        The reconciler that asks is asked again when any of them changes.
        """
        if self._reads is not None:
            self._reads.add((kind.name, EVERY))
        yield from self._rows[kind.name].values()  # type: ignore[misc]

    def asking(self, what: str, name: str) -> list[Subject]:
        """Who asks for something of that name, in order (``controller.engine.asking``). Read like an object."""
        if self._reads is not None:
            self._reads.add((what, name))
        return self._asking.of((what, name))

    def assume(self, kind: Kind[Any], path: str, stated: Stated) -> None:
        """Takes what was just sent to the API as said, until the API says otherwise; wakes nobody."""
        if path in self._stated[kind.name]:
            self._stated[kind.name][path] = stated

    def doubt(self, kind: Kind[Any], path: str) -> None:
        """Takes it that the object says nothing at all, since what it says is not known; wakes nobody."""
        stated = self._stated[kind.name].get(path)
        if stated is not None:
            self._stated[kind.name][path] = Stated(stated.uid, {}, {})

    def paths(self, kind: Kind[Any]) -> Iterator[str]:
        """The paths of all objects of a kind; leaves no trace."""
        yield from self._rows[kind.name]
        yield from (
            path for name, path in self._judgements if name == kind.name and path not in self._rows[name]
        )

    def count(self, kind: Kind[Any]) -> int:
        """How many objects of a kind there are; leaves no trace."""
        return len(self._rows[kind.name])

    def stated(self, kind: Kind[Any], path: str) -> Stated | None:
        """What the object says now of that which the controller writes; leaves no trace."""
        return self._stated[kind.name].get(path)

    def usage(self, subnet: str) -> Usage | None:
        """How the subnet's addresses are used; None before its pool exists. Read like an object."""
        return self._hear((USAGE, subnet))  # type: ignore[no-any-return]

    def set_usage(self, subnet: str, usage: Usage | None) -> None:
        """The allocator tells how a subnet's addresses are used."""
        self._tell((USAGE, subnet), usage)

    def pool_usage(self, pool: str) -> PoolUsage | None:
        """How the addresses of an ``IPPool`` are used; None while it has none. Read like an object."""
        return self._hear((POOL_USAGE, pool))  # type: ignore[no-any-return]

    def set_pool_usage(self, pool: str, usage: PoolUsage | None) -> None:
        """The allocator tells how the addresses of an ``IPPool`` are used."""
        self._tell((POOL_USAGE, pool), usage)

    def host_of(self, port: str) -> str | None:
        """The chassis that a router's port has settled on, of those that are on one at a time. Read like an object.

        Empty while OVN moves it; None where that is not known.
        """
        return self._hear((HOST, port))  # type: ignore[no-any-return]

    def set_host(self, port: str, chassis: str | None) -> None:
        """SB tells where a router's port is."""
        self._tell((HOST, port), chassis)

    def users(self, subnet: str) -> Users | None:
        """Who has addresses of a subnet that is being deleted; None before that is known. Read like an object."""
        return self._hear((USERS, subnet))  # type: ignore[no-any-return]

    def set_users(self, subnet: str, users: Users | None) -> None:
        """The allocator tells who has addresses of a subnet that is being deleted."""
        self._tell((USERS, subnet), users)

    def is_outdated(self, record: str) -> bool:
        """Whether an IP object is of a time that is over, whoever bears its name now; part of its row."""
        return record in self._outdated

    def set_outdated(self, record: str) -> None:
        """The allocator tells that an IP object must go before its name gets an address again."""
        if record not in self._outdated and record in self._rows[IPS.name]:
            self._outdated.add(record)
            self.changed((IPS.name, record))

    def forget_outdated(self, record: str) -> None:
        """The IP object is gone."""
        self._outdated.discard(record)

    def refusal(self, pod: str) -> str | None:
        """Why a pod has no address; empty once it has one, None if it never waited. Part of the pod's row."""
        return self._refusals.get(pod)

    def set_refusal(self, pod: str, why: str | None) -> None:
        """The allocator tells why a pod has no address, or that it has one (empty), or that it is gone (None)."""
        if self._refusals.get(pod) == why:
            return
        if why is None:
            del self._refusals[pod]
        else:
            self._refusals[pod] = why
            self.changed((PODS.name, pod))

    def _hear(self, subject: Subject) -> Any:
        if self._reads is not None:
            self._reads.add(subject)
        return self._told.get(subject)

    def _tell(self, subject: Subject, what: Any) -> None:
        if self._told.get(subject) == what:
            return
        if what is None:
            del self._told[subject]
        else:
            self._told[subject] = what
        self.changed(subject)

    def recording(self, read: Callable[[], R]) -> tuple[R, set[Subject]]:
        """Runs ``read`` and tells which subjects it looked at."""
        self._reads = reads = set[Subject]()
        try:
            return read(), reads
        finally:
            self._reads = None

    def put(self, kind: Kind[T], current: T) -> T | None:
        """An object as the API has it now; returns what is kept of it, if that is another than before."""
        path = current.path
        rows, states = self._rows[kind.name], self._stated[kind.name]
        before = rows.get(path)
        remains, faults = sound(current)
        row, stated = KEPT[kind](remains) if remains is not None else before, stated_half(kind, current)
        is_rejudged = self._judge(kind, path, current, faults, Left.of(remains, before))
        if row is None:
            states[path] = stated
        elif before != row:
            rows[path] = row
            states[path] = stated
            self._touch(kind, path, before, row)
            return row  # type: ignore[return-value]
        elif states[path] != stated:
            states[path] = stated
            self.restated((kind.name, path))
        if is_rejudged:
            self.changed((kind.name, path))
        return None

    def drop(self, kind: Kind[T], path: str) -> T | None:
        """An object that the API has no more; returns what was kept of it."""
        row = self._rows[kind.name].pop(path, None)
        self._stated[kind.name].pop(path, None)
        self._judgements.pop((kind.name, path), None)
        if row is not None:
            self._touch(kind, path, row, None)
        return row  # type: ignore[return-value]

    def judgement(self, kind: Kind[Any], path: str) -> Judgement | None:
        """What was found when an object was held against its rules; None of one that is not there."""
        stated = self._stated[kind.name].get(path)
        if stated is None:
            return None
        conditions = stated.status.get("conditions", ())
        return self._judgements.get((kind.name, path), SOUND)._replace(
            current=self._rows[kind.name].get(path),
            rivalry=self._contradictions.of(kind, path, self._rows[kind.name]),
            is_said=any((entry["type"], entry["status"]) == (VALIDATED, "False") for entry in conditions),
        )

    def _judge(
        self, kind: Kind[Any], path: str, current: Resource, faults: tuple[Cause, ...], left: Left
    ) -> bool:
        """Remembers what speaks against an object; returns whether that is another than before."""
        before = self._judgements.pop((kind.name, path), None)
        found = Judgement(faults, left, current.is_being_deleted) if faults else None
        if found is not None:
            self._judgements[kind.name, path] = found
        return found != before

    def _touch(self, kind: Kind[Any], path: str, before: Resource | None, after: Resource | None) -> None:
        self.changed((kind.name, path))
        self.changed((kind.name, EVERY))
        for rival in self._contradictions.changed(kind, path, before, after, self._rows[kind.name]):
            self.changed((kind.name, rival))
        for what in self._asking.changed(kind, path, before, after):
            self.changed(what)
