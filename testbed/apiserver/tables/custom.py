"""The rows of kinds that declare their columns by JSONPath, as CustomResourceDefinitions do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from controller.api.kinds import Column as DeclaredColumn
from testbed.apiserver.kinds import Kind
from testbed.apiserver.tables import ages, jsonpath
from testbed.apiserver.tables.cluster import PLAIN
from testbed.apiserver.tables.printer import NAME, Cells, Column, Document, Printer

Cell = Callable[[Document, float], Any]


def printer(kind: Kind) -> Printer:
    """A name, then what the kind declares; a name and an age where it declares nothing."""
    if not kind.columns:
        return PLAIN
    columns = [
        Column(column.name, f"Value at {column.path}", _table_type(column.type), column.priority)
        for column in kind.columns
    ]
    finders = [_cell(column) for column in kind.columns]

    def cells(found: Document, now: float) -> Cells:
        return [found["metadata"]["name"], *(finder(found, now) for finder in finders)]

    return Printer((NAME, *columns), cells)


def _table_type(declared: str) -> str:
    return "string" if declared == "date" else declared


def _cell(column: DeclaredColumn) -> Cell:
    find = jsonpath.compiled(column.path)

    def cell(found: Document, now: float) -> Any:
        values = find(found)
        if not values or values == [None]:
            return None
        match column.type:
            case "date":
                return ages.since(values[0], now)
            case "integer" | "number":
                return values[0] if type(values[0]) in (int, float) else None
            case "boolean":
                return values[0] if type(values[0]) is bool else None
        return " ".join(_text(value) for value in values)

    return cell


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
