"""What a rule asks for: writes as data, so that rules stay pure and one place does them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.api.kinds import Kind
from controller.api.meta import Resource
from testbed.workloads.objects import Document


@dataclass(frozen=True, slots=True)
class Create:
    """A new object. Its name is decided, so that asking again cannot make a second one."""

    kind: Kind[Any]
    document: Document


@dataclass(frozen=True, slots=True)
class Patch:
    """A merge patch of an object, or of a subresource of it; of this very object, by its uid."""

    kind: Kind[Any]
    entry: Resource
    patch: Document
    subresource: str | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """The end of an object, this very one; ``grace_seconds`` of 0 does not wait for its kubelet."""

    kind: Kind[Any]
    entry: Resource
    grace_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Tell:
    """An Event for people: ``type`` is Normal or Warning."""

    type: str
    reason: str
    message: str


@dataclass(slots=True)
class Plan:
    """What an object needs now; ``again_in`` seconds it has to be looked at again even if nothing changes.

    ``rest_s``: how many seconds at least it is not looked at again, so that changes come together.
    """

    writes: list[Patch | Delete] = field(default_factory=list)
    creates: list[Create] = field(default_factory=list)
    events: list[Tell] = field(default_factory=list)
    again_in: float | None = None
    rest_s: float = 0.0

    def look_again(self, seconds: float) -> None:
        """Asks to be looked at again after so many seconds at the latest."""
        self.again_in = seconds if self.again_in is None else min(self.again_in, seconds)


def status_patch(kind: Kind[Any], entry: Any, wanted: Mapping[str, Any]) -> list[Patch]:
    """The patch that makes an object's status say what is wanted; none if it does. None means absent."""
    found: Mapping[str, Any] = entry.status
    changed = {key: value for key, value in wanted.items() if found.get(key) != value}
    return [Patch(kind, entry, {"status": changed}, "status")] if changed else []
