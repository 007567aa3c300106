"""The JSONPath of printer columns: fields, positions, ``[*]`` and filters by equality, compiled once a column.

Syntax: https://kubernetes.io/docs/reference/kubectl/jsonpath/ (of it, what a CustomResourceDefinition's columns use).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Step = Callable[[Any], Iterable[Any]]

_FIELD = re.compile(r"\.((?:\\.|[^.\[\\])+)")
_QUOTED = re.compile(r"\[(?:'([^']*)'|\"([^\"]*)\")\]")
_POSITION = re.compile(r"\[(-?\d+)\]")
_ALL = re.compile(r"\[\*\]|\.\*")
_FILTER = re.compile(
    r"""\[\?\(\s*@((?:\.[^.\[\]=!\s)]+)+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|(true|false|-?\d+))\s*\)\]"""
)


def compiled(path: str) -> Callable[[Any], list[Any]]:
    """What finds the values at ``path``. Raises ``ValueError`` with the part that is not understood."""
    steps = list(_steps(path.strip().removeprefix("{").removesuffix("}").removeprefix("$")))

    def find(document: Any) -> list[Any]:
        found = [document]
        for step in steps:
            found = [inner for value in found for inner in step(value)]
        return found

    return find


def _steps(path: str) -> Iterator[Step]:
    rest = path if path[:1] in (".", "[") else f".{path}"
    while rest:
        if match := _ALL.match(rest):
            yield _every
        elif match := _FILTER.match(rest):
            keys = tuple(match[1].strip(".").split("."))
            yield _filter(
                keys, match[2] == "==", next(text for text in match.groups()[2:] if text is not None)
            )
        elif match := _POSITION.match(rest):
            yield _position(int(match[1]))
        elif match := _QUOTED.match(rest):
            yield _field(match[1] if match[1] is not None else match[2])
        elif match := _FIELD.match(rest):
            yield _field(re.sub(r"\\(.)", r"\1", match[1]))
        else:
            raise ValueError(f"JSONPath {path!r}: not understood from {rest!r} on")
        rest = rest[match.end() :]


def _field(name: str) -> Step:
    def step(value: Any) -> Iterable[Any]:
        return (value[name],) if isinstance(value, dict) and name in value else ()

    return step


def _position(index: int) -> Step:
    def step(value: Any) -> Iterable[Any]:
        return value[index:][:1] if isinstance(value, list) else ()

    return step


def _every(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()


def _filter(keys: tuple[str, ...], wants_equal: bool, text: str) -> Step:
    def holds(value: Any) -> bool:
        for key in keys:
            if not isinstance(value, dict) or key not in value:
                return False
            value = value[key]
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        return (shown == text) == wants_equal

    def step(value: Any) -> Iterable[Any]:
        return [each for each in value if holds(each)] if isinstance(value, list) else ()

    return step
