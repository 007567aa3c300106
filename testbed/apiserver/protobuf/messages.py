"""Objects that kubectl sends as protobuf, read into what their JSON would have been.

A body is four bytes of magic and an envelope that names the kind. Whatever the table of shapes does not know is
refused: a field that is passed over would seem to have worked.
"""

from __future__ import annotations

import base64
import time
from typing import Any

from testbed.apiserver.protobuf import wire
from testbed.apiserver.protobuf.shapes import SENT, SHAPES
from testbed.apiserver.status import ApiError, bad_request

MAGIC = b"k8s\x00"

_KIND_FIELD, _RAW_FIELD = 1, 2


def decoded(body: bytes) -> dict[str, Any]:
    """The object in a body. Raises ``ApiError`` 400 for what is none, 415 for a kind or field not understood."""
    if not body.startswith(MAGIC):
        raise bad_request("the body is no protobuf of Kubernetes: it does not begin with k8s and a zero")
    try:
        envelope = dict(wire.fields(body[len(MAGIC) :]))
        names = {field: _text(value) for field, value in wire.fields(_bytes(envelope.get(_KIND_FIELD, b"")))}
        api_version, kind = names.get(1, ""), names.get(2, "")
        if kind not in SENT:
            raise _not_understood(f"kind {kind!r}, allowed {', '.join(SENT)}")
        document = _message(kind, _bytes(envelope.get(_RAW_FIELD, b"")), kind)
    except ValueError as error:
        raise bad_request(f"the body is no protobuf: {error}") from error
    return {"apiVersion": api_version, "kind": kind} | document


def _message(name: str, data: bytes, path: str) -> dict[str, Any]:
    shape = SHAPES[name]
    found: dict[str, Any] = {}
    for number, value in wire.fields(data):
        if number not in shape:
            if value in (b"", 0):
                continue
            raise _not_understood(f"field {number} of {path}")
        key, kind = shape[number]
        if not kind:
            continue
        inner = f"{path}.{key}"
        if kind.startswith("[]"):
            found.setdefault(key, []).append(_value(kind[2:], value, inner))
        elif kind.startswith("{}"):
            entry = dict(wire.fields(_bytes(value)))
            found.setdefault(key, {})[_text(entry.get(1, b""))] = _value(kind[2:], entry.get(2, b""), inner)
        else:
            read = _value(kind.removesuffix("?"), value, inner)
            if read or kind.endswith("?"):
                found[key] = read
    return found


def _value(kind: str, value: int | bytes, path: str) -> Any:
    match kind:
        case "int":
            if not isinstance(value, int):
                raise ValueError(f"{path} is no number")
            return value - 2**64 if value >= 2**63 else value
        case "bool":
            return bool(value)
        case "string":
            return _text(value)
        case "bytes":
            return base64.b64encode(_bytes(value)).decode()
        case "quantity":
            return _text(dict(wire.fields(_bytes(value))).get(1, b""))
        case "time":
            moment = dict(wire.fields(_bytes(value)))
            return _moment(moment.get(1, 0)) if moment else None
        case "intorstring":
            parts = dict(wire.fields(_bytes(value)))
            return _text(parts.get(3, b"")) if parts.get(1) else _value("int", parts.get(2, 0), path)
    return _message(kind, _bytes(value), path)


def _moment(seconds: int | bytes) -> str:
    if not isinstance(seconds, int) or seconds >= 2**40:
        raise ValueError("a moment is no number of seconds")
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _bytes(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("a number where a message belongs")
    return value


def _text(value: int | bytes) -> str:
    return _bytes(value).decode()


def _not_understood(what: str) -> ApiError:
    return ApiError(
        415, "UnsupportedMediaType", f"protobuf: {what} is not understood here; send it as application/json"
    )
