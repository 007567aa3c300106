"""Every field of a kind's specification by its path, as the typed objects have it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import inspect

from controller.api.kind import Kind

KEY = "a/key"
_STEPS = re.compile(r"([^.\[\]]+)|\[([^\]]*)\]")


class Field(NamedTuple):
    """A field: its path, with 0 for the place in a list and ``a/key`` for a key, and the type of its values."""

    path: str
    type: inspect.Type

    @property
    def wrong_type(self) -> Any:
        """A value of no type that the field may have; None where any will do."""
        match self.type:
            case inspect.AnyType():
                return None
            case inspect.StrType() | inspect.LiteralType():
                return 7
            case inspect.UnionType():
                return ["neither"]
        return "text"

    @property
    def out_of_bounds(self) -> Iterator[Any]:
        """Values of the right type that the type itself excludes."""
        match self.type:
            case inspect.LiteralType():
                yield "no such word"
            case inspect.IntType(ge=least, le=most):
                yield from (value for value in (least and least - 1, -1 if least == 0 else None) if value)
                yield from (most + 1,) if most is not None else ()
            case inspect.StrType(pattern=pattern) if pattern:
                yield "no/such text\n"
            case inspect.VarTupleType(min_length=least) if least:
                yield []

    @property
    def has_bounds(self) -> bool:
        """Whether its type says all there is to say about its values."""
        match self.type:
            case inspect.IntType(ge=least, le=most):
                return least is not None and most is not None
        return not isinstance(self.type, inspect.StrType)


def fields(kind: Kind[Any]) -> Iterator[Field]:
    """Every field of the specification, parents before their members; none of a kind that has no specification."""
    for entry in inspect.type_info(kind.type).fields:  # type: ignore[attr-defined]
        if entry.encode_name == "spec":
            yield from _within("spec", entry.type)


def document(path: str, value: Any, spec: Any) -> Any:
    """The specification with that value at a path of it; ``spec`` is left as it is."""
    return _with(_STEPS.findall(path), value, spec)


def _with(steps: list[tuple[str, str]], value: Any, found: Any) -> Any:
    if not steps:
        return value
    (name, place), *rest = steps
    if place == "0":
        return [_with(rest, value, found[0] if isinstance(found, list) and found else {})]
    key, present = name or place, found if isinstance(found, dict) else {}
    return present | {key: _with(rest, value, present.get(key, {}))}


def _within(path: str, found: inspect.Type) -> Iterator[Field]:
    if isinstance(found, inspect.Metadata):
        found = found.type
    if isinstance(found, inspect.UnionType):
        inner = [entry for entry in found.types if not isinstance(entry, inspect.NoneType)]
        if len(inner) == 1:
            yield from _within(path, inner[0])
            return
    yield Field(path, found)
    match found:
        case inspect.StructType(fields=members):
            for entry in members:
                yield from _within(f"{path}.{entry.encode_name}", entry.type)
        case inspect.VarTupleType(item_type=item):
            yield from _within(f"{path}[0]", item)
        case inspect.DictType(value_type=value):
            yield from _within(f"{path}[{KEY}]", value)
