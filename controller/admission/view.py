"""The other objects, as rules see them.

A rule that looked at every pod would make the ten-thousandth pod ten thousand times as dear as the first, so whoever
asks for a review offers look-ups by name and by the value of a field.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from controller.api.kinds import Kind
from controller.api.meta import Resource

T = TypeVar("T", bound=Resource)
Document = Mapping[str, Any]


class View(Protocol):
    """What an API server, or a webhook with informers, offers to rules. Documents are only read."""

    def get(self, kind: str, name: str, namespace: str | None = None) -> Document | None:
        """One object, None if it does not exist."""

    def list(self, kind: str) -> Iterable[Document]:
        """Every object of a kind; for kinds of which there are few."""

    def index(self, kind: str, path: str) -> Mapping[str, Sequence[str]]:
        r"""Names ("namespace/name" where namespaced) of the objects of a kind by the text that they have at a path.

        Members of the path are separated by dots; a dot within a member is written `\\.`.
        """


def typed(kind: Kind[T], document: Document) -> T:
    """The typed form of a document whose structure was checked; raises msgspec.ValidationError if it was not."""
    return msgspec.convert(document, kind.type)


def get(view: View, kind: Kind[T], name: str, namespace: str | None = None) -> T | None:
    """One object, typed."""
    document = view.get(kind.name, name, namespace)
    return None if document is None else typed(kind, document)


def every(view: View, kind: Kind[T]) -> Iterator[T]:
    """Every object of a kind, typed."""
    return (typed(kind, document) for document in view.list(kind.name))
