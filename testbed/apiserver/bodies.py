"""The body of a request: its size, its media type and what it decodes to, each known or refused."""

from __future__ import annotations

from typing import Any

import orjson
import yaml
from aiohttp import web

from testbed.apiserver.protobuf import messages
from testbed.apiserver.status import ApiError, bad_request

LIMIT = 3 * 2**20
"""Bytes of a request's body; Kubernetes' limit."""
JSON = "application/json"
YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"


async def document(request: web.BaseRequest) -> dict[str, Any]:
    """An object, as JSON, YAML or protobuf. Raises ``ApiError`` for another media type, too much, or no object."""
    media = _media(request)
    body = await _bytes(request)
    if media == JSON:
        found = _from_json(body)
    elif media == YAML:
        found = _from_yaml(body)
    elif media == PROTOBUF:
        found = messages.decoded(body)
    else:
        raise unsupported(media, (JSON, YAML, PROTOBUF))
    if not isinstance(found, dict):
        raise bad_request("the body must be a JSON object")
    return found


async def patch(request: web.BaseRequest) -> tuple[str, Any]:
    """The media type of a patch and what it holds, decoded from JSON."""
    return _media(request), _from_json(await _bytes(request))


def unsupported(found: str, allowed: tuple[str, ...]) -> ApiError:
    """415: a body of a media type that is not understood there."""
    message = f"Content-Type: found {found!r}, allowed {', '.join(allowed)}"
    return ApiError(415, "UnsupportedMediaType", message)


def too_large() -> ApiError:
    """413: a body above the limit."""
    return ApiError(413, "RequestEntityTooLarge", f"the body is too large, allowed {LIMIT} bytes")


def _media(request: web.BaseRequest) -> str:
    return request.headers.get("Content-Type", JSON).partition(";")[0].strip().lower()


async def _bytes(request: web.BaseRequest) -> bytes:
    if (request.content_length or 0) > LIMIT:
        raise too_large()
    return await request.read()


def _from_json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"the body is not JSON: {error}") from error


def _from_yaml(body: bytes) -> Any:
    """Read as plain data, then held to what JSON can say: a moment or a set is none of it."""
    try:
        return orjson.loads(orjson.dumps(yaml.load(body, Loader=yaml.CSafeLoader), option=_NO_MOMENTS))
    except (yaml.YAMLError, UnicodeError, orjson.JSONEncodeError) as error:
        raise bad_request(f"the body is not YAML that JSON could say: {error}") from error


_NO_MOMENTS = orjson.OPT_PASSTHROUGH_DATETIME
