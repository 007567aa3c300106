"""Schemas under the names that are published, and the operations that clients look for.

A kind's schema is found by its group, version and kind, not by the name of its definition. A reference that leads
nowhere makes the whole document unreadable to kubectl, so every one is carried over with what it names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from testbed.apiserver.kinds import Kind, Registry

Schema = dict[str, Any]
Named = Callable[[str], str]
"""Gives the reference to a definition by its published name."""

GVK = "x-kubernetes-group-version-kind"
_KEPT = (
    "type",
    "format",
    "description",
    "enum",
    "required",
    "x-kubernetes-patch-merge-key",
    "x-kubernetes-patch-strategy",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-int-or-string",
)
_MODEL = re.compile(r"([A-Z][a-zA-Z]*?)?V(\d+(?:(?:alpha|beta)\d+)?)([A-Z]\w*)")


def published(model: str) -> str:
    """The name of a definition: ``V1PodSpec`` becomes ``io.k8s.v1.PodSpec``."""
    found = _MODEL.fullmatch(model)
    if not found:
        return f"io.k8s.{model}"
    place = f"{found[1].lower()}." if found[1] else ""
    return f"io.k8s.{place}v{found[2]}.{found[3]}"


def kind_name(kind: Kind) -> str:
    """The name of a kind's definition."""
    model = kind.document.get("$ref")
    if model:
        return published(model)
    return ".".join((*reversed(kind.group.split(".")), kind.version, kind.name))


def gvk(kind: Kind) -> dict[str, str]:
    """Group, version and kind, as extensions hold them."""
    return {"group": kind.group, "version": kind.version, "kind": kind.name}


def definitions(registry: Registry, kinds: Iterable[Kind], reference: Named) -> dict[str, Schema]:
    """The schemas of kinds and of everything that they refer to, by published name."""
    found: dict[str, Schema] = {}
    waiting: list[str] = []

    def refer(model: str) -> str:
        waiting.append(model)
        return reference(published(model))

    for kind in kinds:
        document = kind.document
        model = document.get("$ref")
        source = registry.definitions[model] if model else document
        found[kind_name(kind)] = _shown(source, refer) | {GVK: [gvk(kind)]}
    while waiting:
        model = waiting.pop()
        name = published(model)
        if name not in found:
            found[name] = _shown(registry.definitions[model], refer)
    return found


def _shown(schema: Mapping[str, Any], refer: Named) -> Schema:
    if "$ref" in schema:
        around = {key: schema[key] for key in _KEPT if key in schema}
        return {"$ref": refer(schema["$ref"])} | around
    shown: Schema = {key: schema[key] for key in _KEPT if key in schema}
    if schema.get("x-kubernetes-int-or-string"):
        shown |= {"type": "string", "format": "int-or-string"}
    if isinstance(schema.get("properties"), Mapping):
        shown["properties"] = {key: _shown(inner, refer) for key, inner in schema["properties"].items()}
    if isinstance(schema.get("additionalProperties"), Mapping):
        shown["additionalProperties"] = _shown(schema["additionalProperties"], refer)
    if isinstance(schema.get("items"), Mapping):
        shown["items"] = _shown(schema["items"], refer)
    return shown


WRITE_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation")
"""Parameters of a patch. kubectl tries a dry run, or leaves validation to the server, only where it finds them."""


def paths(kinds: Iterable[Kind]) -> Iterator[tuple[str, Kind]]:
    """The path of one object of each kind."""
    for kind in kinds:
        root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
        place = "/namespaces/{namespace}" if kind.namespaced else ""
        yield f"{root}{place}/{kind.plural}/{{name}}", kind
