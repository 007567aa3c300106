"""Structural schemas as data and the one walker that holds a document against them.

The walker reports every fault at once, each with its path, what was found and what is allowed, and refuses fields
that the schema does not know. It runs on every write, so schemas are compiled once into nodes with slots.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from testbed.apiserver.alternatives import alternatives
from testbed.apiserver.status import Cause

Path = tuple[Any, Any] | None
"""A path as a chain (parent, key): costs nothing to extend and is rendered only when there is a fault."""

MAX_DEPTH = 64
"""Levels of nesting allowed where a schema lets anything pass: above any real object, below any recursion limit."""

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
_NAMES: Mapping[type, str] = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    type(None): "null",
}
_QUANTITY = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")
_TIME = re.compile(r"\d{4}-[01]\d-[0-3]\d[Tt][0-2]\d:[0-5]\d:[0-6]\d(\.\d+)?([Zz]|[+-][0-2]\d:[0-5]\d)")
_FORMATS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "quantity": (_QUANTITY.fullmatch, 'a quantity such as "500m" or "1Gi"'),
    "date-time": (_TIME.fullmatch, "a moment as RFC 3339 writes it, such as 2024-01-31T12:00:00Z"),
}


class Node:
    """One schema, compiled. ``exact`` is the Python type that is right without any further look, if there is one."""

    __slots__ = (
        "allowed",
        "enum",
        "exact",
        "format",
        "items",
        "limits",
        "nullable",
        "preserves",
        "properties",
        "required",
        "types",
        "values",
    )

    def __init__(self) -> None:
        self.types: tuple[type, ...] = ()
        self.allowed = "anything"
        self.exact: type | None = None
        self.preserves = False
        self.nullable = False
        self.properties: dict[str, Node] = {}
        self.required: tuple[str, ...] = ()
        self.values: Node | None = None
        self.items: Node | None = None
        self.enum: tuple[Any, ...] = ()
        self.format: tuple[Callable[[str], Any], str] | None = None
        self.limits: tuple[tuple[Callable[[Any], bool], str], ...] = ()


def compile_schema(schema: Mapping[str, Any], definitions: Mapping[str, Any] | None = None) -> Node:
    """Compiles a structural schema; ``$ref`` names an entry of ``definitions``.

    Raises ``ValueError`` for an unknown type.
    """
    return _Compiler(definitions or {}).node(schema)


def faults(node: Node, document: Any, path: Path = None) -> list[Cause]:
    """All faults of a document, in the order of the document.

    Members that are null count as absent and are removed from the document, as Kubernetes reads them.
    """
    found: list[Cause] = []
    _walk(node, document, path, found)
    return found


def render(path: Path) -> str:
    """``spec.containers[0].name``; keys of maps in brackets."""
    parts: list[str] = []
    while path is not None:
        path, key = path
        parts.append(f"[{key}]" if type(key) is int else f".{key}" if _is_plain(key) else f"[{key}]")
    return "".join(reversed(parts)).removeprefix(".")


def quoted(value: Any) -> str:
    """A found value for a message: short, on one line, and never a whole object."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = json.dumps(value[:80], ensure_ascii=not value[:80].isprintable())
        return f'{text[:-1]}..."' if len(value) > 80 else text
    if isinstance(value, (int, float)):
        return str(value)
    return _NAMES[type(value)]


def _is_plain(key: str) -> bool:
    return key.replace("_", "a").isalnum()


def _walk(node: Node, value: Any, path: Path, found: list[Cause]) -> None:
    kind = type(value)
    if kind is node.exact:
        return
    if node.preserves and (not node.types or kind in node.types):
        _bound(value, path, found)
        return
    if kind not in node.types:
        message = f"found {quoted(value)}, allowed {node.allowed}"
        found.append(Cause(render(path), "FieldValueTypeInvalid", message))
    elif kind is dict:
        _walk_object(node, value, path, found)
    elif kind is list:
        if node.items is not None:
            for position, item in enumerate(value):
                _walk(node.items, item, (path, position), found)
        if node.limits:
            _judge(node, value, path, found)
    else:
        _judge(node, value, path, found)


def _walk_object(node: Node, value: dict[str, Any], path: Path, found: list[Cause]) -> None:
    properties, values = node.properties, node.values
    absent: list[str] = []
    for key, member in value.items():
        child = properties.get(key, values)
        if child is None:
            allowed = ", ".join(sorted(properties)) or "no field"
            message = f"unknown field, found {quoted(key)}, allowed {allowed}"
            found.append(Cause(render((path, key)), "FieldValueForbidden", message))
        elif type(member) is child.exact:
            continue
        elif member is None:
            if not child.nullable:
                absent.append(key)
        else:
            _walk(child, member, (path, key), found)
    for key in absent:
        del value[key]
    for key in node.required:
        if key not in value:
            allowed = properties[key].allowed if key in properties else "a value"
            found.append(
                Cause(render((path, key)), "FieldValueRequired", f"found nothing, allowed {allowed}")
            )
    if node.limits:
        _judge(node, value, path, found)


def _judge(node: Node, value: Any, path: Path, found: list[Cause]) -> None:
    if node.enum and value not in node.enum:
        allowed = ", ".join(quoted(entry) for entry in node.enum)
        found.append(
            Cause(render(path), "FieldValueNotSupported", f"found {quoted(value)}, allowed {allowed}")
        )
    if node.format is not None and type(value) is str and not node.format[0](value):
        found.append(
            Cause(render(path), "FieldValueInvalid", f"found {quoted(value)}, allowed {node.format[1]}")
        )
    for holds, allowed in node.limits:
        if not holds(value):
            found.append(
                Cause(render(path), "FieldValueInvalid", f"found {quoted(value)}, allowed {allowed}")
            )


