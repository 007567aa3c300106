"""The API client: typed objects over keep-alive HTTP connections, to our API server or a real Kubernetes alike.

Requests share a bounded pool, so thousands in flight queue here instead of at the server; watches have connections
of their own, so that they never starve requests.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import orjson

from controller.api.kinds import Kind
from controller.api.meta import Resource
from controller.kubernetes import wire
from controller.kubernetes.access import Access
from controller.kubernetes.errors import Unreachable, error_of, reason_of
from controller.kubernetes.http import Answer, Place, Pool
from controller.kubernetes.informer import Informer
from controller.kubernetes.wire import Listing, WatchEvent, Written

T = TypeVar("T", bound=Resource)

ACCEPTED = b"x-accepted-monotonic-ns"
"""Response header of our API server: when it accepted the revision, in nanoseconds of CLOCK_MONOTONIC."""

MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
JSON = "application/json"
PAGE = 5_000
"""Objects asked for in one page of a list: bounds the memory of a list of 100,000 pods to one page's bytes."""
WATCH_GRACE = 30
"""Seconds beyond a watch's own end after which its connection counts as dead."""
THROTTLED = 429
ATTEMPTS = 40
"""How often a request is made that the server does not take because it throttles."""


class Client:
    """A connection pool to one API server; use it as an async context manager.

    Every method raises ``ApiError`` for the server's refusal and ``Unreachable`` when there is no answer.
    """

    def __init__(self, access: Access, *, connections: int = 32, timeout: float = 60.0) -> None:
        self._access = access
        self._connections = connections
        self._timeout = timeout

    async def __aenter__(self) -> Client:
        access = self._access
        headers = {"Accept": JSON}
        if access.token:
            headers["Authorization"] = f"Bearer {access.token}"
        place = Place(access.socket) if access.socket else Place.of(access.server, access.ssl_context())
        self._pool = Pool(
            place, headers, connections=self._connections, kept=self._connections, timeout=self._timeout
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

    async def list(
        self,
        kind: Kind[T],
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
    ) -> Listing[T]:
        """The whole collection at one revision."""
        items: list[T] = []
        revision = ""
        async for page in self.pages(
            kind, namespace=namespace, label_selector=label_selector, field_selector=field_selector
        ):
            items += page.items
            revision = page.resource_version
        return Listing(items, revision)

    async def pages(
        self,
        kind: Kind[T],
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncIterator[Listing[T]]:
        """The collection in parts, at least one, all of the revision of the first."""
        query = _selectors(label_selector, field_selector) | {"limit": str(PAGE)}
        revision = token = ""
        while True:
            more = query | ({"continue": token} if token else {})
            body, _ = await self._request("GET", _path(kind, namespace), query=more)
            items, found, token = wire.decode_page(kind, body)
            revision = revision or found
            yield Listing(list(items), revision)
            if not token:
                return

    async def get(self, kind: Kind[T], name: str, namespace: str | None = None) -> T:
        """One object."""
        body, _ = await self._request("GET", _path(kind, namespace, name))
        return wire.decode(kind, body)

    async def create(
        self, kind: Kind[T], obj: T | dict[str, Any], *, namespace: str | None = None
    ) -> Written[T]:
        """Creates an object, in the namespace that it names unless one is given."""
        place = namespace or (_namespace_of(obj) if kind.namespaced else None)
        body, accepted = await self._request("POST", _path(kind, place), body=wire.encode(kind, obj))
        return Written(wire.decode(kind, body), accepted)

    async def post(
        self,
        kind: Kind[T],
        name: str,
        subresource: str,
        body: dict[str, Any],
        *,
        namespace: str | None = None,
    ) -> int | None:
        """Creates a subresource that is no object of its own (a pod's ``"binding"``); answers when it was accepted."""
        path = _path(kind, namespace, name, subresource)
        _, accepted = await self._request("POST", path, body=orjson.dumps(body))
        return accepted

    async def patch(
        self,
        kind: Kind[T],
        name: str,
        patch: dict[str, Any],
        *,
        namespace: str | None = None,
        subresource: str | None = None,
    ) -> Written[T]:
        """Applies a merge patch (RFC 7386) to an object or to its subresource (``"status"``)."""
        path = _path(kind, namespace, name, subresource)
        body, accepted = await self._request(
            "PATCH", path, body=orjson.dumps(patch), content_type=MERGE_PATCH
        )
        return Written(wire.decode(kind, body), accepted)

    async def merge_conditions(
        self,
        kind: Kind[T],
        name: str,
        conditions: Sequence[dict[str, Any]],
        *,
        uid: str,
        namespace: str | None = None,
    ) -> Written[T]:
        """Sets conditions in the status of an object of Kubernetes' own kinds, by type; those of others stay."""
        patch = {"metadata": {"uid": uid}, "status": {"conditions": conditions}}
        path = _path(kind, namespace, name, "status")
        body, accepted = await self._request(
            "PATCH", path, body=orjson.dumps(patch), content_type=STRATEGIC_PATCH
        )
        return Written(wire.decode(kind, body), accepted)

    async def delete(
        self,
        kind: Kind[T],
        name: str,
        *,
        namespace: str | None = None,
        uid: str | None = None,
        grace_seconds: int | None = None,
    ) -> Written[T]:
        """Deletes an object; with ``uid`` only that very one, with a grace of 0 at once (what a kubelet does last)."""
        options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if uid:
            options["preconditions"] = {"uid": uid}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        body, accepted = await self._request(
            "DELETE", _path(kind, namespace, name), body=orjson.dumps(options)
        )
        return Written(wire.decode_deleted(kind, body, namespace), accepted)

    async def watch_from(
        self,
        kind: Kind[T],
        resource_version: str,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
        timeout_seconds: int = 300,
    ) -> AsyncIterator[WatchEvent[T]]:
        """The changes after a revision, until the server ends the watch or ``timeout_seconds`` have passed.

        Raises ``ApiError`` with ``is_gone`` when the revision is too old.
        """
        query = _selectors(label_selector, field_selector) | {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(timeout_seconds),
        }
        target = _target(_path(kind, namespace), query)
        lines = wire.Lines()
        try:
            async with self._pool.stream(target, timeout_seconds + WATCH_GRACE) as answer:
                if answer.status != 200:
                    raise error_of(answer.status, await answer.rest())
                async for chunk in answer.chunks():
                    received = time.monotonic_ns()
                    for line in lines.feed(chunk):
                        yield wire.decode_line(kind, line, received)
        except OSError as error:
            raise Unreachable(f"watch of {kind.plural}: {reason_of(error)}") from error

    def follow(
        self,
        kind: Kind[T],
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
    ) -> Informer[T]:
        """Everything of a kind, now and from now on, whatever happens to the connection or the server."""
        return Informer(self, kind, namespace, label_selector, field_selector)

    async def _request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = JSON,
    ) -> tuple[bytes, int | None]:
        target = _target(path, query)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = await self._pool.request(method, target, body, content_type)
            except OSError as error:
                raise Unreachable(f"{method} {path}: {reason_of(error)}") from error
            if answer.status < 400:
                accepted = answer.headers.get(ACCEPTED)
                return answer.body, int(accepted) if accepted else None
            if answer.status != THROTTLED or attempt == ATTEMPTS:
                raise error_of(answer.status, answer.body)
            await asyncio.sleep(_retry_after(answer))
        raise AssertionError("every attempt returns, raises or is followed by another")


def _target(path: str, query: Mapping[str, str] | None) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _path(
    kind: Kind[T], namespace: str | None, name: str | None = None, subresource: str | None = None
) -> str:
    """The path of a collection or an object; names come from outside and cannot lead anywhere else."""
    for part in (namespace, name):
        if part in (".", ".."):
            raise ValueError(f"{kind.name}: {part!r} is no name")
    return kind.path(
        quote(namespace, safe="") if namespace else None, quote(name, safe="") if name else None, subresource
    )


def _selectors(labels: str, fields: str) -> dict[str, str]:
    found = {"labelSelector": labels, "fieldSelector": fields}
    return {key: value for key, value in found.items() if value}


def _namespace_of(obj: Resource | dict[str, Any]) -> str | None:
    if isinstance(obj, Resource):
        return obj.metadata.namespace or None
    found = obj.get("metadata", {}).get("namespace")
    return str(found) if found else None


def _retry_after(answer: Answer) -> float:
    """Seconds that a server which throttles asks us to wait; 1 when it does not say."""
    value = answer.headers.get(b"retry-after", b"1")
    return float(value) if value.isdigit() else 1.0
