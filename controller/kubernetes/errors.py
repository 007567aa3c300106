"""What can go wrong between us and an API server, told apart by what the caller can do about it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Cause:
    """One fault of a refused object: the path of the field, the reason as Kubernetes names it, and the sentence."""

    field: str
    reason: str
    message: str


class Unreachable(ConnectionError):
    """No answer: the server is down, going down or cut off. Whether a write took effect is unknown."""


def reason_of(error: OSError) -> str:
    """Why there was no answer, in a few words that people can act on."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return error.strerror or str(error) or type(error).__name__


class ApiError(Exception):
    """The server's refusal: HTTP ``status``, Kubernetes' ``reason`` ("Conflict", "NotFound", ...) and its causes."""

    def __init__(self, status: int, reason: str, message: str, causes: tuple[Cause, ...] = ()) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.causes = causes

    @property
    def is_not_found(self) -> bool:
        """Whether the object (or the collection) does not exist."""
        return self.status == 404

    @property
    def is_conflict(self) -> bool:
        """Whether the object exists already, or has changed since it was read."""
        return self.status == 409

    @property
    def is_gone(self) -> bool:
        """Whether the asked resourceVersion is too old to go on from: list again."""
        return self.status == 410


class _StatusCause(msgspec.Struct, frozen=True):
    field: str = ""
    reason: str = ""
    message: str = ""


class _StatusDetails(msgspec.Struct, frozen=True):
    causes: tuple[_StatusCause, ...] | None = None


class _Status(msgspec.Struct, frozen=True):
    code: int = 0
    reason: str = ""
    message: str = ""
    details: _StatusDetails | None = None


_STATUS = msgspec.json.Decoder(_Status)


def error_of(http_status: int, body: bytes) -> ApiError:
    """The error that a response's body, a Kubernetes ``Status``, tells; a body that is none is quoted."""
    try:
        status = _STATUS.decode(body)
    except msgspec.MsgspecError:
        return ApiError(http_status, "Unknown", body[:500].decode("utf-8", "replace"))
    found = status.details.causes if status.details and status.details.causes else ()
    causes = tuple(Cause(entry.field, entry.reason, entry.message) for entry in found)
    return ApiError(status.code or http_status, status.reason, status.message, causes)