def _bound(value: Any, path: Path, found: list[Cause]) -> None:
    """Free-form values are bounded in depth, because serialisers are."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            member
            for container in level
            if type(container) in (dict, list)
            for member in (container.values() if type(container) is dict else container)
        ]
        if not level:
            return
    found.append(
        Cause(render(path), "FieldValueTooLong", f"found deeper nesting, allowed {MAX_DEPTH} levels")
    )


class _Compiler:
    """Compiles schemas, each definition once, so that definitions may be large and shared."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self.definitions = definitions
        self.known: dict[str, Node] = {}

    def node(self, schema: Mapping[str, Any]) -> Node:
        name = schema.get("$ref")
        if name is None:
            return self.fill(Node(), schema)
        if name not in self.known:
            node = self.known[name] = Node()  # known before it is filled: definitions may refer to themselves
            self.fill(node, self.definitions[name])
        return self.known[name]

    def fill(self, node: Node, schema: Mapping[str, Any]) -> Node:
        kind = schema.get("type")
        preserves = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
        node.preserves = preserves and not schema.get("properties")
        node.nullable = bool(schema.get("nullable"))
        if schema.get("x-kubernetes-int-or-string"):
            node.types = (int, str, float) if schema.get("format") == "quantity" else (int, str)
            node.allowed = "an integer or a string"
        elif kind is not None:
            if kind not in _TYPES:
                raise ValueError(f"schema type {kind!r}, allowed {', '.join(_TYPES)}")
            node.types = _TYPES[kind]
            node.allowed = _NAMES[node.types[-1]]
        elif not node.preserves:
            raise ValueError(f"schema without a type: {sorted(schema)}")
        node.properties = {key: self.node(inner) for key, inner in schema.get("properties", {}).items()}
        if schema.get("x-kubernetes-embedded-resource") and not node.preserves:
            node.properties |= self.node(_HEADER).properties
        node.required = tuple(schema.get("required", ()))
        if isinstance(schema.get("additionalProperties"), Mapping):
            node.values = self.node(schema["additionalProperties"])
        elif (preserves and not node.preserves) or schema.get("additionalProperties") is True:
            node.values = self.node(_ANYTHING)
        if "items" in schema:
            node.items = self.node(schema["items"])
        node.enum = tuple(schema.get("enum", ()))
        node.format = _FORMATS.get(schema.get("format", ""))
        node.limits = tuple(_limits(schema))
        plain = len(node.types) == 1 and node.types[0] in (str, bool, int)
        if plain and not node.enum and node.format is None and not node.limits:
            node.exact = node.types[0]
        return node


_ANYTHING = {"x-kubernetes-preserve-unknown-fields": True}
_HEADER = {
    "type": "object",
    "properties": {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": _ANYTHING | {"type": "object"},
    },
}
"""What an object within an object has besides what its schema says."""


def _limits(schema: Mapping[str, Any]) -> list[tuple[Callable[[Any], bool], str]]:
    limits: list[tuple[Callable[[Any], bool], str]] = []
    if "minimum" in schema:
        least = schema["minimum"]
        limits.append((lambda value: bool(value >= least), f"at least {least}"))
    if "maximum" in schema:
        most = schema["maximum"]
        limits.append((lambda value: bool(value <= most), f"at most {most}"))
    if "maxLength" in schema:
        longest = schema["maxLength"]
        limits.append((lambda value: len(value) <= longest, f"at most {longest} characters"))
    if "minLength" in schema:
        shortest = schema["minLength"]
        limits.append((lambda value: len(value) >= shortest, f"at least {shortest} characters"))
    if "minItems" in schema:
        fewest = schema["minItems"]
        limits.append((lambda value: len(value) >= fewest, f"at least {fewest} entries"))
    if "maxItems" in schema:
        most_items = schema["maxItems"]
        limits.append((lambda value: len(value) <= most_items, f"at most {most_items} entries"))
    if "pattern" in schema:
        pattern = re.compile(schema["pattern"])
        limits.append((lambda value: bool(pattern.search(value)), f"text that matches {pattern.pattern}"))
    for keyword, compare, words in _SIZES:
        if keyword in schema:
            limits.append((partial(compare, schema[keyword]), f"{words} {schema[keyword]}"))
    if schema.get("uniqueItems"):
        limits.append((_is_unique, "every entry once"))
    if schema.get("format") in _TEXTS:
        limits.append(_TEXTS[schema["format"]])
    return limits + alternatives(schema, _limits)


_SIZES: tuple[tuple[str, Callable[[Any, Any], bool], str], ...] = (
    ("minProperties", lambda least, value: len(value) >= least, "members, at least"),
    ("maxProperties", lambda most, value: len(value) <= most, "members, at most"),
    ("multipleOf", lambda step, value: value % step == 0, "a multiple of"),
)


def _is_unique(value: list[Any]) -> bool:
    return all(entry not in value[:position] for position, entry in enumerate(value))


def _reads(parse: Callable[[str], Any], value: Any) -> bool:
    try:
        parse(value)
    except ValueError:
        return False
    return isinstance(value, str)


_TEXTS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "ipv4": (partial(_reads, ipaddress.IPv4Address), "an IPv4 address"),
    "ipv6": (partial(_reads, ipaddress.IPv6Address), "an IPv6 address"),
    "cidr": (partial(_reads, partial(ipaddress.ip_network, strict=False)), "a network such as 10.0.0.0/8"),
    "uuid": (partial(_reads, uuid.UUID), "a UUID"),
    "date": (partial(_reads, datetime.date.fromisoformat), "a date such as 2024-01-31"),
}
"""Formats that are checked; others are notes for people, as in OpenAPI."""
