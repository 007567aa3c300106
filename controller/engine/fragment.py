"""What an object needs of the world, as its reconciler declares it.

A reconciler speaks of its own object alone: rows in NB, and what the object itself ought to say. Where two objects have
to do with each other, one reads the other; nobody writes another's.
"""

from __future__ import annotations

from typing import Any

import msgspec

from controller.api.meta import Condition
from controller.northbound.rows import Member, Row, RowKey


class Notice(msgspec.Struct, frozen=True, gc=False):
    """Something that a person who describes the object should read: it becomes an Event.

    ``type`` is Normal or Warning.
    """

    type: str
    reason: str
    message: str


class Fragment(msgspec.Struct, frozen=True, gc=False):
    """Everything that one object needs, under one reconciler. Empty is how things are cleaned up.

    ``members``: what it wants in sets that it shares with others.
    ``annotations``: what they ought to be; None for one that ought to be absent, those not named are left alone.
    ``spec``: what its specification leaves unsaid and ought to say, by wire names: only what differs from what it says.
    ``finalizer``: whether the object must not go before this controller lets it go; None to leave that as it is.
    ``status``: fields by their wire names. ``conditions`` are merged by type and keep their transition time while their
    status stays. ``gone_after``: the object itself ought to be deleted, once NB has lost that row.
    """

    rows: tuple[Row, ...] = ()
    members: tuple[Member, ...] = ()
    annotations: dict[str, str | None] = {}
    spec: dict[str, Any] = {}
    finalizer: bool | None = None
    status: dict[str, Any] = {}
    conditions: tuple[Condition, ...] = ()
    gone_after: RowKey | None = None
    notices: tuple[Notice, ...] = ()


NOTHING = Fragment()
"""For an object that needs nothing, or nothing any more."""
