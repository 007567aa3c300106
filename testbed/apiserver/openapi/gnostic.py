"""The OpenAPI document of version 2 as protobuf, which kubectl 1.20 insists on.

Field numbers: ``OpenAPIv2.proto`` of https://github.com/google/gnostic
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from testbed.apiserver.protobuf.wire import message, text

Document = Mapping[str, Any]

_NAME, _VALUE = 1, 2
_YAML = 2
_PATCH = 8


def encoded(document: Document) -> bytes:
    """The document: info, paths with their patch operations, definitions."""
    info = text(1, document["info"]["title"]) + text(2, document["info"]["version"])
    paths = b"".join(
        message(2, _named(path, message(_PATCH, _operation(item["patch"]))))
        for path, item in document["paths"].items()
    )
    definitions = b"".join(
        message(1, _named(name, _schema(schema))) for name, schema in document["definitions"].items()
    )
    return text(1, document["swagger"]) + message(2, info) + message(8, paths) + message(9, definitions)


def _named(name: str, value: bytes) -> bytes:
    return text(_NAME, name) + message(_VALUE, value)


def _operation(operation: Document) -> bytes:
    parameters = b"".join(message(8, _query_parameter(each)) for each in operation["parameters"])
    answers = b"".join(
        message(1, _named(code, message(1, text(1, each["description"]))))
        for code, each in operation["responses"].items()
    )
    return parameters + message(9, answers) + _extensions(operation, 13)


def _query_parameter(parameter: Document) -> bytes:
    query = text(2, parameter["in"]) + text(4, parameter["name"]) + text(6, parameter["type"])
    return message(1, message(2, message(3, query)))


def _schema(schema: Document) -> bytes:
    parts: list[bytes] = []
    for field, key in ((1, "$ref"), (2, "format"), (4, "description")):
        if key in schema:
            parts.append(text(field, schema[key]))
    parts += [text(19, name) for name in schema.get("required", ())]
    parts += [message(20, _any(value)) for value in schema.get("enum", ())]
    if "additionalProperties" in schema:
        parts.append(message(21, message(1, _schema(schema["additionalProperties"]))))
    if "type" in schema:
        parts.append(message(22, text(1, schema["type"])))
    if "items" in schema:
        parts.append(message(23, message(1, _schema(schema["items"]))))
    if "properties" in schema:
        members = b"".join(
            message(1, _named(name, _schema(inner))) for name, inner in schema["properties"].items()
        )
        parts.append(message(25, members))
    parts.append(_extensions(schema, 31))
    return b"".join(parts)


def _extensions(document: Document, field: int) -> bytes:
    return b"".join(
        message(field, _named(key, _any(value)))
        for key, value in document.items()
        if key.startswith("x-kubernetes-")
    )


def _any(value: Any) -> bytes:
    """A value of any kind: as YAML, of which JSON is a part."""
    return text(_YAML, orjson.dumps(value).decode())
