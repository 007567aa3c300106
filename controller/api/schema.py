"""Structural schemas and CustomResourceDefinitions made from the typed objects, so that a field is written down once.

A structural schema is OpenAPI v3 without references, as the API server wants it of a CustomResourceDefinition:
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

from __future__ import annotations

from typing import Any

from msgspec import inspect

from controller.api.kinds import Kind
from controller.api.meta import Resource

Schema = dict[str, Any]

_SCALARS: dict[type, Schema] = {
    inspect.BoolType: {"type": "boolean"},
    inspect.FloatType: {"type": "number"},
    inspect.IntType: {"type": "integer", "format": "int64"},
    inspect.StrType: {"type": "string"},
    inspect.AnyType: {"x-kubernetes-preserve-unknown-fields": True},
}


def structural(kind_type: type[Resource]) -> Schema:
    """The structural schema of a kind; ``metadata`` is left to the API server, as a structural schema must."""
    schema = _schema(inspect.type_info(kind_type))
    properties = schema["properties"]
    properties["metadata"] = {"type": "object"}
    for header in ("apiVersion", "kind"):
        properties[header] = {"type": "string"}
    return schema


def crd(kind: Kind[Any]) -> dict[str, Any]:
    """The CustomResourceDefinition (``apiextensions.k8s.io/v1``) that serves ``kind`` on a real Kubernetes."""
    version: dict[str, Any] = {
        "name": kind.version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": structural(kind.type)},
        "additionalPrinterColumns": [
            {"name": column.name, "type": column.type, "jsonPath": column.path, "priority": column.priority}
            for column in kind.columns
        ],
    }
    if kind.has_status:
        version["subresources"] = {"status": {}}
    if kind.scale is not None:
        version.setdefault("subresources", {})["scale"] = {
            "specReplicasPath": f".{kind.scale.replicas}",
            "statusReplicasPath": f".{kind.scale.observed}",
        } | ({"labelSelectorPath": f".{kind.scale.selector}"} if kind.scale.selector else {})
    names: dict[str, Any] = {
        "kind": kind.name,
        "listKind": f"{kind.name}List",
        "plural": kind.plural,
        "singular": kind.singular or kind.name.lower(),
    }
    if kind.short_names:
        names["shortNames"] = list(kind.short_names)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{kind.group}"},
        "spec": {
            "group": kind.group,
            "scope": "Namespaced" if kind.namespaced else "Cluster",
            "names": names,
            "versions": [version],
        },
    }


def _schema(info: inspect.Type) -> Schema:
    scalar = _SCALARS.get(type(info))
    if scalar is not None:
        return scalar | _bounds(info)
    if isinstance(info, inspect.Metadata):
        return _schema(info.type) | (info.extra_json_schema or {})
    match info:
        case inspect.StructType(cls=cls, fields=fields):
            schema: Schema = {
                "type": "object",
                "properties": {entry.encode_name: _schema(entry.type) for entry in fields},
            }
            if cls.__doc__:
                schema["description"] = cls.__doc__.partition("\n")[0]
            required = [entry.encode_name for entry in fields if entry.required]
            if required:
                schema["required"] = required
            return schema
        case inspect.VarTupleType(item_type=item):
            return {"type": "array", "items": _schema(item)} | _bounds(info)
        case inspect.DictType(value_type=value):
            return {"type": "object", "additionalProperties": _schema(value)}
        case inspect.UnionType(types=types):
            inner = [entry for entry in types if not isinstance(entry, inspect.NoneType)]
            if len(inner) == 1:
                return _schema(inner[0]) | {"nullable": True}
            if {type(entry) for entry in inner} == {inspect.IntType, inspect.StrType}:
                return {"x-kubernetes-int-or-string": True}
        case inspect.LiteralType(values=values):
            return {"type": "string", "enum": list(values)}
    raise TypeError(f"no structural schema for a {type(info).__name__}")


_BOUNDS = {
    inspect.IntType: {"ge": "minimum", "le": "maximum"},
    inspect.StrType: {"min_length": "minLength", "max_length": "maxLength", "pattern": "pattern"},
    inspect.VarTupleType: {"min_length": "minItems", "max_length": "maxItems"},
}


def _bounds(info: inspect.Type) -> Schema:
    """What a type says about the values of a field beyond their type."""
    names = _BOUNDS.get(type(info), {})
    return {
        keyword: value
        for attribute, keyword in names.items()
        if (value := getattr(info, attribute)) is not None
    }
