"""In which form a client wants its answer: as the objects are, as a table, or their metadata alone.

Clients list what they understand and the server takes the first that it can give:
https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from testbed.apiserver.status import ApiError

JSON = "application/json"
_GROUP = "meta.k8s.io"
_VERSIONS = ("v1", "v1beta1")


class Shape(Enum):
    """What an answer shows of objects."""

    OBJECTS = "objects"
    TABLE = "table"
    METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class Form:
    """A shape, and the version of ``meta.k8s.io`` that writes it (of tables and metadata)."""

    shape: Shape
    version: str = "v1"


AS_THEY_ARE = Form(Shape.OBJECTS)
_SHAPES = {
    "Table": Shape.TABLE,
    "PartialObjectMetadata": Shape.METADATA,
    "PartialObjectMetadataList": Shape.METADATA,
}


@lru_cache(maxsize=256)
def form(accept: str) -> Form:
    """The form that an ``Accept`` header asks for. Raises ``ApiError`` 406 when it allows none that there is."""
    if not accept:
        return AS_THEY_ARE
    for clause in accept.split(","):
        media, *texts = (part.strip() for part in clause.split(";"))
        if media not in (JSON, "application/*", "*/*"):
            continue
        parameters = dict(text.partition("=")[::2] for text in texts)
        wanted = parameters.get("as")
        if not wanted:
            return AS_THEY_ARE
        if wanted in _SHAPES and parameters.get("g") == _GROUP and parameters.get("v") in _VERSIONS:
            return Form(_SHAPES[wanted], parameters["v"])
    raise ApiError(406, "NotAcceptable", f"Accept: found {accept[:200]!r}, allowed {JSON}")
