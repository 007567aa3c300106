"""The service over HTTP: each request to the store, each answer and refusal in Kubernetes' words.

aiohttp's low-level server is used without its router and middlewares: one handler, so that a request costs little
beyond parsing it.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import orjson
from aiohttp import web

from testbed.apiserver import (
    answers,
    bodies,
    discovery,
    negotiation,
    requests,
    reviews,
    selectors,
    subresources,
    writing,
)
from testbed.apiserver.negotiation import Form, Shape
from testbed.apiserver.openapi.documents import Documents
from testbed.apiserver.paging import Page, Pages
from testbed.apiserver.patches import media
from testbed.apiserver.requests import Target
from testbed.apiserver.status import ApiError, bad_request, expired
from testbed.apiserver.store import Store
from testbed.apiserver.watching import Watch, WatchRequest, selected
from testbed.apiserver.writing import DeleteOptions, Outcome, Writer

_log = logging.getLogger(__name__)

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Part = Callable[[web.BaseRequest, Target, str], Awaitable[web.StreamResponse]]
"""Answers a request for what its target names; the text is the request's query."""

ACCEPTED = "X-Accepted-Monotonic-Ns"
"""Header of an answer to a write: CLOCK_MONOTONIC of the moment the revision was accepted, in nanoseconds."""
BODY_LIMIT = bodies.LIMIT
JSON = bodies.JSON
WATCH_BUFFER = 2**20
"""Bytes of a watch that may wait in its socket's buffer before the rest waits in its queue."""


