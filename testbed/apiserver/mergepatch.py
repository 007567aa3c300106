"""JSON merge patch, RFC 7386, without changing what it is applied to: the old object is still needed to compare."""

from __future__ import annotations

from typing import Any

from testbed.apiserver.status import bad_request
from testbed.apiserver.structure import MAX_DEPTH


def merged(target: Any, patch: Any, depth: int = 0) -> Any:
    """``target`` with ``patch`` applied; parts that the patch does not touch are shared with ``target``.

    Raises ``ApiError`` 400 for a patch nested deeper than any object may be.
    """
    if not isinstance(patch, dict):
        return patch
    if depth > MAX_DEPTH:
        raise bad_request(f"patch is nested too deeply, allowed {MAX_DEPTH} levels")
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif type(value) is dict:
            result[key] = merged(result.get(key), value, depth + 1)
        else:
            result[key] = value
    return result
