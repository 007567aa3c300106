"""The kinds that are served, as data: where they are found, what they are called and the schema they are held to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

import orjson

from controller.api import kinds as api
from controller.api.schema import structural
from testbed.apiserver.structure import Node, compile_schema

_SELECTABLE: Mapping[str, tuple[str, ...]] = {
    "Pod": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    "Node": ("spec.unschedulable",),
    "Namespace": ("status.phase",),
    "Event": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
}
"""Fields by which a kind's objects can be selected, beside name and namespace.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/#list-of-supported-fields
"""


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind and its place in the API. ``selectable`` are the paths of fields beside name and namespace."""

    group: str
    version: str
    name: str
    plural: str
    namespaced: bool
    schema: Node
    short_names: tuple[str, ...] = ()
    columns: tuple[api.Column, ...] = ()
    has_status: bool = True
    keeps_status_on_create: bool = False
    selectable: tuple[str, ...] = ()

    @cached_property
    def api_version(self) -> str:
        """``group/version``, or the bare version of the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @cached_property
    def selectors(self) -> frozenset[str]:
        """Every field that a field selector may name."""
        common = {"metadata.name", "metadata.namespace"} if self.namespaced else {"metadata.name"}
        return frozenset(common | set(self.selectable))

    @cached_property
    def fields(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The selectable fields with their paths split."""
        return tuple((path, tuple(path.split("."))) for path in self.selectable)


class Registry:
    """The kinds by their place in the URL and by name."""

    def __init__(self, kinds: Iterable[Kind], metadata: Node) -> None:
        self.kinds = tuple(kinds)
        self.metadata = metadata
        self._by_place = {(kind.group, kind.version, kind.plural): kind for kind in self.kinds}
        self._by_name = {kind.name: kind for kind in self.kinds}

    def at(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind whose collection is there."""
        return self._by_place.get((group, version, plural))

    def named(self, name: str) -> Kind:
        """The kind called ``name``; raises ``KeyError`` naming those that are known."""
        if name not in self._by_name:
            raise KeyError(f"no kind {name!r}; known: {', '.join(self._by_name)}")
        return self._by_name[name]

    def groups(self) -> dict[str, list[str]]:
        """The versions of every group."""
        found: dict[str, list[str]] = {}
        for kind in self.kinds:
            versions = found.setdefault(kind.group, [])
            if kind.version not in versions:
                versions.append(kind.version)
        return found


def builtin() -> Registry:
    """The kinds that are there from the start: core ones by the table, Kube-OVN's by the controller's types."""
    table = orjson.loads(files("testbed.apiserver.core").joinpath("schemas.json").read_bytes())
    definitions = dict(table["definitions"])
    models = table["kinds"]
    metadata = {"$ref": models["ObjectMeta"]}
    kinds: list[dict[str, Any]] = []
    for kind in api.KINDS:
        if kind.name in models:
            schema: dict[str, Any] = {"$ref": models[kind.name]}
        else:
            own = structural(kind.type)
            schema = own | {"properties": own["properties"] | {"metadata": metadata}}
        kinds.append({"kind": kind, "schema": schema})
    root = {
        "type": "object",
        "properties": {entry["kind"].name: entry["schema"] for entry in kinds} | {"": metadata},
    }
    compiled = compile_schema(root, definitions).properties
    return Registry(
        (
            Kind(
                group=kind.group,
                version=kind.version,
                name=kind.name,
                plural=kind.plural,
                namespaced=kind.namespaced,
                schema=compiled[kind.name],
                short_names=kind.short_names,
                columns=kind.columns,
                has_status=kind.has_status,
                keeps_status_on_create=kind.name == "Node",
                selectable=_SELECTABLE.get(kind.name, ()),
            )
            for kind in api.KINDS
        ),
        compiled[""],
    )
