"""The diff towards the API: what must be patched so that an object says what its fragment wants it to say."""

from __future__ import annotations

from typing import Any

import msgspec

from controller.api.meta import Condition
from controller.engine.fragment import Fragment
from controller.engine.keeping import Stated


class Patch(msgspec.Struct, frozen=True, gc=False):
    """The fields that differ, as merge patches of the object's annotations, its status and its specification.

    ``finalizer``: whether ours is to come (True) or to go (False), if either.
    """

    annotations: dict[str, str | None]
    status: dict[str, Any]
    finalizer: bool | None = None
    spec: dict[str, Any] = {}

    def __bool__(self) -> bool:
        return bool(self.annotations or self.status or self.spec or self.finalizer is not None)


NO_PATCH = Patch({}, {})


def differ(wanted: Fragment, stated: Stated, now: str) -> Patch:
    """What turns ``stated`` into what ``wanted`` says. ``now`` (RFC 3339) dates conditions whose status changes."""
    annotations = {
        name: value for name, value in wanted.annotations.items() if stated.annotations.get(name) != value
    }
    status = {
        name: value
        for name, value in wanted.status.items()
        if stated.status.get(name, type(value)()) != value
    }
    if wanted.conditions:
        conditions = _conditions(wanted.conditions, stated.status.get("conditions", []), now)
        if conditions is not None:
            status["conditions"] = conditions
    finalizer = wanted.finalizer if wanted.finalizer is not stated.is_held else None
    return Patch(annotations, status, finalizer, wanted.spec)


def merged(stated: Stated, patch: Patch) -> Stated:
    """What the object says once ``patch`` is in force: just as the API will tell it, where nothing empty is written."""
    annotations = {**stated.annotations, **patch.annotations}
    status = {**stated.status, **patch.status}
    if "conditions" in patch.status:
        status["conditions"] = [_without_empty(entry) for entry in patch.status["conditions"]]
    return Stated(
        stated.uid,
        {name: value for name, value in annotations.items() if value is not None},
        _without_empty(status),
        stated.is_held if patch.finalizer is None else patch.finalizer,
    )


def _without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value != type(value)()}


def _conditions(
    wanted: tuple[Condition, ...], present: list[dict[str, Any]], now: str
) -> list[dict[str, Any]] | None:
    """The whole list of conditions, or None if none differs: a merge patch replaces lists as a whole."""
    by_type = {entry["type"]: entry for entry in present}
    differs = False
    for condition in wanted:
        before = by_type.get(condition.type, {})
        after = {
            "type": condition.type,
            "status": condition.status,
            "reason": condition.reason,
            "message": condition.message,
        }
        if all(before.get(name, "") == value for name, value in after.items()):
            continue
        differs = True
        same_status = before.get("status") == condition.status
        after["lastTransitionTime"] = before.get("lastTransitionTime", now) if same_status else now
        after["lastUpdateTime"] = now
        by_type[condition.type] = after
    return list(by_type.values()) if differs else None
