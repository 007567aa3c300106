"""Tables of lists and of single objects, as ``meta.k8s.io`` writes them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import orjson

from testbed.apiserver.kinds import Kind
from testbed.apiserver.status import bad_request
from testbed.apiserver.tables import cluster, custom, network, pods, workloads
from testbed.apiserver.tables.printer import Printer

_PRINTERS = cluster.PRINTERS | pods.PRINTERS | workloads.PRINTERS | network.PRINTERS

INCLUDES = ("Metadata", "Object", "None")
"""What a row may carry of its object; names and labels come from there."""


@lru_cache(maxsize=1024)
def printer_of(kind: Kind) -> Printer:
    """The printer of a kind."""
    return (not kind.is_custom and _PRINTERS.get(kind.name)) or custom.printer(kind)


def table(kind: Kind, bodies: Iterable[bytes], metadata: dict[str, Any], version: str, include: str) -> bytes:
    """The objects (as the store has them) as a table of ``meta.k8s.io/VERSION``.

    ``include`` is what every row carries of its object. Raises ``ApiError`` 400 for what that cannot be.
    """
    include = include or "Metadata"
    if include not in INCLUDES:
        raise bad_request(f"includeObject: found {include!r}, allowed {', '.join(INCLUDES)}")
    printer, now = printer_of(kind), time.time()
    rows = []
    for body in bodies:
        document = orjson.loads(body)
        row: dict[str, Any] = {"cells": printer.cells(document, now)}
        if include == "Object":
            row["object"] = orjson.Fragment(body)
        elif include == "Metadata":
            row["object"] = partial(document, version)
        rows.append(row)
    return orjson.dumps(
        {
            "kind": "Table",
            "apiVersion": f"meta.k8s.io/{version}",
            "metadata": metadata,
            "columnDefinitions": [column.definition() for column in printer.columns],
            "rows": rows,
        }
    )


def partial(document: dict[str, Any], version: str) -> dict[str, Any]:
    """Of an object its metadata alone."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": document["metadata"],
    }


def partial_list(bodies: Iterable[bytes], metadata: dict[str, Any], version: str) -> bytes:
    """Of every object its metadata alone."""
    return orjson.dumps(
        {
            "kind": "PartialObjectMetadataList",
            "apiVersion": f"meta.k8s.io/{version}",
            "metadata": metadata,
            "items": [partial(orjson.loads(body), version) for body in bodies],
        }
    )
