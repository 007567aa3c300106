"""Defaults that a schema itself declares: what is absent where they stand is filled in before an object is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

Schema = Mapping[str, Any]
Fill = Callable[[Any], None]


def filler(schema: Schema) -> Fill | None:
    """What fills in the defaults of a structural schema; None where it declares none."""
    properties = schema.get("properties") or {}
    defaults = {
        key: inner["default"]
        for key, inner in properties.items()
        if isinstance(inner, Mapping) and "default" in inner
    }
    members = {key: found for key, inner in properties.items() if (found := filler(inner))}
    every = schema.get("additionalProperties")
    values = filler(every) if isinstance(every, Mapping) else None
    items = filler(schema["items"]) if isinstance(schema.get("items"), Mapping) else None
    if not (defaults or members or values or items):
        return None

    def fill(value: Any) -> None:
        if isinstance(value, dict):
            for key, default in defaults.items():
                if value.get(key) is None:
                    value[key] = deepcopy(default)
            for key, inner in members.items():
                if key in value:
                    inner(value[key])
            if values is not None:
                for key, member in value.items():
                    if key not in properties:
                        values(member)
        elif isinstance(value, list) and items is not None:
            for entry in value:
                items(entry)

    return fill
