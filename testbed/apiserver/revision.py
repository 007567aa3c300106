"""One revision of one object: the bytes that all readers share, and the event that tells watchers of it."""

from __future__ import annotations

from typing import Any

import orjson

from testbed.apiserver.kinds import Kind

ADDED, MODIFIED, DELETED = "ADDED", "MODIFIED", "DELETED"

Document = dict[str, Any]


class Entry:
    """One revision of one object: its JSON and what selectors and deletion ask of it without decoding that."""

    __slots__ = (
        "accepted_ns",
        "body",
        "fields",
        "finalizers",
        "is_being_deleted",
        "labels",
        "name",
        "namespace",
        "owners",
        "revision",
        "uid",
    )

    def __init__(self, kind: Kind, document: Document, body: bytes, revision: int, accepted_ns: int) -> None:
        metadata = document["metadata"]
        self.body = body
        self.revision = revision
        self.accepted_ns = accepted_ns
        self.is_being_deleted = "deletionTimestamp" in metadata
        self.name: str = metadata["name"]
        self.namespace: str = metadata.get("namespace", "")
        self.uid: str = metadata.get("uid", "")
        self.labels: dict[str, str] = metadata.get("labels") or _NOTHING
        self.finalizers: tuple[str, ...] = tuple(metadata.get("finalizers") or ())
        owners = metadata.get("ownerReferences")
        self.owners: tuple[str, ...] = tuple([owner["uid"] for owner in owners]) if owners else ()
        self.fields = _fields(kind, self, document)

    @property
    def path(self) -> str:
        """``namespace/name``, or the bare name of a cluster-wide object."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def document(self) -> Document:
        """The object, decoded anew: the caller's to change."""
        document: Document = orjson.loads(self.body)
        return document


class Event:
    """One revision as watchers see it. Its line is made once, for the first of those who watch when it appears."""

    __slots__ = ("_line", "entry", "kind", "old", "type")

    def __init__(self, kind: Kind, type_: str, entry: Entry, old: Entry | None) -> None:
        self.kind = kind
        self.type = type_
        self.entry = entry
        self.old = old
        self._line: bytes | None = None

    @property
    def revision(self) -> int:
        """The revision of the object that this event brought."""
        return self.entry.revision

    def line(self) -> bytes:
        """The event as one line of a watch, shared by all who watch."""
        if self._line is None:
            self._line = line(self.type, self.entry.body, self.entry.accepted_ns)
        return self._line

    def forget_line(self) -> None:
        """Lets go of the line: those who were watching have it, those who come later are few."""
        self._line = None


def serialised(document: Document) -> bytes:
    """The JSON of an object, in as much memory as it has bytes: orjson's own keep the buffer that they grew in."""
    return bytes(memoryview(orjson.dumps(document)))


def line(type_: str, body: bytes, accepted_ns: int) -> bytes:
    """One line of a watch: type, object and, beside them, when the revision was accepted."""
    return b'{"type":"%b","acceptedMonotonicNs":%d,"object":%b}\n' % (type_.encode(), accepted_ns, body)


_NOTHING: dict[str, str] = {}


def _fields(kind: Kind, entry: Entry, document: Document) -> dict[str, str]:
    fields = {"metadata.name": entry.name, "metadata.namespace": entry.namespace}
    for path, keys in kind.fields:
        value: Any = document
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            fields[path] = value if isinstance(value, str) else _text(value)
    return fields


def _text(value: Any) -> str:
    if isinstance(value, dict):  # Event's selectable "source" is its component
        return str(value.get("component", ""))
    return str(value).lower() if isinstance(value, bool) else str(value)
