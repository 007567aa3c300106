"""Which way of patching a media type means, and for which kinds."""

from __future__ import annotations

from typing import Any

from testbed.apiserver.bodies import unsupported
from testbed.apiserver.kinds import Kind, Registry
from testbed.apiserver.mergepatch import merged
from testbed.apiserver.patches import jsonpatch, strategic
from testbed.apiserver.status import ApiError, bad_request

Document = dict[str, Any]

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


_KNOWN = (JSON_PATCH, MERGE, STRATEGIC)


def check(media: str) -> None:
    """Raises ``ApiError`` 415 for what is no way of patching anything."""
    if media not in _KNOWN:
        raise unsupported(media, _KNOWN)


def patched(registry: Registry, kind: Kind, before: Document, media: str, patch: Any) -> Document:
    """``before`` (which stays as it is) with a patch of that media type applied.

    Raises ``ApiError`` 415 for a type that the kind does not take, 400 or 422 for a patch that cannot be applied.
    """
    return applied(registry, kind.document, kind.is_custom or bool(kind.columns), before, media, patch)


def applied(
    registry: Registry,
    schema: Any,
    is_structural: bool,
    before: Document,
    media: str,
    patch: Any,
) -> Document:
    """The same for a document that follows ``schema``; one that is only structural knows no strategic merging."""
    allowed = (JSON_PATCH, MERGE) if is_structural else _KNOWN
    if media not in allowed:
        raise unsupported(media, allowed)
    if media == JSON_PATCH:
        after = jsonpatch.applied(before, patch)
    else:
        if not isinstance(patch, dict):
            raise bad_request("a merge patch of an object must be a JSON object")
        if media == STRATEGIC:
            after = strategic.Merging(registry.definitions).merged(before, patch, schema)
        else:
            after = merged(before, patch)
    if not isinstance(after, dict):
        raise ApiError(422, "Invalid", "the patch leaves no object")
    return after
