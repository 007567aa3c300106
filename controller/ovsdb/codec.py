"""A column's values on the wire (RFC 7047, 5.1) and in Python: each column compiled once into two functions.

Decoding runs a hundred thousand times at start-up and encoding at every write, so what depends on the column's type
alone is decided beforehand. Both directions check: a server that sends another type is no OVSDB server, and a caller
that offers another type is told table, column, what was found and what is allowed before anything is sent.
"""

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Literal, Protocol

from controller.ovsdb.errors import InvalidOperation, ProtocolError
from controller.ovsdb.values import UUID, Atom, NamedUUID, Value

Kind = Literal["scalar", "optional", "set", "map"]
Decode = Callable[[Any], Value]
Encode = Callable[[Any], Any]

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SETS = {frozenset, set, tuple, list}
_INTEGERS = (-(2**63), 2**63 - 1)


class Base:
    """The type of an atom: its basic type with enumeration, bounds and the table it refers to."""

    __slots__ = ("enum", "least", "most", "reference", "type")

    def __init__(
        self,
        type: str,
        *,
        enum: tuple[Atom, ...] | None = None,
        least: float | None = None,
        most: float | None = None,
        reference: str | None = None,
    ) -> None:
        if type not in _DECODE_ATOM:
            raise ValueError(f"unknown basic type {type!r}")
        if type == "integer":
            least = _INTEGERS[0] if least is None else least
            most = _INTEGERS[1] if most is None else most
        self.type = type
        self.enum = enum
        self.least = least
        self.most = most
        self.reference = reference

    def describe(self) -> str:
        """What atoms the type takes, in words."""
        if self.enum is not None:
            return "one of " + ", ".join(sorted(map(repr, self.enum)))
        if self.type == "uuid":
            return f"UUID of a row of {self.reference}" if self.reference else "UUID"
        if self.type == "integer" and (self.least, self.most) != _INTEGERS:
            return f"integer from {self.least} to {self.most}"
        return self.type


class _Refuses(Protocol):
    """What encoding needs to know of a column."""

    kind: Kind
    key: Base
    value: Base | None
    max: int

    def refuse(self, found: object, allowed: str | None = None) -> InvalidOperation: ...


def _string(wire: Any) -> str:
    if type(wire) is str:
        return wire
    raise TypeError


def _integer(wire: Any) -> int:
    if type(wire) is int:
        return wire
    raise TypeError


def _real(wire: Any) -> float:
    if type(wire) is float or type(wire) is int:
        return float(wire)
    raise TypeError


def _boolean(wire: Any) -> bool:
    if type(wire) is bool:
        return wire
    raise TypeError


def _uuid(wire: Any) -> UUID:
    tag, uuid = wire
    if tag == "uuid" and type(uuid) is str:
        return UUID(uuid)
    raise TypeError


_DECODE_ATOM: dict[str, Callable[[Any], Atom]] = {
    "string": _string,
    "integer": _integer,
    "real": _real,
    "boolean": _boolean,
    "uuid": _uuid,
}


def compile_decode(kind: Kind, key: Base, value: Base | None, where: str) -> Decode:
    """The function from decoded JSON to the column's Python value; it raises ProtocolError naming `where`."""
    atom = _DECODE_ATOM[key.type]

    def elements(wire: Any) -> frozenset[Atom]:
        if type(wire) is list and len(wire) == 2 and wire[0] == "set":
            return frozenset(map(atom, wire[1]))
        return frozenset((atom(wire),))

    def optional(wire: Any) -> Atom | None:
        if type(wire) is list and len(wire) == 2 and wire[0] == "set":
            if not wire[1]:
                return None
            (wire,) = wire[1]
        return atom(wire)

    def mapping(wire: Any) -> dict[Atom, Atom]:
        tag, pairs = wire
        if tag != "map":
            raise TypeError
        return {atom(k): of_value(v) for k, v in pairs}

    of_value = _DECODE_ATOM[value.type] if value is not None else atom
    plain: Decode = {"scalar": atom, "optional": optional, "set": elements, "map": mapping}[kind]

    def decode(wire: Any) -> Value:
        try:
            return plain(wire)
        except (TypeError, ValueError):
            raise ProtocolError(
                f"{where}: the server sent {str(wire)[:80]!r} for a {kind} of {key.type}"
            ) from None

    return decode


def compile_encode(column: _Refuses) -> Encode:
    """The function from the column's Python value to what JSON carries; it raises InvalidOperation."""
    atom = _compile_atom(column, column.key)
    most = column.max

    def optional(value: Any) -> Any:
        return ("set", ()) if value is None else atom(value)

    def elements(value: Any) -> Any:
        if type(value) not in _SETS and not isinstance(value, AbstractSet | tuple | list):
            raise column.refuse(value)
        if len(value) > most:
            raise column.refuse(value)
        return ("set", [atom(element) for element in value])

    def mapping(value: Any) -> Any:
        if type(value) is not dict and not isinstance(value, Mapping):
            raise column.refuse(value)
        return ("map", [(atom(k), of_value(v)) for k, v in value.items()])

    of_value = atom if column.value is None else _compile_atom(column, column.value)
    return {"scalar": atom, "optional": optional, "set": elements, "map": mapping}[column.kind]


def encode_keys(column: _Refuses, keys: Any) -> Any:
    """Keys to take out of a map, whatever their values: a set on the wire."""
    atom = _compile_atom(column, column.key)
    if not isinstance(keys, AbstractSet | tuple | list):
        raise column.refuse(keys, f"a map, or a set of keys: {column.key.describe()}")
    return ("set", [atom(key) for key in keys])


def _compile_atom(column: _Refuses, base: Base) -> Encode:
    enum, least, most = base.enum, base.least, base.most

    def string(value: Any) -> Any:
        if type(value) is str or isinstance(value, str):
            return value
        raise column.refuse(value)

    def one_of(value: Any) -> Any:
        if not isinstance(value, str) or value not in enum:  # type: ignore[operator]
            raise column.refuse(value)
        return value

    def number(value: Any) -> Any:
        kinds = (int,) if base.type == "integer" else (int, float)
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise column.refuse(value)
        if (least is not None and value < least) or (most is not None and value > most):
            raise column.refuse(value)
        if enum is not None and value not in enum:
            raise column.refuse(value)
        return value

    def boolean(value: Any) -> Any:
        if not isinstance(value, bool):
            raise column.refuse(value)
        return value

    def uuid(value: Any) -> Any:
        if isinstance(value, NamedUUID) and _NAME.fullmatch(value):
            return ("named-uuid", value)
        if isinstance(value, UUID) and _UUID.fullmatch(value):
            return ("uuid", value)
        raise column.refuse(value)

    text = string if enum is None else one_of
    return {"string": text, "integer": number, "real": number, "boolean": boolean, "uuid": uuid}[base.type]