class Service:
    """Answers the requests to one store.

    ``parts`` answer requests for subresources of a kind (``("Pod", "log")``) that are no part of an object.
    """

    def __init__(self, store: Store, writer: Writer, parts: Mapping[tuple[str, str], Part]) -> None:
        self._store = store
        self._writer = writer
        self._pages = Pages()
        self._documents = Documents(store.registry)
        self._parts = parts

    def handler(self, token: str | None) -> Handler:
        """The handler of a listener; with a token, only requests that bear it are served."""
        expected = f"Bearer {token}".encode() if token else None

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            try:
                if expected and not hmac.compare_digest(
                    request.headers.get("Authorization", "").encode("utf-8", "replace"), expected
                ):
                    raise ApiError(401, "Unauthorized", "Unauthorized")
                return await self._answer(request)
            except ApiError as error:
                return _json(error.body(), error.code)
            except web.HTTPRequestEntityTooLarge:
                return _json(bodies.too_large().body(), 413)
            except (ConnectionError, asyncio.CancelledError):
                raise
            except Exception:
                _log.exception("%s %s", request.method, request.path)
                return _json(_internal().body(), 500)

        return handle

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        method = request.method
        accepted = request.headers.get("Accept", "")
        if method == "GET":
            if path.startswith("/openapi/"):
                body, content_type = self._documents.answer(path, query, accepted)
                return web.Response(body=body, headers={"Content-Type": content_type})
            found = discovery.answer(self._store.registry, path, accepted)
            if found is not None:
                return web.Response(body=found.body, headers={"Content-Type": found.content_type})
        if method == "POST" and reviews.is_review(path):
            return _json(orjson.dumps(reviews.answer(path, await bodies.document(request))), 201)
        target = requests.target(self._store.registry, path)
        part = self._parts.get((target.kind.name, target.subresource))
        if part is not None:
            return await part(request, target, query)
        form = negotiation.form(accepted)
        if method == "GET":
            return await (self._get if target.name else self._collection)(request, target, query, form)
        if method == "DELETE":
            return await self._delete(request, target, query)
        return await self._write(request, target, query)

    async def _get(
        self, request: web.BaseRequest, target: Target, query: str, form: Form
    ) -> web.StreamResponse:
        found = requests.parameters(query, "get")
        self._store.flush()
        entry = self._writer.existing(target.kind, target.namespace or "", target.name)
        if target.subresource == "scale":
            return _json(orjson.dumps(subresources.scale(target.kind, entry)))
        if target.subresource in target.kind.others:
            raise ApiError(405, "MethodNotAllowed", "the server does not allow GET on the requested resource")
        return _json(answers.one(target.kind, entry.body, form, found.get("includeObject", "")))

    async def _collection(
        self, request: web.BaseRequest, target: Target, query: str, form: Form
    ) -> web.StreamResponse:
        found = requests.parameters(query, "list")
        kind = target.kind
        include = found.get("includeObject", "")
        selector = (
            selectors.parse(found.get("labelSelector", ""), found.get("fieldSelector", ""), kind.selectors)
            if query
            else selectors.EVERYTHING
        )
        if requests.flag(found, "watch"):
            if found.get("continue"):
                raise bad_request("continue: found a token, allowed none in a watch")
            watch = WatchRequest(
                kind,
                target.namespace if kind.namespaced else None,
                selector,
                requests.number(found, "resourceVersion") or 0,
                requests.flag(found, "allowWatchBookmarks"),
                requests.flag(found, "sendInitialEvents"),
                requests.number(found, "timeoutSeconds") or None,
                None
                if form.shape is Shape.OBJECTS
                else partial(answers.one, kind, form=form, include=include),
            )
            return await self._watch(request, watch, found.get("resourceVersionMatch", ""))
        self._store.flush()
        self._check_revision(found)
        return _json(answers.page(kind, self._page(target, selector, found), form, include))

    def _page(self, target: Target, selector: selectors.Selector, found: dict[str, str]) -> Page:
        kind, limit, token = target.kind, requests.number(found, "limit") or 0, found.get("continue", "")
        texts = (found.get("labelSelector", ""), found.get("fieldSelector", ""))
        question = (kind.key, target.namespace or "", *texts)
        if token:
            if found.get("resourceVersion", "0") not in ("", "0"):
                raise bad_request("resourceVersion: allowed none together with continue")
            return self._pages.following(question, token, limit)
        entries = selected(self._store, kind, target.namespace, selector)
        return self._pages.first(question, entries, self._store.revision, limit)

    def _check_revision(self, found: dict[str, str]) -> None:
        """A list is always of the present; what cannot be had that way is refused."""
        revision = requests.number(found, "resourceVersion") or 0
        match = found.get("resourceVersionMatch", "")
        if match not in ("", "NotOlderThan", "Exact"):
            raise bad_request(f"resourceVersionMatch: found {match!r}, allowed Exact, NotOlderThan")
        if revision > self._store.revision:
            raise ApiError(
                504, "Timeout", f"Too large resource version: {revision}, current: {self._store.revision}"
            )
        if match == "Exact" and revision != self._store.revision:
            raise expired(f"the provided resource version {revision} is no longer the present one")

    async def _watch(self, request: web.BaseRequest, watch: WatchRequest, match: str) -> web.StreamResponse:
        if watch.initial_events and match != "NotOlderThan":
            raise bad_request(
                f"resourceVersionMatch: found {match!r}, allowed NotOlderThan with sendInitialEvents"
            )
        response = web.StreamResponse(headers={"Content-Type": JSON, "Cache-Control": "no-cache, private"})
        response.enable_chunked_encoding()
        transport = request.transport
        assert transport is not None
        transport.set_write_buffer_limits(high=WATCH_BUFFER)

        def cut_off() -> None:
            _log.warning("a watch of %s is cut off: its client does not read", watch.kind.plural)
            transport.abort()

        with Watch(self._store, watch, cut_off) as stream:
            await response.prepare(request)
            async for chunk in stream.chunks():
                await response.write(chunk)
            await response.write_eof()
        return response

    async def _write(self, request: web.BaseRequest, target: Target, query: str) -> web.StreamResponse:
        found = requests.parameters(query, "write")
        requests.check_field_validation(found)
        dry_run = requests.dry_run([found["dryRun"]] if "dryRun" in found else [])
        method, kind, namespace = request.method, target.kind, target.namespace or ""
        if target.subresource not in ("", "status"):
            return await self._write_part(request, target, dry_run)
        if method == "POST" and not target.name:
            document = await bodies.document(request)
            if kind.namespaced and target.namespace is None:
                raise bad_request("an object is created in a namespace: .../namespaces/NAMESPACE/...")
            outcome = self._writer.create(kind, namespace, document, dry_run=dry_run)
            return await self._settled(outcome, 201)
        if method == "PUT" and target.name:
            document = await bodies.document(request)
            outcome = self._writer.replace(
                kind, namespace, target.name, document, target.subresource, dry_run=dry_run
            )
            return await self._settled(outcome)
        if method == "PATCH" and target.name:
            media_type, patch = await bodies.patch(request)
            media.check(media_type)
            before = self._writer.existing(kind, namespace, target.name).document()
            after = media.patched(self._store.registry, kind, before, media_type, patch)
            outcome = self._writer.replace(
                kind, namespace, target.name, after, target.subresource, dry_run=dry_run
            )
            return await self._settled(outcome)
        raise ApiError(
            405, "MethodNotAllowed", f"the server does not allow {method} on the requested resource"
        )

    async def _write_part(
        self, request: web.BaseRequest, target: Target, dry_run: bool
    ) -> web.StreamResponse:
        """Writes a subresource that is a small object of its own."""
        kind, namespace, name = target.kind, target.namespace or "", target.name
        match request.method, target.subresource:
            case "PUT", "scale":
                wanted = await bodies.document(request)
            case "PATCH", "scale":
                media_type, patch = await bodies.patch(request)
                present = subresources.scale(kind, self._writer.existing(kind, namespace, name))
                wanted = media.applied(self._store.registry, {}, False, present, media_type, patch)
            case "POST", "binding":
                binding = await bodies.document(request)
                bound = subresources.bind(self._writer, kind, namespace, name, binding, dry_run=dry_run)
                return await self._settled(bound, 201)
            case "POST", "eviction":
                eviction = await bodies.document(request)
                options = _options(eviction.get("deleteOptions") or {}, {})
                evicted = subresources.evict(self._writer, kind, namespace, name, eviction, options)
                return await self._settled(evicted, 201)
            case method, _:
                raise ApiError(
                    405, "MethodNotAllowed", f"the server does not allow {method} on the requested resource"
                )
        scaled = subresources.rescale(self._writer, kind, namespace, name, wanted, dry_run=dry_run)
        return await self._settled(scaled)

    async def _delete(self, request: web.BaseRequest, target: Target, query: str) -> web.StreamResponse:
        found = requests.parameters(query, "delete")
        options = await _delete_options(request, found)
        kind = target.kind
        if target.subresource:
            raise ApiError(405, "MethodNotAllowed", "the server does not allow DELETE on a subresource")
        if target.name:
            return await self._settled(
                self._writer.delete(kind, target.namespace or "", target.name, options)
            )
        if kind.namespaced and target.namespace is None:
            raise ApiError(405, "MethodNotAllowed", "the server does not allow DELETE across namespaces")
        self._check_revision(found)
        selector = selectors.parse(
            found.get("labelSelector", ""), found.get("fieldSelector", ""), kind.selectors
        )
        entries = selected(self._store, kind, target.namespace, selector)
        for entry in entries:
            self._writer.delete(kind, entry.namespace, entry.name, options)
        await self._store.durable()
        return _json(answers.page(kind, Page(entries, self._store.revision), negotiation.AS_THEY_ARE, ""))

    async def _settled(self, outcome: Outcome, code: int = 200) -> web.Response:
        """Answers a write once it is in the journal."""
        await self._store.durable()
        response = _json(outcome.body, code)
        if outcome.accepted_ns is not None:
            response.headers[ACCEPTED] = str(outcome.accepted_ns)
        return response


