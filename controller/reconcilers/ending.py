"""What others still need does not go: whoever deletes it is told who that is, and it goes by itself once nobody does.

An API server with this controller's admission refuses such a deletion at once. On any other the finalizer holds the
object, and nothing of it goes before its users have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from controller.api.meta import Condition, Resource
from controller.engine.fragment import Fragment, Notice
from controller.engine.usage import Users

IN_USE = "InUse"
SHOWN = 3
"""How many users are named."""

RELEASED = Fragment(finalizer=False)
WAITS = Notice(
    "Warning",
    IN_USE,
    f"it is being deleted, but others use it: the condition {IN_USE} says who; it goes once nobody does",
)


def needed(subject: Resource, fragment: Fragment, users: Callable[[], Users | None]) -> Fragment:
    """What an object needs that others may need: ``fragment``, and nothing once it is deleted and unused.

    ``users`` is asked only of an object that is being deleted; None is that it cannot be known yet.
    """
    if not subject.is_being_deleted:
        return msgspec.structs.replace(fragment, finalizer=True)
    found = users()
    if found is None:
        return fragment
    if not found.count:
        return RELEASED
    return msgspec.structs.replace(
        fragment,
        conditions=(*fragment.conditions, _in_use(found)),
        notices=(*fragment.notices, WAITS),
    )


def named(users: Iterable[str]) -> Users:
    """Users of which there are few."""
    names = sorted(users)
    return Users(len(names), tuple(names[:SHOWN]))


def _in_use(users: Users) -> Condition:
    more = ", ..." if users.count > len(users.names) else ""
    message = f"used by {users.count}: {', '.join(users.names)}{more}"
    return Condition(type=IN_USE, status="True", reason="BeingDeleted", message=message)
