"""Refusals as Kubernetes words them: an exception that knows its HTTP code, its reason and its causes.

Reasons and codes: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Cause:
    """One fault of an object: where it is, which rule it breaks, and a sentence with what was found and allowed."""

    field: str
    reason: str
    message: str


class ApiError(Exception):
    """A request that is refused; rendered as a Kubernetes ``Status`` with HTTP status ``code``."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        kind: str = "",
        group: str = "",
        name: str = "",
        causes: Sequence[Cause] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.kind = kind
        self.group = group
        self.name = name
        self.causes = tuple(causes)

    def body(self) -> bytes:
        """The ``Status`` object as JSON."""
        details: dict[
            str, Any
        ] = {}  # Also when empty: kubectl looks into it without asking whether it is there.
        for key, value in (("name", self.name), ("group", self.group), ("kind", self.kind)):
            if value:
                details[key] = value
        if self.causes:
            details["causes"] = [
                {"reason": cause.reason, "message": cause.message, "field": cause.field}
                for cause in self.causes
            ]
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": details,
            "code": self.code,
        }
        return orjson.dumps(status)


def bad_request(message: str) -> ApiError:
    """400: the request itself makes no sense."""
    return ApiError(400, "BadRequest", message)


def expired(message: str) -> ApiError:
    """410: the revision asked for is no longer known."""
    return ApiError(410, "Expired", message)


UNKNOWN_FIELD = "unknown field"
"""How the message of a cause begins that names a field which the schema does not know."""


def invalid(kind: str, group: str, name: str, causes: Sequence[Cause]) -> ApiError:
    """422: an object that breaks rules, with one cause a fault; 400 where it has fields that nobody knows."""
    if any(cause.message.startswith(UNKNOWN_FIELD) for cause in causes):
        return _undecodable(kind, group, name, causes)
    faults = [f"{cause.field}: {cause.message}" if cause.field else cause.message for cause in causes]
    listed = faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]"
    qualified = f"{kind}.{group}" if group else kind
    return ApiError(
        422,
        "Invalid",
        f'{qualified} "{name}" is invalid: {listed}',
        kind=kind,
        group=group,
        name=name,
        causes=causes,
    )


def _undecodable(kind: str, group: str, name: str, causes: Sequence[Cause]) -> ApiError:
    """400, worded as kubectl expects it where it leaves validation to the server; it shows the message alone."""
    unknown = [f'unknown field "{each.field}"' for each in causes if each.message.startswith(UNKNOWN_FIELD)]
    others = [
        f"{each.field}: {each.message}" for each in causes if not each.message.startswith(UNKNOWN_FIELD)
    ]
    faults = [*unknown, *others]
    message = f"{kind} cannot be handled as a {kind}: strict decoding error: {', '.join(faults)}"
    return ApiError(400, "BadRequest", message, kind=kind, group=group, name=name, causes=causes)
