"""The shape of a printer: a kind's columns and the function that fills a row of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
Cells = list[Any]

NONE = "<none>"
UNKNOWN = "<unknown>"
UNSET = "<unset>"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; a ``priority`` above 0 shows with ``-o wide`` only."""

    name: str
    description: str
    type: str = "string"
    priority: int = 0

    def definition(self) -> dict[str, Any]:
        """The column as a ``Table`` declares it."""
        return {
            "name": self.name,
            "type": self.type,
            "format": "name" if self.name == "Name" else "",
            "description": self.description,
            "priority": self.priority,
        }


@dataclass(frozen=True, slots=True)
class Printer:
    """Columns, and the cells of one object at a moment (seconds since the epoch)."""

    columns: Sequence[Column]
    cells: Callable[[Document, float], Cells]


NAME = Column("Name", "Name of the object, unique within its namespace")
AGE = Column("Age", "Time since the object was created")


def wide(name: str, description: str) -> Column:
    """A column that shows with ``-o wide`` only."""
    return Column(name, description, priority=1)


def number(name: str, description: str) -> Column:
    """A column of integers."""
    return Column(name, description, "integer")


def member(document: Any, *path: str) -> Any:
    """What lies at a path of keys; None where there is nothing."""
    for key in path:
        if type(document) is not dict:
            return None
        document = document.get(key)
    return document


def listed(document: Any, *path: str) -> list[Any]:
    """The list at a path of keys; an empty one where there is none."""
    found = member(document, *path)
    return found if isinstance(found, list) else []
