"""Params of a scenario: typed, documented, and checked at the edge where people type them.

A scenario declares them as a frozen Struct with annotated fields, so one declaration gives the types, the bounds,
the help text and what ``run.json`` records.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import inspect

from testbed.cluster.spec import MAX_NODES
from testbed.experiment.errors import Unfit


class ScenarioParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every scenario has: how large its cluster is."""

    nodes: Annotated[
        int, msgspec.Meta(ge=1, le=MAX_NODES, description="emulated nodes, each an OVN chassis")
    ] = 3
    pods: Annotated[
        int, msgspec.Meta(ge=0, le=1_000_000, description="the most pods that the cluster holds at any time")
    ] = 0


P = TypeVar("P", bound=ScenarioParams)


@dataclass(frozen=True)
class Parameter:
    """One param as people see it: its name, what is allowed, its default and what it means."""

    name: str
    allowed: str
    default: Any
    description: str


def parameters(kind: type[ScenarioParams]) -> tuple[Parameter, ...]:
    """The params that ``kind`` declares, in order."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return tuple(
        Parameter(entry.name, _allowed(entry.type), entry.default, _description(entry.type))
        for entry in info.fields
    )


def override(params: P, settings: Iterable[str]) -> P:
    """``params`` with each ``key=value`` of ``settings`` put in its place.

    Lists are written with commas (``ladder=500,1000``). Raises ``Unfit`` naming the key, what was found and what is
    allowed, for an unknown key, a wrong type or a value out of bounds.
    """
    kind = type(params)
    fields = {entry.name: entry for entry in _fields(kind)}
    values: dict[str, Any] = msgspec.structs.asdict(params)
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise Unfit(f"--set {setting}: found no '=', allowed --set key=value")
        if key not in fields:
            raise Unfit(f"--set {setting}: unknown parameter {key!r}; allowed: {', '.join(fields)}")
        declared = fields[key].type
        found: Any = text
        if _is_list(declared):
            found = [part.strip() for part in text.split(",") if part.strip()]
        try:
            values[key] = msgspec.convert(found, _annotation(kind, key), strict=False)
        except msgspec.ValidationError:
            raise Unfit(f"--set {setting}: found {text!r}, allowed: {_allowed(declared)}") from None
    try:
        return kind(**values)
    except ValueError as error:
        raise Unfit(f"--set: {error}") from None


def _fields(kind: type[ScenarioParams]) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return info.fields


def _annotation(kind: type[ScenarioParams], name: str) -> Any:
    return next(entry.type for entry in msgspec.structs.fields(kind) if entry.name == name)


def _bare(declared: inspect.Type) -> inspect.Type:
    return _bare(declared.type) if isinstance(declared, inspect.Metadata) else declared


def _is_list(declared: inspect.Type) -> bool:
    return isinstance(_bare(declared), (inspect.VarTupleType, inspect.ListType))


def _description(declared: inspect.Type) -> str:
    if isinstance(declared, inspect.Metadata):
        return str((declared.extra_json_schema or {}).get("description", ""))
    return ""


def _allowed(declared: inspect.Type) -> str:
    match _bare(declared):
        case inspect.IntType(ge=ge, gt=gt, le=le, lt=lt):
            return "an integer" + _bounds(ge, gt, le, lt)
        case inspect.FloatType(ge=ge, gt=gt, le=le, lt=lt):
            return "a number" + _bounds(ge, gt, le, lt)
        case inspect.BoolType():
            return "true or false"
        case inspect.StrType(pattern=pattern):
            return f"text matching {pattern}" if pattern else "text"
        case inspect.LiteralType(values=values):
            return " or ".join(str(value) for value in values)
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            return f"a list joined by commas, each {_allowed(item)}"
        case other:
            return type(other).__name__.removesuffix("Type").lower()


def _bounds(ge: float | None, gt: float | None, le: float | None, lt: float | None) -> str:
    said = [
        f"{word} {bound}"
        for word, bound in (("of at least", ge), ("above", gt), ("of at most", le), ("below", lt))
        if bound is not None
    ]
    return (" " + " and ".join(said)) if said else ""
