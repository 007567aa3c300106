"""``anyOf``, ``oneOf``, ``allOf`` and ``not`` of a schema: judgements of a value whose structure is checked elsewhere.

In a structural schema these hold no structure of their own, so each is one predicate, made once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Predicate = Callable[[Any], bool]
Limits = Callable[[Mapping[str, Any]], list[tuple[Predicate, str]]]
Schema = Mapping[str, Any]

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


def alternatives(schema: Schema, limits: Limits) -> list[tuple[Predicate, str]]:
    """What the combinations of a schema ask of a value, each with a sentence of what is allowed.

    ``limits`` gives the simple predicates of a schema.
    """
    found: list[tuple[Predicate, str]] = []
    if "allOf" in schema:
        every = [_predicate(entry, limits) for entry in schema["allOf"]]
        found.append((lambda value: all(holds(value) for holds in every), "what allOf asks for"))
    if "anyOf" in schema:
        some = [_predicate(entry, limits) for entry in schema["anyOf"]]
        found.append((lambda value: any(holds(value) for holds in some), "one of the alternatives of anyOf"))
    if "oneOf" in schema:
        one = [_predicate(entry, limits) for entry in schema["oneOf"]]
        found.append(
            (lambda value: sum(holds(value) for holds in one) == 1, "exactly one alternative of oneOf")
        )
    if "not" in schema:
        never = _predicate(schema["not"], limits)
        found.append((lambda value: not never(value), "what not excludes"))
    return found


def _predicate(schema: Schema, limits: Limits) -> Predicate:
    """Whether a value is what a part of a combination describes."""
    simple = [holds for holds, _ in limits(schema)]
    types = _TYPES.get(schema.get("type", ""), ())
    enum = schema.get("enum")
    required = tuple(schema.get("required", ()))
    members = {key: _predicate(inner, limits) for key, inner in schema.get("properties", {}).items()}
    items = _predicate(schema["items"], limits) if "items" in schema else None

    def holds(value: Any) -> bool:
        if types and type(value) not in types:
            return False
        if enum is not None and value not in enum:
            return False
        if isinstance(value, dict):
            if any(key not in value for key in required):
                return False
            if not all(inner(value[key]) for key, inner in members.items() if key in value):
                return False
        if items is not None and isinstance(value, list) and not all(items(entry) for entry in value):
            return False
        try:
            return all(judgement(value) for judgement in simple)
        except TypeError:
            return True  # a bound of another type says nothing of this value

    return holds
