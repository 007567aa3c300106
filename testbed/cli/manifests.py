"""Manifests as `apply` and `delete` take them: read strictly, and each known for what it is before any is sent."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.cli import documents
from testbed.cli.objects import Api, Resource
from testbed.experiment.errors import Unfit

SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class Manifest:
    """An object to be: `source` says where it stands, for errors."""

    source: str
    resource: Resource
    body: dict[str, Any]
    namespace: str
    name: str

    @property
    def path(self) -> str:
        """The object's path."""
        return self.resource.path(self.namespace, self.name)

    @property
    def shown(self) -> str:
        """As kubectl names it: `pod/web`."""
        return f"{self.resource.shown}/{self.name}"


def load(api: Api, files: Sequence[Path], namespace: str) -> list[Manifest]:
    """All objects of the files (`-` is standard input; of a directory, all its manifests), in order.

    Raises:
        Unfit: with all faults of all files; nothing has been sent then.
    """
    faults: list[str] = []
    found: list[Manifest] = []
    for file in _expanded(files):
        try:
            stdin = sys.stdin.read() if str(file) == "-" else None
            read = documents.read_file(file, stdin)
        except documents.Unreadable as error:
            faults += error.faults
            continue
        for number, document in enumerate(read, start=1):
            source = f"{'standard input' if str(file) == '-' else file}, document {number}"
            for body in _items(document):
                manifest = _judged(api, source, body, namespace)
                if isinstance(manifest, str):
                    faults.append(manifest)
                else:
                    found.append(manifest)
    if faults:
        raise Unfit("; ".join(faults))
    if not found:
        raise Unfit(f"no objects in {', '.join(map(str, files))}")
    return found


def _expanded(files: Sequence[Path]) -> Iterator[Path]:
    for file in files:
        if file.is_dir():
            yield from sorted(entry for entry in file.iterdir() if entry.suffix in SUFFIXES)
        else:
            yield file


def _items(document: Any) -> list[Any]:
    if (
        isinstance(document, dict)
        and document.get("kind") == "List"
        and isinstance(document.get("items"), list)
    ):
        return list(document["items"])
    return [document]


def _judged(api: Api, source: str, body: Any, namespace: str) -> Manifest | str:
    """The manifest, or what is wrong with it in a line."""
    if not isinstance(body, dict):
        return f"{source}: found {type(body).__name__}; allowed an object with apiVersion, kind and metadata"
    metadata = body.get("metadata")
    for path, value in (
        ("apiVersion", body.get("apiVersion")),
        ("kind", body.get("kind")),
        ("metadata.name", metadata.get("name") if isinstance(metadata, dict) else None),
    ):
        if not isinstance(value, str) or not value:
            return f"{source}: {path}: found {value!r}; allowed a string"
    assert isinstance(metadata, dict)
    resource = api.resource_of(body["apiVersion"], body["kind"])
    if resource is None:
        return f"{source}: kind: found {body['apiVersion']} {body['kind']}; allowed are those that this cluster serves"
    own = metadata.get("namespace")
    if own is not None and not isinstance(own, str):
        return f"{source}: metadata.namespace: found {own!r}; allowed a string"
    return Manifest(source, resource, body, own or namespace, metadata["name"])
