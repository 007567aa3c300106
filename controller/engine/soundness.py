"""What cannot be is left out of an object before anything is made of it; what remains of the object counts.

Admission refuses such objects. But one may be there nevertheless: from before the rule, or written where nobody asked.
So each is held against the same rules when it comes: an entry of a list that breaks one goes, a field that does is not
set, and an object that is nothing without it is as it was before, or as if it were not there. Nobody who reads the view
has to fear what is in it, and the object says what was left out, and why.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple, TypeVar

import msgspec

from controller.admission import Cause
from controller.admission.alone import faults as faults_of
from controller.api.meta import Resource

T = TypeVar("T", bound=Resource)
Step = str | int
"""A member by its wire name, or a place in a list."""

HALVES = ("spec", "status")
"""Where something can be left out: an object cannot do without its name, whatever that is."""

_STEPS = re.compile(r"\[(\d+)\]|\[([^\]]*)\]|([^.\[\]]+)")


class Left(Enum):
    """What is left of an object that breaks a rule."""

    REST = "left out"
    FORMER = "what it said before stays in force"
    NOTHING = "nothing is made of it"

    @classmethod
    def of(cls, remains: object | None, before: object | None) -> Left:
        """By what remains of it, and what it was before it broke the rule."""
        if remains is not None:
            return cls.REST
        return cls.FORMER if before is not None else cls.NOTHING


class Judgement(NamedTuple):
    """What speaks against an object by itself, what is left of it, and what speaks against it beside others.

    ``is_said``: whether the object says that something speaks against it.
    """

    faults: tuple[Cause, ...] = ()
    left: Left = Left.REST
    is_being_deleted: bool = False
    rivalry: tuple[Cause, ...] = ()
    current: Resource | None = None
    is_said: bool = False

    @property
    def is_news(self) -> bool:
        """Whether there is anything to be said that the object does not say already."""
        return bool(self.faults or self.rivalry or self.is_said)


SOUND = Judgement()
"""Nothing speaks against the object."""


def sound(current: T) -> tuple[T | None, tuple[Cause, ...]]:
    """What remains of an object, None if that is nothing; and what spoke against it as it was written."""
    found = faults_of(current)
    if not found:
        return current, ()
    remaining = without(current, found)
    is_usable = not any(_steps(cause)[0] in HALVES for cause in faults_of(remaining))
    return (remaining if is_usable else None), found


def without(current: T, faults: Sequence[Cause]) -> T:
    """The object without what is at fault."""
    paths = [steps for cause in faults if (steps := _steps(cause)) and steps[0] in HALVES]
    remaining: T = _without(current, paths)
    return remaining


def _steps(cause: Cause) -> tuple[Step, ...]:
    return tuple(int(place) if place else key or name for place, key, name in _STEPS.findall(cause.field))


def _without(part: Any, paths: Sequence[tuple[Step, ...]]) -> Any:
    changes: dict[str, Any] = {}
    for entry in msgspec.structs.fields(part):
        below = [path[1:] for path in paths if path[0] == entry.encode_name]
        if not below:
            continue
        value = getattr(part, entry.name)
        if isinstance(value, tuple) and all(path and isinstance(path[0], int) for path in below):
            gone = {path[0] for path in below}
            changes[entry.name] = tuple(item for place, item in enumerate(value) if place not in gone)
        elif isinstance(value, msgspec.Struct) and all(below):
            changes[entry.name] = _without(value, below)
        else:
            changes[entry.name] = _unset(entry, value)
    return msgspec.structs.replace(part, **changes)


def _unset(entry: msgspec.structs.FieldInfo, value: Any) -> Any:
    if entry.default is not msgspec.NODEFAULT:
        return entry.default
    if entry.default_factory is not msgspec.NODEFAULT:
        return entry.default_factory()
    return type(value)()
