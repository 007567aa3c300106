"""Faults as Kubernetes classes them, each with what was found and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from testbed.apiserver.status import Cause
from testbed.apiserver.structure import quoted


def invalid(field: str, found: Any, allowed: str) -> Cause:
    """The value can never be right there."""
    return Cause(field, "FieldValueInvalid", f"found {quoted(found)}, allowed {allowed}")


def unsupported(field: str, found: Any, allowed: Iterable[str]) -> Cause:
    """The value is none of those that exist."""
    return Cause(field, "FieldValueNotSupported", f"found {quoted(found)}, allowed {', '.join(allowed)}")


def required(field: str, allowed: str) -> Cause:
    """A value is missing."""
    return Cause(field, "FieldValueRequired", f"found nothing, allowed {allowed}")


def forbidden(field: str, why: str) -> Cause:
    """The value may not be there, or not be changed."""
    return Cause(field, "FieldValueForbidden", why)


def duplicate(field: str, found: Any) -> Cause:
    """The value is there twice."""
    return Cause(field, "FieldValueDuplicate", f"found {quoted(found)} twice, allowed once")


def unchanged(path: str, new: Any, old: Any) -> Iterator[Cause]:
    """What was chosen once cannot be changed."""
    if new != old:
        yield Cause(
            path, "FieldValueInvalid", "found another value, allowed no change: the field is immutable"
        )
