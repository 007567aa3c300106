"""Kinds that come and go while the server runs: what a CustomResourceDefinition says becomes a kind like any other.

A definition whose names are free is served at once and says so (``NamesAccepted``, ``Established``). One that is
deleted waits, by Kubernetes' finalizer, until the last of its objects is gone.
Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from controller.api.kind import Column, Scale
from testbed.apiserver.filling import filler
from testbed.apiserver.journal import Journal
from testbed.apiserver.kinds import Kind, Registry, custom_document
from testbed.apiserver.metadata import now
from testbed.apiserver.revision import DELETED, Entry, Event
from testbed.apiserver.rules.definition import stored_version
from testbed.apiserver.status import ApiError
from testbed.apiserver.store import Store
from testbed.apiserver.structure import compile_schema
from testbed.apiserver.writing import DeleteOptions, Writer

_log = logging.getLogger(__name__)

Document = dict[str, Any]

DEFINITION = "CustomResourceDefinition"
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
BATCH = 100
"""Objects deleted in one turn of the event loop."""
RETRY_SECONDS = 1.0
"""Pause before asking again for the end of what would not go."""


def restore(registry: Registry, journal: Journal) -> None:
    """Serves the kinds that were served when the journal was written, so that their objects can be read from it."""
    definitions: dict[str, Document] = {}
    for row in journal.rows(DEFINITION):
        if row.type == DELETED:
            definitions.pop(row.name, None)
        else:
            definitions[row.name] = orjson.loads(row.body)
    for document in definitions.values():
        if _is_established(document):
            registry.add(custom_kind(registry, document))


def custom_kind(registry: Registry, document: Document) -> Kind:
    """The kind that a definition describes."""
    spec, version = document["spec"], stored_version(document)
    names, schema = spec["names"], version["schema"]["openAPIV3Schema"]
    described = custom_document(schema)
    parts = version.get("subresources") or {}
    return Kind(
        group=spec["group"],
        version=version["name"],
        name=names["kind"],
        plural=names["plural"],
        namespaced=spec["scope"] == "Namespaced",
        schema=compile_schema(described, registry.definitions),
        document=described,
        short_names=tuple(names.get("shortNames") or ()),
        singular=names["singular"],
        list_name=names["listKind"],
        categories=tuple(names.get("categories") or ()),
        columns=tuple(
            Column(entry["name"], entry["type"], entry["jsonPath"], entry.get("priority", 0))
            for entry in version.get("additionalPrinterColumns") or ()
        ),
        has_status="status" in parts,
        scale=_scale(parts["scale"]) if parts.get("scale") else None,
        selectable=tuple(
            entry["jsonPath"].removeprefix(".") for entry in version.get("selectableFields") or ()
        ),
        is_custom=True,
        fill=filler(schema),
    )


class CustomKinds:
    """Follows definitions."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._registry = store.registry
        self._kind = store.registry.named(DEFINITION)
        self._emptying: dict[str, asyncio.Task[None]] = {}
        store.observers.append(self._changed)

    def start(self) -> None:
        """Goes on with what a former process left half deleted, or not yet served."""
        for entry in list(self._store.collections[DEFINITION].entries()):
            self._defined(entry)

    async def close(self) -> None:
        """Stops where it is."""
        tasks = list(self._emptying.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _changed(self, event: Event) -> None:
        if event.kind is self._kind:
            if event.type == DELETED:
                self._gone(event.entry)
            else:
                self._defined(event.entry)

    def _defined(self, entry: Entry) -> None:
        document = entry.document()
        if entry.is_being_deleted:
            if CLEANUP in entry.finalizers and entry.name not in self._emptying:
                task = asyncio.get_running_loop().create_task(self._empty(entry.name))
                self._emptying[entry.name] = task
            return
        rival = self._rival(document)
        if rival is None:
            kind = custom_kind(self._registry, document)
            present = self._registry.find(kind.key)
            if present is None or present.document != kind.document or _differs(present, kind):
                self._registry.add(kind)
                self._store.serve(kind)
        if CLEANUP not in entry.finalizers:
            document["metadata"]["finalizers"] = [*entry.finalizers, CLEANUP]
        document["status"] = _status(document, rival)
        self._writer.amend(self._kind, entry, document)

    def _rival(self, document: Document) -> Kind | None:
        """Another kind of the group that has one of the names."""
        spec = document["spec"]
        names = spec["names"]
        wanted = {names["plural"], names["singular"], *(names.get("shortNames") or ())}
        for kind in self._registry.kinds:
            if kind.group != spec["group"] or (kind.is_custom and kind.plural == names["plural"]):
                continue
            taken = {kind.plural, kind.singular or kind.name.lower(), *kind.short_names}
            if kind.name == names["kind"] or wanted & taken:
                return kind
        return None

    async def _empty(self, name: str) -> None:
        """Deletes every object of a definition, and lets it go once none is left."""
        kind = self._served(self._store.collections[DEFINITION].get("", name))
        while kind is not None and self._store.collections[kind.key].namespaces:
            for position, entry in enumerate(list(self._store.collections[kind.key].entries())):
                if position % BATCH == BATCH - 1:
                    await asyncio.sleep(0)
                try:
                    self._writer.delete(kind, entry.namespace, entry.name, DeleteOptions(uid=entry.uid))
                except ApiError as error:
                    if error.code != 404:
                        _log.warning("%s %s stays: %s", kind.plural, entry.path, error)
            if self._store.collections[kind.key].namespaces:
                await asyncio.sleep(RETRY_SECONDS)
        definition = self._store.collections[DEFINITION].get("", name)
        if definition is not None:
            ended = definition.document()
            ended["metadata"]["finalizers"] = [other for other in definition.finalizers if other != CLEANUP]
            self._writer.amend(self._kind, definition, ended)

    def _gone(self, entry: Entry) -> None:
        self._emptying.pop(entry.name, None)
        kind = self._served(entry)
        if kind is not None:
            self._registry.remove(kind.key)
            self._store.cease(kind)

    def _served(self, entry: Entry | None) -> Kind | None:
        """The kind that a definition has made, if its names were free."""
        if entry is None:
            return None
        spec = entry.document()["spec"]
        kind = self._registry.find(f"{spec['names']['kind']}.{spec['group']}")
        return kind if kind is not None and kind.plural == spec["names"]["plural"] else None


def _scale(paths: Document) -> Scale:
    return Scale(
        paths["specReplicasPath"].removeprefix("."),
        paths["statusReplicasPath"].removeprefix("."),
        (paths.get("labelSelectorPath") or "").removeprefix("."),
    )


def _differs(present: Kind, kind: Kind) -> bool:
    told = ("version", "short_names", "categories", "columns", "has_status", "scale", "selectable")
    return any(getattr(present, name) != getattr(kind, name) for name in told)


def _is_established(document: Document) -> bool:
    conditions = (document.get("status") or {}).get("conditions") or ()
    return any(entry["type"] == "Established" and entry["status"] == "True" for entry in conditions)


def _status(document: Document, rival: Kind | None) -> Document:
    """What a definition says of itself; a condition keeps its moment while its status stays."""
    accepted = rival is None
    before = {entry["type"]: entry for entry in (document.get("status") or {}).get("conditions") or ()}
    conditions = [
        _condition(
            before,
            "NamesAccepted",
            accepted,
            "NoConflicts" if accepted else "NamesConflict",
            "no conflicts found" if rival is None else f"{rival.name} of {rival.group} has one of the names",
        ),
        _condition(
            before,
            "Established",
            accepted,
            "InitialNamesAccepted" if accepted else "NotAccepted",
            "the initial names have been accepted" if accepted else "not all names are accepted",
        ),
    ]
    rules = sorted(_rules("", stored_version(document)["schema"]["openAPIV3Schema"]))
    if rules:
        message = f"x-kubernetes-validations are not evaluated: {', '.join(rules)}"
        conditions.append(_condition(before, "RulesEnforced", False, "NotSupported", message))
    return {
        "conditions": conditions,
        "acceptedNames": document["spec"]["names"] if accepted else {"kind": "", "plural": ""},
        "storedVersions": [stored_version(document)["name"]],
    }


def _condition(
    before: Mapping[str, Document], type_: str, holds: bool, reason: str, message: str
) -> Document:
    status = "True" if holds else "False"
    present = before.get(type_, {})
    moment = present["lastTransitionTime"] if present.get("status") == status else now()
    return {
        "type": type_,
        "status": status,
        "lastTransitionTime": moment,
        "reason": reason,
        "message": message,
    }


def _rules(path: str, schema: Any) -> Iterator[str]:
    """Where a schema has rules in CEL, which nobody evaluates here."""
    if not isinstance(schema, dict):
        return
    if "x-kubernetes-validations" in schema:
        yield path or "."
    for key, inner in (schema.get("properties") or {}).items():
        yield from _rules(f"{path}.{key}", inner)
    for member in ("items", "additionalProperties"):
        yield from _rules(f"{path}[]", schema.get(member))
