"""Python forms of OVSDB values: what callers hold and compare.

A scalar column is an atom, an optional column an atom or None, a set a frozenset, a map a dict. References are
strings of a type of their own, so that a UUID is never mistaken for a name.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet


class UUID(str):
    """The identity of a row that exists."""

    __slots__ = ()


class NamedUUID(str):
    """The identity of a row inserted by the same transaction, by the `uuid_name` of its insert."""

    __slots__ = ()


Atom = str | int | float | bool | UUID | NamedUUID
Value = Atom | None | AbstractSet[Atom] | tuple[Atom, ...] | Mapping[Atom, Atom]
