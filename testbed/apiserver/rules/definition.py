"""CustomResourceDefinitions: names that fit together, one version, a structural schema.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from testbed.apiserver.rules.causes import invalid, required, unchanged, unsupported
from testbed.apiserver.status import Cause
from testbed.apiserver.structure import compile_schema

Document = dict[str, Any]

_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_KIND = re.compile(r"[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_GROUP = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


def complete(document: Document) -> None:
    """The names that follow from the kind's."""
    names = document["spec"]["names"]
    names.setdefault("singular", names["kind"].lower())
    names.setdefault("listKind", f"{names['kind']}List")
    document["spec"].setdefault("conversion", {"strategy": "None"})


def judge(new: Document, old: Document | None) -> Iterator[Cause]:
    """A definition; what its objects are known by cannot be changed."""
    spec = new["spec"]
    names, group = spec["names"], spec["group"]
    for member in ("plural", "singular"):
        if not _LABEL.fullmatch(names[member]):
            yield invalid(f"spec.names.{member}", names[member], 'lower case letters, digits and "-"')
    if not _KIND.fullmatch(names["kind"]):
        yield invalid("spec.names.kind", names["kind"], 'letters, digits and "-"')
    if not _GROUP.fullmatch(group):
        yield invalid("spec.group", group, "a DNS name with a dot in it")
    expected = f"{names['plural']}.{group}"
    if new["metadata"].get("name", "") != expected:
        yield invalid("metadata.name", new["metadata"].get("name", ""), f'"{expected}"')
    if spec["scope"] not in ("Cluster", "Namespaced"):
        yield unsupported("spec.scope", spec["scope"], ("Cluster", "Namespaced"))
    if spec["conversion"]["strategy"] != "None":
        yield unsupported("spec.conversion.strategy", spec["conversion"]["strategy"], ("None",))
    yield from _versions(spec["versions"])
    if old is not None:
        before = old["spec"]
        for member in ("group", "scope"):
            yield from unchanged(f"spec.{member}", spec[member], before[member])
        for member in ("plural", "kind"):
            yield from unchanged(f"spec.names.{member}", names[member], before["names"][member])


def stored_version(document: Document) -> Document:
    """The version that objects are kept and served in."""
    found: Document = next(entry for entry in document["spec"]["versions"] if entry["storage"])
    return found


def _versions(versions: list[Document]) -> Iterator[Cause]:
    stored = [position for position, entry in enumerate(versions) if entry["storage"]]
    if len(stored) != 1:
        yield invalid("spec.versions", f"{len(stored)} versions with storage", "one")
        return
    for position, entry in enumerate(versions):
        path = f"spec.versions[{position}]"
        if entry["served"] and not entry["storage"]:
            allowed = "false: objects are served in the version that they are stored in, and not converted"
            yield invalid(f"{path}.served", True, allowed)
        schema = (entry.get("schema") or {}).get("openAPIV3Schema")
        if schema is None:
            yield required(f"{path}.schema.openAPIV3Schema", "a structural schema")
        else:
            yield from _schema(f"{path}.schema.openAPIV3Schema", schema)


def _schema(path: str, schema: Document) -> Iterator[Cause]:
    if schema.get("type") != "object":
        yield invalid(f"{path}.type", schema.get("type", ""), '"object"')
        return
    try:
        compile_schema(schema)
    except (ValueError, KeyError, TypeError, AttributeError, re.error) as error:
        yield Cause(path, "FieldValueInvalid", f"found no structural schema ({error}), allowed one")
