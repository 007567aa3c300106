"""Rows of NB by name rather than by UUID, so that a reconciler can say what it wants before any of it exists.

Who asked for a row, and which set of which other row it hangs in, is written into its ``external_ids`` when the row is
created and never touched again: on switches and routers a later write of ``external_ids`` makes northd recompute.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

VENDOR = "vendor"
"""Key of ``external_ids`` that marks a row as this controller's own; rows without it are never touched."""
VENDOR_NAME = "kube-ovn"
OWNER = "owner"
PARENT = "parent"


class RowKey(NamedTuple):
    """A row's identity: its table and its name, which NB keeps unique there."""

    table: str
    name: str


class Place(NamedTuple):
    """The set that holds a row which cannot exist by itself, such as the ``ports`` of a switch."""

    table: str
    name: str
    column: str

    @property
    def key(self) -> RowKey:
        """The row whose column it is."""
        return RowKey(self.table, self.name)

    def __str__(self) -> str:
        return f"{self.table}/{self.column}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """The inverse of ``str``. Raises ``ValueError`` on any other text."""
        table, column, name = text.split("/", 2)
        return cls(table, name, column)


class Row(msgspec.Struct, frozen=True, gc=False):
    """A row that ought to be there. ``columns`` are in Python form; those not named are left to others.

    ``labels`` are further ``external_ids``, written at creation along with the ownership.
    """

    key: RowKey
    columns: dict[str, Any]
    place: Place | None = None
    labels: dict[str, str] = {}


MANAGED: dict[str, tuple[str, ...]] = {
    "Logical_Router": ("name", "options", "external_ids"),
    "Logical_Router_Port": ("name", "mac", "networks", "options", "external_ids"),
    "Logical_Switch": ("name", "other_config", "external_ids"),
    "Logical_Switch_Port": ("name", "type", "addresses", "port_security", "options", "external_ids"),
}
"""What is replicated of NB: every column that a reconciler may write, and no other.

The sets of references (``ports``) are missing on purpose: a row in them exists exactly as long as it is referenced, so
its existence says it all, and a switch with 10,000 ports costs what a switch with ten does.
"""
