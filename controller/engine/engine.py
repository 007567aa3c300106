"""Who must be asked again after a change, what they answer, and what that changes in the world.

Incremental and full differ in nothing but the list of owners: those whose subjects changed, or everyone there is, which
includes everyone who still has rows in NB. Re-verification at restart, removal of duplicates and cleaning up after the
dead are therefore the same diff.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from controller.api.kinds import Kind
from controller.engine import statement
from controller.engine.fragment import NOTHING, Fragment, Notice
from controller.engine.reconciler import Reconciler
from controller.engine.view import Subject, View
from controller.northbound import delta
from controller.northbound.replica import Replica
from controller.northbound.rows import RowKey
from controller.northbound.sharing import Sharing

Owner = str
"""``reconciler/path``: one reconciler's answer for one object. It is the tag of the rows in NB."""


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
    """Keeps what every owner last wanted, and whom that depends on. ``woken`` is called when someone must be asked."""

    def __init__(self, view: View, replica: Replica, reconcilers: Sequence[Reconciler]) -> None:
        self._view = view
        self._replica = replica
        self._sharing = Sharing(replica)
        self._reconcilers = {entry.name: entry for entry in reconcilers}
        self._of_kind: dict[str, list[Reconciler]] = {}
        for entry in reconcilers:
            self._of_kind.setdefault(entry.kind.name, []).append(entry)
        self._fragments: dict[Owner, Fragment] = {}
        self._reads: dict[Owner, frozenset[Subject]] = {}
        self._readers: dict[Subject, set[Owner]] = {}
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
        """Every owner there is: of each object, of each row of ours, of each answer that is remembered."""
        owners = dict.fromkeys(
            f"{entry.name}/{path}"
            for entry in self._reconcilers.values()
            for path in self._view.paths(entry.kind)
        )
        owners.update(dict.fromkeys(self._replica.owners()))
        owners.update(dict.fromkeys(self._fragments))
        return list(owners)

    def subject(self, owner: Owner) -> tuple[Reconciler | None, str]:
        """The reconciler and the path of the object that an owner stands for; None for a reconciler of another time."""
        name, _, path = owner.partition("/")
        return self._reconcilers.get(name), path

    def plan(self, owners: Iterable[Owner], now: str) -> Plan:
        """Asks ``owners`` and diffs their answers with the world. ``now`` is RFC 3339."""
        plan = Plan(deltas=[], effects=[])
        for owner in owners:
            plan.owners += 1
            self._due.pop(owner, None)
            before = self._fragments.get(owner, NOTHING)
            fragment = self._ask(owner)
            shared = (
                *self._sharing.replace(before.members, fragment.members),
                *self._sharing.settle(fragment.rows),
            )
            changes = (*delta.differ(owner, fragment.rows, self._replica), *shared)
            if changes:
                plan.deltas.append(delta.Delta(owner, changes))
            effect = self._effect(owner, fragment, before, now)
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

    def _ask(self, owner: Owner) -> Fragment:
        reconciler, path = self.subject(owner)
        if reconciler is None:
            return NOTHING

        def ask() -> Fragment:
            current = self._view.get(reconciler.kind, path)
            if current is None:
                self._problems.pop(owner, None)
                return NOTHING
            return reconciler(current, self._view)

        fragment, reads = self._view.recording(ask)
        problems = self._problems.get(owner)
        if problems is not None:
            notices = (*fragment.notices, *problems.values())
            fragment = msgspec.structs.replace(fragment, notices=notices)
        self._remember(owner, fragment, reads)
        return fragment  # type: ignore[no-any-return]

    def _remember(self, owner: Owner, fragment: Fragment, reads: frozenset[Subject]) -> None:
        before = self._reads.get(owner, frozenset())
        for subject in before - reads:
            readers = self._readers[subject]
            readers.discard(owner)
            if not readers:
                del self._readers[subject]
        for subject in reads - before:
            self._readers.setdefault(subject, set()).add(owner)
        if fragment is NOTHING and len(reads) == 1:
            # Nothing wanted and nothing read but its own absence: the event that ends that wakes the owner by itself.
            for subject in reads:
                self._readers[subject].discard(owner)
                if not self._readers[subject]:
                    del self._readers[subject]
            self._reads.pop(owner, None)
            self._fragments.pop(owner, None)
        else:
            self._reads[owner] = reads
            self._fragments[owner] = fragment

    def _effect(self, owner: Owner, fragment: Fragment, before: Fragment, now: str) -> Effect | None:
        reconciler, path = self.subject(owner)
        if reconciler is None:
            return None
        stated = self._view.stated(reconciler.kind, path)
        if stated is None:
            return None
        patch = statement.differ(fragment, stated, now)
        notices = tuple(notice for notice in fragment.notices if notice not in before.notices)
        if not patch and not notices and fragment.gone_after is None:
            return None
        return Effect(owner, reconciler.kind, path, stated.uid, patch, fragment.gone_after, notices)

    def _subject_changed(self, subject: Subject) -> None:
        kind, path = subject
        for reconciler in self._of_kind.get(kind, ()):
            if path != "*":
                self.touch(f"{reconciler.name}/{path}")
        for owner in self._readers.get(subject, ()):
            self.touch(owner)

    def _subject_restated(self, subject: Subject) -> None:
        kind, path = subject
        for reconciler in self._of_kind.get(kind, ()):
            owner = f"{reconciler.name}/{path}"
            stated = self._view.stated(reconciler.kind, path)
            fragment = self._fragments.get(owner, NOTHING)
            if stated is not None and statement.differ(fragment, stated, ""):
                self.touch(owner)

    def _rows_observed(self, owners: set[Owner]) -> None:
        for owner in owners:
            rows = self._fragments.get(owner, NOTHING).rows
            if delta.differ(owner, rows, self._replica) or any(self._sharing.settle(rows)):
                self.touch(owner)

    def _row_appeared(self, key: RowKey) -> None:
        for owner in self._awaiting.pop(key, ()):
            self.touch(owner)
