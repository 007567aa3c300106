"""The documents themselves: version 2 as JSON and protobuf, version 3 one a group-version; each made once."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from testbed.apiserver.discovery import VERSION
from testbed.apiserver.kinds import Kind, Registry
from testbed.apiserver.openapi import gnostic, schemas
from testbed.apiserver.requests import unknown_path

JSON = "application/json"
PROTOBUF_V2 = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
"""As kube-apiserver answers; kubectl asks with ``spec.v2@v1.0``."""
_ASKED_V2 = ("spec.v2@v1.0+protobuf", "spec.v2.v1.0+protobuf")
_INFO = {"title": "ovn-testbed", "version": VERSION["gitVersion"]}

Document = dict[str, Any]


class Documents:
    """What is below ``/openapi/``; made anew when kinds come or go."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._made: dict[str, bytes] = {}
        self._changes = registry.changes

    def answer(self, path: str, query: str, accepted: str) -> tuple[bytes, str]:
        """Body and media type. Raises ``ApiError`` 404 for a path that is none of them."""
        if self._changes != self._registry.changes:
            self._made.clear()
            self._changes = self._registry.changes
        parts = path.strip("/").split("/")
        match parts:
            case ["openapi", "v2"]:
                if any(asked in accepted for asked in _ASKED_V2):
                    return self._once("v2 protobuf", lambda: gnostic.encoded(self._v2())), PROTOBUF_V2
                return self._once("v2", lambda: orjson.dumps(self._v2())), JSON
            case ["openapi", "v3"]:
                return self._once("v3", lambda: orjson.dumps(self._index())), JSON
            case ["openapi", "v3", "api", version]:
                return self._group("", version), JSON
            case ["openapi", "v3", "apis", group, version]:
                return self._group(group, version), JSON
        raise unknown_path(path)

    def _once(self, name: str, make: Any) -> bytes:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def _v2(self) -> Document:
        kinds = self._registry.kinds
        found = schemas.definitions(self._registry, kinds, lambda name: f"#/definitions/{name}")
        parameters = [
            {"name": name, "in": "query", "type": "string", "uniqueItems": True}
            for name in schemas.WRITE_PARAMETERS
        ]
        return {
            "swagger": "2.0",
            "info": _INFO,
            "paths": {
                path: {"patch": _patch(kind) | {"parameters": parameters}}
                for path, kind in schemas.paths(kinds)
            },
            "definitions": found,
        }

    def _index(self) -> Document:
        places = {}
        for group, versions in self._registry.groups().items():
            for version in versions:
                place = f"apis/{group}/{version}" if group else f"api/{version}"
                digest = hashlib.sha256(self._group(group, version)).hexdigest()
                places[place] = {"serverRelativeURL": f"/openapi/v3/{place}?hash={digest.upper()}"}
        return {"paths": places}

    def _group(self, group: str, version: str) -> bytes:
        kinds = [kind for kind in self._registry.kinds if (kind.group, kind.version) == (group, version)]
        if not kinds:
            raise unknown_path(f"/openapi/v3/{group}/{version}")
        return self._once(f"v3 {group}/{version}", lambda: orjson.dumps(self._v3(kinds)))

    def _v3(self, kinds: list[Kind]) -> Document:
        found = schemas.definitions(self._registry, kinds, lambda name: f"#/components/schemas/{name}")
        parameters = [
            {"name": name, "in": "query", "schema": {"type": "string"}} for name in schemas.WRITE_PARAMETERS
        ]
        return {
            "openapi": "3.0.0",
            "info": _INFO,
            "paths": {
                path: {
                    "get": _operation(kind, "get"),
                    "patch": _patch(kind) | {"parameters": parameters},
                }
                for path, kind in schemas.paths(kinds)
            },
            "components": {"schemas": {name: _v3_schema(schema) for name, schema in found.items()}},
        }


def _patch(kind: Kind) -> Document:
    return _operation(kind, "patch")


def _operation(kind: Kind, action: str) -> Document:
    return {
        "responses": {"200": {"description": "OK"}},
        "x-kubernetes-action": action,
        schemas.GVK: schemas.gvk(kind),
    }


def _v3_schema(schema: Any) -> Any:
    """Version 3 allows nothing beside a reference, so what stands there wraps it."""
    if isinstance(schema, list):
        return [_v3_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema and isinstance(schema["$ref"], str) and len(schema) > 1:
        around = {key: value for key, value in schema.items() if key != "$ref"}
        return around | {"allOf": [{"$ref": schema["$ref"]}], "default": {}}
    return {key: _v3_schema(value) for key, value in schema.items()}