def _internal() -> ApiError:
    return ApiError(500, "InternalError", "internal error; the server's log has the details")


async def _delete_options(request: web.BaseRequest, found: dict[str, str]) -> DeleteOptions:
    return _options(await bodies.document(request) if request.can_read_body else {}, found)


def _options(document: Any, found: dict[str, str]) -> DeleteOptions:
    """The options of a body and of a query's parameters."""
    if not isinstance(document, dict):
        raise bad_request("DeleteOptions: allowed an object")
    document = {key: value for key, value in document.items() if value is not None}
    known = {
        "apiVersion",
        "kind",
        "gracePeriodSeconds",
        "preconditions",
        "propagationPolicy",
        "dryRun",
        "orphanDependents",
    }
    unknown = sorted(set(document) - known)
    if unknown:
        raise bad_request(f"DeleteOptions: found {', '.join(unknown)}, allowed {', '.join(sorted(known))}")
    policy = document.get("propagationPolicy") or found.get("propagationPolicy") or ""
    if document.get("orphanDependents") or requests.flag(found, "orphanDependents"):
        policy = policy or writing.ORPHAN
    if policy not in ("", *writing.POLICIES):
        raise bad_request(f"propagationPolicy: found {policy!r}, allowed {', '.join(writing.POLICIES)}")
    grace = document.get("gracePeriodSeconds", requests.number(found, "gracePeriodSeconds"))
    if grace is not None and (type(grace) is not int or grace < 0):
        raise bad_request(f"gracePeriodSeconds: found {grace!r}, allowed a number from 0")
    preconditions = document.get("preconditions", {})
    if not isinstance(preconditions, dict) or set(preconditions) - {"uid", "resourceVersion"}:
        raise bad_request("preconditions: allowed uid, resourceVersion")
    tries = document.get("dryRun", [found["dryRun"]] if "dryRun" in found else [])
    if not isinstance(tries, list):
        raise bad_request("dryRun: allowed a list of All")
    return DeleteOptions(
        grace,
        preconditions.get("uid"),
        preconditions.get("resourceVersion"),
        requests.dry_run(tries),
        policy or writing.BACKGROUND,
    )


def _json(body: bytes, code: int = 200) -> web.Response:
    return web.Response(body=body, status=code, content_type=JSON)
