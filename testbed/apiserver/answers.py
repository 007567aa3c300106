"""Objects and collections in the form that a client asked for."""

from __future__ import annotations

from typing import Any

import orjson

from testbed.apiserver.kinds import Kind
from testbed.apiserver.negotiation import Form, Shape
from testbed.apiserver.paging import Page
from testbed.apiserver.tables import rendering


def one(kind: Kind, body: bytes, form: Form, include: str) -> bytes:
    """An object; as a table it is one of a single row, with what ``includeObject`` asks for in it."""
    if form.shape is Shape.OBJECTS:
        return body
    document = orjson.loads(body)
    if form.shape is Shape.METADATA:
        return orjson.dumps(rendering.partial(document, form.version))
    version = {"resourceVersion": document["metadata"].get("resourceVersion", "")}
    return rendering.table(kind, [body], version, form.version, include)


def page(kind: Kind, found: Page, form: Form, include: str) -> bytes:
    """A page of a collection."""
    metadata: dict[str, Any] = {"resourceVersion": str(found.revision)}
    if found.token:
        metadata |= {"continue": found.token, "remainingItemCount": found.remaining}
    bodies = [entry.body for entry in found.entries]
    if form.shape is Shape.TABLE:
        return rendering.table(kind, bodies, metadata, form.version, include)
    if form.shape is Shape.METADATA:
        return rendering.partial_list(bodies, metadata, form.version)
    head = b'{"kind":"%b","apiVersion":"%b","metadata":%b,"items":['
    name = kind.list_name or f"{kind.name}List"
    return b"".join(
        (
            head % (name.encode(), kind.api_version.encode(), orjson.dumps(metadata)),
            b",".join(bodies),
            b"]}",
        )
    )
