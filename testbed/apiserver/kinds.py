"""The kinds that are served, as data: where they are found, what they are called and the schema they are held to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import Any

import orjson

from controller.api import kinds as api
from controller.api.kind import Scale
from controller.api.schema import structural
from testbed.apiserver.core.catalogue import CORE_KINDS, PARTS
from testbed.apiserver.filling import filler
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
    "Secret": ("type",),
    "Service": ("spec.clusterIP", "spec.type"),
    "ReplicaSet": ("status.replicas",),
    "Job": ("status.successful",),
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
    """A kind and its place in the API.

    ``document`` is the schema as it was written (definitions by ``$ref``), ``schema`` the same, compiled;
    ``selectable`` are the paths of fields beside name and namespace, ``others`` the subresources besides ``status``
    and ``scale``.
    """

    group: str
    version: str
    name: str
    plural: str
    namespaced: bool
    schema: Node
    document: Mapping[str, Any] = field(default_factory=dict)
    short_names: tuple[str, ...] = ()
    singular: str = ""
    list_name: str = ""
    categories: tuple[str, ...] = ()
    columns: tuple[api.Column, ...] = ()
    has_status: bool = True
    keeps_status_on_create: bool = False
    scale: Scale | None = None
    others: tuple[str, ...] = ()
    selectable: tuple[str, ...] = ()
    fill: Callable[[Any], None] | None = None
    """Fills in the defaults that the schema declares."""
    is_custom: bool = False
    """Whether a CustomResourceDefinition made it, which can also take it away."""

    @cached_property
    def api_version(self) -> str:
        """``group/version``, or the bare version of the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @cached_property
    def key(self) -> str:
        """What the kind is called within the server: two groups may have kinds of one name."""
        return f"{self.name}.{self.group}" if self.is_custom else self.name

    @cached_property
    def subresources(self) -> tuple[str, ...]:
        """What can be asked for below an object."""
        found = (("status",) if self.has_status else ()) + (("scale",) if self.scale else ())
        return found + self.others

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
    """The kinds by their place in the URL and by key.

    ``definitions`` are what the kinds' documents refer to, ``parts`` the compiled schemas of what is written besides
    whole objects. ``changes`` counts the kinds that came and went: what was made from the kinds holds as long as it
    stays.
    """

    def __init__(
        self, kinds: Iterable[Kind], parts: Mapping[str, Node], definitions: Mapping[str, Any]
    ) -> None:
        self.kinds: tuple[Kind, ...] = ()
        self.parts = parts
        self.definitions = definitions
        self.changes = 0
        self._by_place: dict[tuple[str, str, str], Kind] = {}
        self._by_key: dict[str, Kind] = {}
        for kind in kinds:
            self.add(kind)

    @property
    def metadata(self) -> Node:
        """The compiled schema of every object's metadata."""
        return self.parts["ObjectMeta"]

    def add(self, kind: Kind) -> None:
        """A kind is served from now on, in the place of one of the same key."""
        self.remove(kind.key)
        self.kinds = (*self.kinds, kind)
        self._by_place[kind.group, kind.version, kind.plural] = kind
        self._by_key[kind.key] = kind
        self.changes += 1

    def remove(self, key: str) -> None:
        """A kind is served no more."""
        kind = self._by_key.pop(key, None)
        if kind is not None:
            del self._by_place[kind.group, kind.version, kind.plural]
            self.kinds = tuple(other for other in self.kinds if other is not kind)
            self.changes += 1

    def at(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind whose collection is there."""
        return self._by_place.get((group, version, plural))

    def find(self, key: str) -> Kind | None:
        """The kind of that key, if it is served."""
        return self._by_key.get(key)

    def named(self, key: str) -> Kind:
        """The kind of that key; raises ``KeyError`` naming those that are known."""
        if key not in self._by_key:
            raise KeyError(f"no kind {key!r}; known: {', '.join(self._by_key)}")
        return self._by_key[key]

    def of(self, group: str, name: str) -> Kind | None:
        """The kind that ``name`` means in a group, in whatever version."""
        return next((kind for kind in self.kinds if kind.name == name and kind.group == group), None)

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
    definitions: dict[str, Any] = table["definitions"]
    documents: dict[str, Mapping[str, Any]] = {kind.name: {"$ref": kind.model} for kind in CORE_KINDS}
    typed = [kind for kind in api.KINDS if kind.name not in documents]
    documents |= {kind.name: custom_document(structural(kind.type)) for kind in typed}
    parts = {name: {"$ref": model} for name, model in PARTS.items()}
    compiled = compile_schema({"type": "object", "properties": documents | parts}, definitions).properties
    core = [
        Kind(
            group=kind.group,
            version=kind.version,
            name=kind.name,
            plural=kind.plural,
            namespaced=kind.namespaced,
            schema=compiled[kind.name],
            document=documents[kind.name],
            short_names=kind.short_names,
            categories=("all",) if kind.in_all else (),
            has_status=kind.has_status,
            keeps_status_on_create=kind.name == "Node",
            scale=kind.scale,
            others=kind.subresources,
            selectable=_SELECTABLE.get(kind.name, ()),
        )
        for kind in CORE_KINDS
    ]
    own = [
        Kind(
            group=kind.group,
            version=kind.version,
            name=kind.name,
            plural=kind.plural,
            namespaced=kind.namespaced,
            schema=compiled[kind.name],
            document=documents[kind.name],
            short_names=kind.short_names,
            singular=kind.singular,
            columns=kind.columns,
            has_status=kind.has_status,
            scale=kind.scale,
            fill=filler(structural(kind.type)),
        )
        for kind in typed
    ]
    return Registry((*core, *own), {name: compiled[name] for name in PARTS}, definitions)


def custom_document(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A structural schema, completed by what it leaves to the server: header and metadata."""
    header = {name: {"type": "string"} for name in ("apiVersion", "kind")}
    return {**schema, "properties": {**schema.get("properties", {}), **header, "metadata": METADATA}}


METADATA = {"$ref": PARTS["ObjectMeta"]}
