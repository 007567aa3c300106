"""Who must be asked again after a change, what they answer, and what that changes in the world.

Incremental and full differ in nothing but the list of owners: those whose subjects changed, or everyone there is, which
includes everyone who still has rows in NB. Re-verification at restart, removal of duplicates and cleaning up after the
dead are therefore the same diff.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from controller.api.kinds import Kind
from controller.engine import statement
from controller.engine.fragment import NOTHING, Fragment, Notice
from controller.engine.readings import Readings
from controller.engine.reconciler import Reconciler
from controller.engine.subjects import EVERY, Owner, Subject
from controller.engine.view import View
from controller.northbound import delta
from controller.northbound.replica import Replica
from controller.northbound.rows import Member, RowKey
from controller.northbound.sharing import Sharing

log = logging.getLogger(__name__)

NOT_COMPILED = "NotCompiled"
"""Reason of the event on an object that a reconciler could make nothing of, which is a defect of that reconciler."""

MOST_COMPARED = 2_000
"""Owners whose rows changed in NB that are looked at at once; of more, those that wrote none have to wait."""


class Effect(msgspec.Struct, frozen=True, gc=False):
    """What an owner wants done in the API, after NB has taken its rows."""

    owner: Owner
    kind: Kind[Any]
    path: str
    uid: str
    patch: statement.Patch
    gone_after: RowKey | None
    notices: tuple[Notice, ...]

    def notices_alone(self) -> Effect:
        """What may be told although NB did not take the rows."""
        return msgspec.structs.replace(self, patch=statement.NO_PATCH, gone_after=None)


class Plan(msgspec.Struct):
    """The difference between what some owners want and what there is."""

    owners: int = 0
    deltas: list[delta.Delta] = []
    effects: list[Effect] = []


class Engine:
    """Knows whom a change concerns, and what of their former answers must be known to make a difference.

    What an owner wants is not kept, since its reconciler can be asked again: only the answers of the latest plan are,
    with which NB's and the API's reactions to it are compared. ``woken`` is called when someone must be asked.
    """

    def __init__(self, view: View, replica: Replica, reconcilers: Sequence[Reconciler]) -> None:
        self._view = view
        self._replica = replica
        self._sharing = Sharing(replica)
        self._reconcilers = {entry.name: entry for entry in reconcilers}
        self._of_kind: dict[str, list[Reconciler]] = {}
        for entry in reconcilers:
            self._of_kind.setdefault(entry.kind.name, []).append(entry)
        self._latest: dict[Owner, Fragment] = {}
        self._members: dict[Owner, tuple[Member, ...]] = {}
        self._told: dict[Owner, tuple[Notice, ...]] = {}
        self._readings = Readings()
        self._awaiting: dict[RowKey, set[Owner]] = {}
        self._problems: dict[Owner, dict[str, Notice]] = {}
        self._due: dict[Owner, None] = {}
        self.woken: Callable[[], None] = lambda: None
        view.changed = self._subject_changed
        view.restated = self._subject_restated
        replica.observed = self._rows_observed
        replica.appeared = self._row_appeared

    @property
    def due(self) -> int:
        """How many owners must be asked again."""
        return len(self._due)

    def touch(self, owner: Owner) -> None:
        """The owner must be asked again."""
        self._due[owner] = None
        self.woken()

    def take(self, limit: int) -> list[Owner]:
        """Up to ``limit`` owners that must be asked, the longest waiting first; they are due no more."""
        owners = list(itertools.islice(self._due, limit))
        for owner in owners:
            del self._due[owner]
        return owners

    def everyone(self) -> list[Owner]:
        """Every owner there is: of each object, of each row of ours, of each answer that others must be told of."""
        owners = dict.fromkeys(
            f"{entry.name}/{path}"
            for entry in self._reconcilers.values()
            for path in self._view.paths(entry.kind)
            if self._is_concerned(entry, path)
        )
        owners.update(dict.fromkeys(self._replica.owners()))
        owners.update(dict.fromkeys(self._readings))
        return list(owners)

    def subject(self, owner: Owner) -> tuple[Reconciler | None, str]:
        """The reconciler and the path of the object that an owner stands for; None for a reconciler of another time."""
        name, _, path = owner.partition("/")
        return self._reconcilers.get(name), path

    def plan(self, owners: Iterable[Owner], now: str) -> Plan:
        """Asks ``owners`` and diffs their answers with the world. ``now`` is RFC 3339."""
        plan = Plan(deltas=[], effects=[])
        self._latest = {}
        for owner in owners:
            plan.owners += 1
            self._due.pop(owner, None)
            reconciler, path = self.subject(owner)
            try:
                fragment = self._latest[owner] = self._ask(owner, reconciler, path)
            except Exception as error:
                plan.effects += self._failed(owner, reconciler, path, error, now)
                continue
            changes = (
                *delta.differ(owner, fragment.rows, self._replica),
                *self._share(owner, fragment.members),
                *self._sharing.settle(fragment.rows),
            )
            if changes:
                plan.deltas.append(delta.Delta(owner, changes))
            notices = self._news(owner, fragment.notices)
            effect = self._effect(owner, reconciler, path, fragment, notices, now)
            if effect is not None:
                plan.effects.append(effect)
        return plan

    def heard_everyone(self) -> list[Owner]:
        """Everyone has been asked once, so it is known what nobody wants; who has shared sets is to be asked again."""
        self._sharing.complete = True
        return sorted(self._replica.owners_of_sets())

    def trouble(self, owner: Owner, reason: str, message: str) -> None:
        """Something stands in the owner's way: its object gets a Warning event with the reason, once."""
        notice = Notice("Warning", reason, message)
        problems = self._problems.setdefault(owner, {})
        if problems.get(reason) != notice:
            problems[reason] = notice
            self.touch(owner)

    def untrouble(self, owner: Owner, reason: str) -> None:
        """That does not stand in the owner's way any more."""
        problems = self._problems.get(owner, {})
        if problems.pop(reason, None) is not None and not problems:
            del self._problems[owner]

    def await_row(self, owner: Owner, key: RowKey) -> None:
        """The owner is to be asked again when a row of that name appears, now if it has meanwhile."""
        if self._replica.uuid(key) is not None:
            self.touch(owner)
            return
        self._awaiting.setdefault(key, set()).add(owner)

    def _ask(self, owner: Owner, reconciler: Reconciler | None, path: str) -> Fragment:
        current = self._current(reconciler, path) if reconciler is not None else None
        if reconciler is None or current is None:
            self._problems.pop(owner, None)
            self._readings.replace(owner, frozenset())
            return NOTHING
        fragment, reads = self._view.recording(lambda: reconciler(current, self._view))
        reads.discard((reconciler.kind.name, path))  # Of its own object an owner is told anyway.
        self._readings.replace(owner, reads)
        problems = self._problems.get(owner)
        if problems is not None:
            notices = (*fragment.notices, *problems.values())
            fragment = msgspec.structs.replace(fragment, notices=notices)
        return fragment

    def _current(self, reconciler: Reconciler, path: str) -> Any:
        """What a reconciler is asked about: the object, or what was found when it was judged."""
        source = self._view.judgement if reconciler.judges else self._view.get
        return source(reconciler.kind, path)

    def _failed(
        self, owner: Owner, reconciler: Reconciler | None, path: str, error: Exception, now: str
    ) -> list[Effect]:
        """An object that nobody thought of stops no other: what was made of it stays, and it says what happened."""
        log.error("%s", owner, exc_info=error)
        notice = Notice("Warning", NOT_COMPILED, f"{type(error).__name__}: {error}")
        news = self._news(owner, (notice,))
        effect = self._effect(owner, reconciler, path, NOTHING, news, now)
        return [effect] if effect is not None else []

    def _share(self, owner: Owner, members: tuple[Member, ...]) -> Iterable[delta.Change]:
        """What the owner wants in shared sets from now on."""
        before = self._members.get(owner, ())
        if members:
            self._members[owner] = members
        elif before:
            del self._members[owner]
        else:
            return ()
        return self._sharing.replace(before, members)

    def _news(self, owner: Owner, notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
        """The notices that were not told when the owner was last asked."""
        before = self._told.get(owner, ())
        if notices:
            self._told[owner] = notices
        elif before:
            del self._told[owner]
        return tuple(notice for notice in notices if notice not in before)

    def _effect(
        self,
        owner: Owner,
        reconciler: Reconciler | None,
        path: str,
        fragment: Fragment,
        notices: tuple[Notice, ...],
        now: str,
    ) -> Effect | None:
        stated = self._view.stated(reconciler.kind, path) if reconciler is not None else None
        if reconciler is None or stated is None:
            return None
        patch = statement.differ(fragment, stated, now)
        if not patch and not notices and fragment.gone_after is None:
            return None
        return Effect(owner, reconciler.kind, path, stated.uid, patch, fragment.gone_after, notices)

    def _wanted(self, owner: Owner) -> Fragment:
        """What the owner wants, without the trace that asking leaves."""
        if (fragment := self._latest.get(owner)) is not None:
            return fragment
        reconciler, path = self.subject(owner)
        current = self._current(reconciler, path) if reconciler is not None else None
        if reconciler is None or current is None:
            return NOTHING
        try:
            return reconciler(current, self._view)
        except Exception:  # It is told when the owner is asked.
            return NOTHING

    def _is_concerned(self, reconciler: Reconciler, path: str) -> bool:
        """Whether an object gives its reconciler anything to do, or did."""
        if reconciler.concerns is None:
            return True
        current = self._current(reconciler, path)
        if current is not None and reconciler.concerns(current):
            return True
        owner = f"{reconciler.name}/{path}"
        return owner in self._readings or owner in self._problems or any(self._replica.of_owner(owner))

    def _subject_changed(self, subject: Subject) -> None:
        kind, path = subject
        if path != EVERY:
            for reconciler in self._of_kind.get(kind, ()):
                if self._is_concerned(reconciler, path):
                    self.touch(f"{reconciler.name}/{path}")
        for owner in self._readings.readers(subject):
            self.touch(owner)

    def _subject_restated(self, subject: Subject) -> None:
        kind, path = subject
        for reconciler in self._of_kind.get(kind, ()):
            owner = f"{reconciler.name}/{path}"
            stated = self._view.stated(reconciler.kind, path)
            if stated is not None and statement.differ(self._wanted(owner), stated, ""):
                self.touch(owner)

    def _rows_observed(self, owners: set[Owner]) -> None:
        are_few = len(owners) <= MOST_COMPARED
        for owner in owners:
            if are_few or owner in self._latest:
                rows = self._wanted(owner).rows
                if not delta.differ(owner, rows, self._replica) and not any(self._sharing.settle(rows)):
                    continue
            self.touch(owner)

    def _row_appeared(self, key: RowKey) -> None:
        for owner in self._awaiting.pop(key, ()):
            self.touch(owner)
