"""YAML read strictly: what YAML would silently take for something else is refused, with where it stands.

YAML 1.1 takes `no` for false and 52:54:00:12:34:56 for a number in base 60, and a key that is there twice for its last
value. Each is a fault here, told with file, document, path, found and allowed; all faults of a file are told at once.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import yaml

MOST_VALUES = 1_000_000
"""Aliases of aliases make a small file a huge document."""

_TAG = "tag:yaml.org,2002:"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(Exception):
    """A file that cannot be taken as it stands; one line a fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


def read(text: str, source: str) -> list[Any]:
    """The documents of a YAML (or JSON) text, without empty ones; `source` is what errors call it.

    Raises:
        Unreadable: with all faults.
    """
    try:
        nodes = list(yaml.compose_all(text, Loader=_Loader))
    except yaml.YAMLError as error:
        raise Unreadable([f"{source}: {' '.join(str(error).split())}"]) from error
    reader = _Reader()
    documents: list[Any] = []
    faults: list[str] = []
    for number, node in enumerate(nodes, start=1):
        reader.faults = []
        document = reader.value(node, "", ())
        where = f"{source}, document {number}" if len(nodes) > 1 else source
        faults += [f"{where}: {fault}" for fault in reader.faults]
        if document is not None:
            documents.append(document)
    if faults:
        raise Unreadable(faults)
    return documents


def read_file(path: Path, stdin: str | None = None) -> list[Any]:
    """The documents of a file; `-` is `stdin`.

    Raises:
        Unreadable: with all faults, or because the file cannot be read.
    """
    if stdin is not None:
        return read(stdin, "standard input")
    try:
        return read(path.read_text(), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable([f"{path}: {getattr(error, 'strerror', None) or error}"]) from error


class _Reader:
    """From nodes of YAML to plain values, with the faults found on the way."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._made = 0
        self._constructor = yaml.SafeLoader("")

    def value(self, node: yaml.Node, path: str, above: tuple[int, ...]) -> Any:
        self._made += 1
        if self._made > MOST_VALUES or id(node) in above:
            if not self.faults or "aliases" not in self.faults[-1]:
                self.faults.append(
                    f"{path or 'document'}: aliases that repeat themselves or grow without end"
                )
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, (*above, id(node)))
        if isinstance(node, yaml.SequenceNode):
            inner = (*above, id(node))
            return [self.value(entry, f"{path}[{index}]", inner) for index, entry in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: str, above: tuple[int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{_TAG}merge":
                several = value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
                for one in reversed(several):
                    merged |= self.value(one, path, above) or {}
                continue
            key = self._key(key_node, path)
            inner = f"{path}.{key}" if path else key
            if key in found:
                self._fault(inner, "the key twice", "once", key_node)
            found[key] = self.value(value_node, inner, above)
        return merged | found

    def _key(self, node: yaml.Node, path: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._fault(path, "a key that is a list or mapping", "a string", node)
            return "?"
        if node.tag in (f"{_TAG}bool", f"{_TAG}null"):
            self._fault(
                path, f"the key {node.value}, which YAML takes for another type", "a string in quotes", node
            )
        return str(node.value)

    def _scalar(self, node: yaml.ScalarNode, path: str) -> Any:
        text, kind = str(node.value), node.tag.removeprefix(_TAG)
        if kind in ("str", "timestamp"):
            return text
        if kind == "null":
            return None
        if kind == "bool":
            if text.lower() not in ("true", "false"):
                self._fault(
                    path, f"{text}, which YAML takes for a truth value", f'true, false, or "{text}"', node
                )
            return text.lower() == "true"
        if kind in ("int", "float"):
            if ":" in text:
                self._fault(
                    path, f"{text}, which YAML takes for a number in base 60", f'"{text}" in quotes', node
                )
                return text
            return self._number(node, path)
        self._fault(path, f"a value of type {node.tag}", "strings, numbers, true, false, null", node)
        return None

    def _number(self, node: yaml.ScalarNode, path: str) -> Any:
        try:
            number = self._constructor.construct_object(node)
        except ValueError:
            self._fault(path, node.value, "a number", node)
            return None
        if isinstance(number, float) and not math.isfinite(number):
            self._fault(path, node.value, "a finite number, or a string in quotes", node)
        return number

    def _fault(self, path: str, found: str, allowed: str, node: yaml.Node) -> None:
        line = node.start_mark.line + 1
        self.faults.append(f"{path or 'document'} (line {line}): found {found}; allowed {allowed}")
