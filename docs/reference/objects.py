"""The kinds of objects and their fields, from the types that the API server and the controller read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controller.api import annotations as names_of_annotations
from controller.api.kinds import KINDS, NOT_CARRIED, Kind
from controller.api.schema import structural
from docs.reference.markdown import code, table


def page() -> str:
    """The page of all typed kinds and of the annotations."""
    return "\n\n".join(["# Objects", _OPENING, *map(_section, KINDS), *_annotations()]) + "\n"


_OPENING = (
    "The kinds that the controller knows, with the fields that it reads. Kubernetes' own kinds may hold all other "
    "fields that Kubernetes publishes too; `kubectl explain` shows them. A field that is not known is refused."
)


def _section(kind: Kind[Any]) -> str:
    known = kind.type.__doc__ or ""
    facts = [code(kind.api_version), "in a namespace" if kind.namespaced else "cluster-wide"]
    facts += [f"short: {code(', '.join(kind.short_names))}"] if kind.short_names else []
    blocks = [f"## {kind.name}", " ".join(known.split("\n\n")[0].split()), " · ".join(facts)]
    if kind in NOT_CARRIED:
        blocks.append("Taken and kept; no reconciler carries it yet, and a condition of the object says so.")
    rows = [row for part in ("spec", "status") for row in _fields(part, _part(kind, part))]
    if rows:
        blocks.append(table(("field", "type", "allowed"), rows))
    return "\n\n".join(blocks)


def _part(kind: Kind[Any], part: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = structural(kind.type)["properties"].get(part, {})
    return found


def _fields(path: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, inner in schema.get("properties", {}).items():
        here = f"{path}.{name}"
        items = inner.get("items", {})
        shape = "list of " + items["type"] if "type" in items else inner.get("type", "any")
        required = "required" if name in schema.get("required", ()) else ""
        allowed = ", ".join(code(str(value)) for value in inner.get("enum", ()))
        yield code(here), shape, ", ".join(filter(None, (required, allowed)))
        if here.count(".") < 3 and name != "conditions":
            yield from _fields(here + ("[]" if items else ""), items or inner)


def _annotations() -> Iterator[str]:
    names = [
        value
        for name, value in vars(names_of_annotations).items()
        if name.isupper() and isinstance(value, str) and "/" in value
    ]
    yield "## Annotations and labels"
    yield "What controller, daemon and people tell one another by."
    yield "\n".join(f"- {code(name)}" for name in sorted(names))
