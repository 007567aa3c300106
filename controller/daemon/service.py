"""The daemon's socket: HTTP over a Unix socket, asked by a kubelet as it would ask a CNI plugin."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from controller.daemon.errors import Refused
from controller.daemon.node import AddRequest, Node, PodRequest

T = TypeVar("T")
log = logging.getLogger(__name__)
JSON = "application/json"


class Service:
    """Requests, decoded and carried to their node; what fails is answered with a status and the reason."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = nodes

    def application(self) -> web.Application:
        """The HTTP application."""
        app = web.Application()
        app.router.add_post("/add", self._add)
        app.router.add_post("/del", self._del)
        app.router.add_get("/healthz", self._health)
        return app

    async def _add(self, http: web.Request) -> web.Response:
        try:
            request = _decode(await http.read(), AddRequest)
            return _answer(200, await self._node(request).add(request))
        except Refused as refused:
            log.info("add: %s", refused)
            return _answer(refused.status, {"reason": refused.reason})

    async def _del(self, http: web.Request) -> web.Response:
        try:
            request = _decode(await http.read(), PodRequest)
            await self._node(request).remove(request)
        except Refused as refused:
            return _answer(refused.status, {"reason": refused.reason})
        return _answer(200, {})

    async def _health(self, _: web.Request) -> web.Response:
        nodes = {
            name: {"verified": node.switch.verified.is_set(), "transactions": node.switch.transactions}
            for name, node in self._nodes.items()
        }
        return _answer(200 if all(entry["verified"] for entry in nodes.values()) else 503, {"nodes": nodes})

    def _node(self, request: PodRequest) -> Node:
        node = self._nodes.get(request.node)
        if node is None:
            raise Refused(404, f"node: found {request.node!r}, served here: {', '.join(sorted(self._nodes))}")
        return node


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise Refused(400, str(error)) from error


def _answer(status: int, content: Any) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(content), content_type=JSON)
