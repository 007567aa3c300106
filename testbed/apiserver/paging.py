"""Lists in pages: what is read page by page must be one moment's state, or a client would watch from a wrong revision.

The first page keeps the list as it was then. That costs references only, since objects are never changed in place, and
is bounded in number and time; who comes too late is told to list anew, as Kubernetes tells those whom its compaction
overtook.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from testbed.apiserver.revision import Entry
from testbed.apiserver.status import bad_request, expired

KEPT = 32
"""Lists kept for those who are on their way through them; the one longest unread goes first."""
LIFETIME_S = 300.0
"""Seconds that a list is kept; Kubernetes keeps revisions for five minutes before it compacts them."""

Question = tuple[str, ...]
"""What a list answers: collection and selectors. A token continues the same question only."""


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list at a revision; ``token`` continues it unless it is empty, ``remaining`` objects are to come."""

    entries: Sequence[Entry]
    revision: int
    token: str = ""
    remaining: int = 0


@dataclass(frozen=True, slots=True)
class _Kept:
    question: Question
    entries: Sequence[Entry]
    revision: int
    until: float


class Pages:
    """The lists that are being read; ``clock`` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def first(self, question: Question, entries: Sequence[Entry], revision: int, limit: int) -> Page:
        """The beginning of a list; all of it if ``limit`` is 0 or large enough."""
        if not limit or len(entries) <= limit:
            return Page(entries, revision)
        now = self._clock()
        for name in [name for name, kept in self._kept.items() if kept.until < now]:
            del self._kept[name]
        while len(self._kept) >= KEPT:
            self._kept.popitem(last=False)
        name = secrets.token_urlsafe(12)
        self._kept[name] = kept = _Kept(question, entries, revision, now + LIFETIME_S)
        return _page(name, kept, 0, limit)

    def following(self, question: Question, token: str, limit: int) -> Page:
        """The part that a token names. Raises ``ApiError`` 400 for one that is none of ours, 410 for one too old."""
        name, _, text = token.partition(".")
        if not text.isdecimal() or len(text) > 12:
            raise bad_request(f"continue: found {token[:80]!r}, allowed a token of a former page")
        kept = self._kept.get(name)
        if kept is None or kept.until < self._clock():
            raise expired("the provided continue token is too old: list again without it")
        if kept.question != question:
            raise bad_request(
                "continue: the token belongs to another list, allowed the same path and selectors"
            )
        self._kept.move_to_end(name)
        page = _page(name, kept, int(text), limit or len(kept.entries))
        if not page.token:
            del self._kept[name]
        return page


def _page(name: str, kept: _Kept, start: int, limit: int) -> Page:
    end = start + limit
    remaining = max(len(kept.entries) - end, 0)
    return Page(kept.entries[start:end], kept.revision, f"{name}.{end}" if remaining else "", remaining)
