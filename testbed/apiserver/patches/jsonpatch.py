"""JSON patch, RFC 6902: a list of operations of which all hold or none."""

from __future__ import annotations

import copy
from typing import Any

from testbed.apiserver.status import ApiError, bad_request

OPERATIONS_LIMIT = 10_000
"""Operations of one patch; Kubernetes' limit."""


def applied(document: Any, operations: Any) -> Any:
    """A copy of ``document`` with the operations done in their order.

    Raises ``ApiError`` 400 for what is no patch, 422 naming the operation that cannot be done.
    """
    if not isinstance(operations, list) or not all(isinstance(each, dict) for each in operations):
        raise bad_request("a JSON patch must be a list of operations")
    if len(operations) > OPERATIONS_LIMIT:
        raise ApiError(
            413,
            "RequestEntityTooLarge",
            f"the patch has {len(operations)} operations, allowed {OPERATIONS_LIMIT}",
        )
    holder = {"": copy.deepcopy(document)}
    for position, operation in enumerate(operations):
        try:
            _perform(holder, operation)
        except _Impossible as error:
            raise ApiError(
                422, "Invalid", f"the server rejected our request: operation {position}: {error}"
            ) from error
    return holder[""]


class _Impossible(Exception):
    """An operation that cannot be done."""


def _perform(holder: dict[str, Any], operation: dict[str, Any]) -> None:
    path = _pointer(operation, "path")
    match operation.get("op"):
        case "add":
            _add(holder, path, _value(operation))
        case "remove":
            _remove(holder, path)
        case "replace":
            _get(holder, path)
            _put(holder, path, _value(operation))
        case "move":
            source = _pointer(operation, "from")
            if path[: len(source)] == source and path != source:
                raise _Impossible("an object cannot be moved into itself")
            _add(holder, path, _remove(holder, source))
        case "copy":
            _add(holder, path, copy.deepcopy(_get(holder, _pointer(operation, "from"))))
        case "test":
            if not _equal(_get(holder, path), _value(operation)):
                raise _Impossible(f"testing value {operation['path']} failed")
        case other:
            raise _Impossible(f"op: found {other!r}, allowed add, remove, replace, move, copy, test")


def _pointer(operation: dict[str, Any], member: str) -> list[str]:
    text = operation.get(member)
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise _Impossible(f"{member}: found {text!r}, allowed a JSON pointer such as /spec/replicas")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")]


def _value(operation: dict[str, Any]) -> Any:
    if "value" not in operation:
        raise _Impossible("value: found nothing, allowed a value")
    return operation["value"]


def _get(holder: Any, path: list[str]) -> Any:
    for key in path:
        if isinstance(holder, dict) and key in holder:
            holder = holder[key]
        elif isinstance(holder, list):
            holder = holder[_index(holder, key, len(holder) - 1)]
        else:
            raise _Impossible(f"nothing is at {'/'.join(path)}")
    return holder


def _index(found: list[Any], key: str, last: int) -> int:
    if not key.isdecimal() or (len(key) > 1 and key[0] == "0") or int(key) > last:
        raise _Impossible(f"position: found {key!r}, allowed 0 to {last}")
    return int(key)


def _put(holder: Any, path: list[str], value: Any) -> None:
    parent, key = _get(holder, path[:-1]), path[-1]
    if isinstance(parent, list):
        parent[_index(parent, key, len(parent) - 1)] = value
    else:
        parent[key] = value


def _add(holder: Any, path: list[str], value: Any) -> None:
    parent, key = _get(holder, path[:-1]), path[-1]
    if isinstance(parent, list):
        parent.insert(len(parent) if key == "-" else _index(parent, key, len(parent)), value)
    elif isinstance(parent, dict):
        parent[key] = value
    else:
        raise _Impossible(f"nothing can be added at {'/'.join(path)}")


def _remove(holder: Any, path: list[str]) -> Any:
    value, parent = _get(holder, path), _get(holder, path[:-1])
    if isinstance(parent, list):
        del parent[int(path[-1])]
    elif len(path) == 1:
        parent[""] = None
    else:
        del parent[path[-1]]
    return value


def _equal(one: Any, other: Any) -> bool:
    """Equality of JSON: true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)
