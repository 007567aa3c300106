"""Makes ``schemas.json``, the table of core schemas, from the models of the ``kubernetes`` package.

The server must know every field of a core object to refuse a misspelt one, and that package is the one carrier of
Kubernetes' OpenAPI document that a package registry offers. It is large and slow to import, so it is a development
dependency only and what the kinds in use need is kept as data:

    python -m testbed.apiserver.core.generate
"""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

from testbed.apiserver.core.catalogue import CORE_KINDS, PARTS
from testbed.apiserver.core.merging import ATOMIC_MODELS, MERGING

QUANTITIES = {
    "limits",
    "requests",
    "capacity",
    "allocatable",
    "allocated_resources",
    "overhead",
    "size_limit",
    "divisor",
}
"""Fields of Kubernetes' type Quantity, which the models show as plain strings; clients send numbers too.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

SCALARS: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "bytes": {"type": "string", "format": "byte"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "datetime": {"type": "string", "format": "date-time"},
}
QUANTITY: dict[str, Any] = {"x-kubernetes-int-or-string": True, "format": "quantity"}
INT_OR_STRING: dict[str, Any] = {"x-kubernetes-int-or-string": True}
ANYTHING: dict[str, Any] = {"x-kubernetes-preserve-unknown-fields": True}


class Table:
    """Definitions by model name, each visited once; definitions refer to each other by ``$ref``."""

    def __init__(self) -> None:
        self.definitions: dict[str, dict[str, Any]] = {}

    def visit(self, name: str) -> None:
        """Adds the definition of a model and of everything it refers to."""
        if name in self.definitions:
            return
        from kubernetes.client import models

        model = getattr(models, name)
        definition: dict[str, Any] = {"type": "object"}
        self.definitions[name] = definition
        if model.__doc__:
            definition["description"] = _one_line(model.__doc__.partition("Attributes:")[0])
        if name in ATOMIC_MODELS:
            definition["x-kubernetes-map-type"] = "atomic"
        fields = {field.serialization_alias or key: field for key, field in model.model_fields.items()}
        properties, required = {}, []
        for attribute, type_name in sorted(model.openapi_types.items()):
            wire_name = model.attribute_map[attribute]
            field = fields[wire_name]
            if attribute in QUANTITIES and "str" in type_name:
                is_map = type_name.startswith("Dict")
                properties[wire_name] = (
                    {"type": "object", "additionalProperties": QUANTITY} if is_map else QUANTITY
                )
            else:
                properties[wire_name] = self.schema(type_name, str(field.annotation))
            properties[wire_name] = _explained(properties[wire_name], field.description) | MERGING.get(
                (name, wire_name), {}
            )
            if field.is_required():
                required.append(wire_name)
        definition["properties"] = properties
        if required:
            definition["required"] = required

    def schema(self, type_name: str, annotation: str) -> dict[str, Any]:
        """The schema of one field from its type as the model names it."""
        if type_name in SCALARS:
            return SCALARS[type_name]
        if type_name == "object":
            return INT_OR_STRING if "Annotated[int" in annotation else ANYTHING
        if found := re.fullmatch(r"List\[(.+)\]", type_name):
            return {"type": "array", "items": self.schema(found[1], annotation)}
        if found := re.fullmatch(r"Dict\[str, (.+)\]", type_name):
            return {"type": "object", "additionalProperties": self.schema(found[1], annotation)}
        self.visit(type_name)
        return {"$ref": type_name}


def _explained(schema: dict[str, Any], description: str | None) -> dict[str, Any]:
    return schema | ({"description": _one_line(description)} if description else {})


def _one_line(text: str) -> str:
    return " ".join(text.split())


def main() -> None:
    """Writes the table beside this script."""
    table = Table()
    for model in (*(kind.model for kind in CORE_KINDS), *PARTS.values()):
        table.visit(model)
    missing = [
        f"{model}.{field}"
        for model, field in MERGING
        if field not in table.definitions.get(model, {}).get("properties", {})
    ]
    if missing:
        raise SystemExit(f"merging.py speaks of what is not there: {', '.join(missing)}")
    document = {
        "source": f"models of the Python package kubernetes {version('kubernetes')}",
        "definitions": dict(sorted(table.definitions.items())),
    }
    path = Path(__file__).with_name("schemas.json")
    path.write_text(json.dumps(document, indent=0) + "\n")
    print(f"{path.name}: {len(table.definitions)} definitions")


if __name__ == "__main__":
    main()
