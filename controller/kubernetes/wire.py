"""Bytes of the API into typed values: lists, single objects and the lines of a watch, one decoder a kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
import orjson

from controller.api.kinds import Kind
from controller.api.meta import ObjectMeta, Resource
from controller.kubernetes.errors import ApiError, error_of

T = TypeVar("T", bound=Resource)

MAX_LINE = 16 * 2**20
"""Bytes of one watch event; etcd refuses objects above 1.5 MiB, so a longer line is no watch event."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A collection, or a part of it, and the revision that it shows."""

    items: list[T]
    resource_version: str


@dataclass(frozen=True, slots=True)
class Written(Generic[T]):
    """What a write made, and the server's CLOCK_MONOTONIC moment of accepting it (None from a real Kubernetes)."""

    object: T
    accepted_ns: int | None


@dataclass(frozen=True, slots=True)
class WatchEvent(Generic[T]):
    """One line of a watch: ``type`` is ADDED, MODIFIED, DELETED or BOOKMARK (its object has a revision only)."""

    type: str
    object: T
    accepted_ns: int | None
    received_ns: int


class _ListMeta(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class _Page(msgspec.Struct, Generic[T], frozen=True, gc=False):
    metadata: _ListMeta = _ListMeta()
    items: tuple[T, ...] | None = ()


class _Line(msgspec.Struct, frozen=True, gc=False):
    type: str
    object: msgspec.Raw
    accepted_ns: int | None = msgspec.field(default=None, name="acceptedMonotonicNs")


class _Details(msgspec.Struct, frozen=True):
    name: str = ""
    uid: str = ""


class _Header(msgspec.Struct, frozen=True):
    kind: str = ""
    details: _Details | None = None


_LINE = msgspec.json.Decoder(_Line)
_HEADER = msgspec.json.Decoder(_Header)


@cache
def _object_decoder(kind_type: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind_type)


@cache
def _page_decoder(kind_type: type[Any]) -> msgspec.json.Decoder[Any]:
    page: Any = _Page[kind_type]  # type: ignore[valid-type]
    return msgspec.json.Decoder(page)


def identity(kind: Kind[T], namespace: str, name: str, uid: str = "", resource_version: str = "") -> T:
    """An object of which only the identity is known."""
    return kind.type(
        metadata=ObjectMeta(name=name, namespace=namespace, uid=uid, resource_version=resource_version)
    )


def encode(kind: Kind[T], value: T | dict[str, Any]) -> bytes:
    """The JSON of an object, with the type header that Structs leave out as a default."""
    document = value if isinstance(value, dict) else msgspec.to_builtins(value)
    return orjson.dumps({"apiVersion": kind.api_version, "kind": kind.name, **document})


def decode(kind: Kind[T], body: bytes) -> T:
    """One object. Raises ``ApiError`` with status 0 when the body is not of the kind."""
    try:
        found: T = _object_decoder(kind.type).decode(body)
    except msgspec.MsgspecError as error:
        raise ApiError(0, "Malformed", f"{kind.name}: {error}") from error
    return found


def decode_deleted(kind: Kind[T], body: bytes, namespace: str | None) -> T:
    """What a deletion answers: the object, or a ``Status`` that only names it."""
    header = _HEADER.decode(body)
    if header.kind != "Status":
        return decode(kind, body)
    details = header.details or _Details()
    return identity(kind, namespace or "", details.name, details.uid)


def decode_page(kind: Kind[T], body: bytes) -> tuple[tuple[T, ...], str, str]:
    """One page of a list: its items, its resourceVersion, and the token of the next page ("" at the end)."""
    try:
        page = _page_decoder(kind.type).decode(body)
    except msgspec.MsgspecError as error:
        raise ApiError(0, "Malformed", f"list of {kind.plural}: {error}") from error
    return page.items or (), page.metadata.resource_version, page.metadata.continue_


def decode_line(kind: Kind[T], line: bytes, received_ns: int) -> WatchEvent[T]:
    """One event of a watch. Raises the ``ApiError`` that an ERROR event tells."""
    try:
        event = _LINE.decode(line)
    except msgspec.MsgspecError as error:
        raise ApiError(0, "Malformed", f"watch of {kind.plural}: {error}") from error
    if event.type == "ERROR":
        raise error_of(0, bytes(event.object))
    return WatchEvent(event.type, decode(kind, bytes(event.object)), event.accepted_ns, received_ns)


class Lines:
    """Cuts a stream of chunks into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The lines that ``chunk`` completes. Raises ``ApiError`` when one grows beyond ``MAX_LINE``."""
        *complete, rest = chunk.split(b"\n")
        if complete:
            complete[0] = self._rest + complete[0]
            self._rest = rest
        else:
            self._rest += rest
        if len(self._rest) > MAX_LINE:
            raise ApiError(0, "Malformed", f"a watch event of more than {MAX_LINE} bytes")
        return (line for line in complete if line.strip())
