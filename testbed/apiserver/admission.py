"""Admission: rules that hold an object against the others, plugged in by the system under test.

The rules are pure functions in a module of their own; here is what they see of the store. A rule that looks at every
pod would make the ten-thousandth pod ten thousand times as dear as the first, so the view offers look-ups by name and
indexes by the value of a field, kept up to date by every write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol

import orjson

from testbed.apiserver.store import Store

Document = dict[str, Any]

CREATE, UPDATE, DELETE = "CREATE", "UPDATE", "DELETE"


_BETWEEN_KEYS = re.compile(r"(?<!\\)\.")


class Fault(Protocol):
    """What a rule reports: a cause by any class of its own."""

    @property
    def field(self) -> str:
        """Path of the field that is at fault."""

    @property
    def reason(self) -> str:
        """Kubernetes' name of the kind of fault."""

    @property
    def message(self) -> str:
        """What was found and what is allowed."""


class Kept(Protocol):
    """Something that is kept up to date by every write."""

    def update(self, path: str, document: Document | None) -> None:
        """The object at ``path`` is now ``document``, or gone."""


class Index:
    """Which objects of a kind have which value at a path, in no order: maintained by the store, read by rules."""

    def __init__(self, path: str) -> None:
        self._keys = tuple(key.replace("\\.", ".") for key in _BETWEEN_KEYS.split(path))
        self._value_of: dict[str, str] = {}
        self._position: dict[str, int] = {}
        self.values: dict[str, list[str]] = {}

    def update(self, path: str, document: Document | None) -> None:
        """The object at ``path`` is now ``document``, or gone."""
        before = self._value_of.get(path)
        value: Any = document
        for key in self._keys:
            value = value.get(key) if isinstance(value, dict) else None
        after = value if isinstance(value, str) and value else None
        if before == after:
            return
        if before is not None:
            self._take(path, before)
        if after is not None:
            names = self.values.setdefault(after, [])
            self._position[path] = len(names)
            self._value_of[path] = after
            names.append(path)

    def _take(self, path: str, value: str) -> None:
        """Takes a name out by putting the last one in its place: as cheap among 10,000 as among ten."""
        names = self.values[value]
        last, position = names.pop(), self._position.pop(path)
        del self._value_of[path]
        if last != path:
            names[position] = last
            self._position[last] = position
        elif not names:
            del self.values[value]


class View:
    """The objects as rules see them. Documents are shared between calls: they must not be changed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, kind: str, name: str, namespace: str | None = None) -> Document | None:
        """One object, or None. Raises ``KeyError`` for a kind that is not served."""
        entry = self._store.collections[kind].get(namespace or "", name)
        return _decoded(entry.body) if entry else None

    def list(self, kind: str) -> Iterator[Document]:
        """All objects of a kind in the order of their names, each decoded when it is reached."""
        for entry in self._store.collections[kind].entries():
            yield _decoded(entry.body)

    def index(self, kind: str, path: str) -> Mapping[str, Sequence[str]]:
        """Names of a kind's objects (``namespace/name`` where namespaced) by their text at a path.

        ``path`` is dotted, such as ``spec.v4IpAddress``; a dot within a key has a backslash before it. Built at
        the first call and kept from then on; objects without the field, or with an empty one, are not in it.
        """
        collection = self._store.collections[kind]
        if path not in collection.indexes:
            self.keep(kind, path, Index(path))
        values: Mapping[str, Sequence[str]] = collection.indexes[path].values
        return values

    def keep(self, kind: str, name: str, index: Kept) -> None:
        """Tells ``index`` of every object of a kind that is there, and from now on of every change."""
        collection = self._store.collections[kind]
        for entry in collection.entries():
            index.update(entry.path, orjson.loads(entry.body))
        collection.indexes[name] = index


Review = Callable[[str, str, Document | None, Document | None, View], Sequence[Fault]]
"""``review(operation, kind, new, old, view)``: the faults of a write; operation is CREATE, UPDATE or DELETE."""


def nothing_to_object(
    operation: str, kind: str, new: Document | None, old: Document | None, view: View
) -> Sequence[Fault]:
    """The review of a server without admission rules."""
    return ()


def load(module: str | None) -> Review:
    """The review of the module named, or one that lets everything pass. Raises ``ValueError`` if there is none."""
    if module is None:
        return nothing_to_object
    try:
        review: Review = import_module(module).review
    except (ImportError, AttributeError) as error:
        raise ValueError(f"admission module {module!r}: {error}") from error
    return review


@lru_cache(maxsize=4096)
def _decoded(body: bytes) -> Document:
    document: Document = orjson.loads(body)
    return document
