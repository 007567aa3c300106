"""What an API server does not know itself and asks the kubelet of a pod's node for: output, and programs in pods.

The kubelet is found by its node, as in Kubernetes; here it listens on a Unix socket whose path the node tells. What
client and kubelet say to each other is passed on as it is, at the pace of the slower one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, quote

import aiohttp
from aiohttp import WSMsgType, web
from yarl import URL

from controller.api.annotations import KUBELET
from testbed.apiserver.requests import Target
from testbed.apiserver.status import ApiError, bad_request
from testbed.apiserver.writing import Writer

_log = logging.getLogger(__name__)

Document = dict[str, Any]

CONNECT_S = 10.0
PING_S = 2.0
REASONS = {400: "BadRequest", 404: "NotFound", 503: "ServiceUnavailable"}
"""Of a Status, by the HTTP status with which a kubelet refuses."""
_WAITING = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S)


class Kubelets:
    """Hands requests on to the kubelets of the nodes that are in the store."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def log(self, request: web.BaseRequest, target: Target, query: str) -> web.StreamResponse:
        """The output of a container, to its end or for as long as the client follows it."""
        if request.method != "GET":
            raise _not_allowed(request.method)
        path, url = self._way("containerLogs", target, query)
        async with _session(path) as session, session.get(url) as answer:
            if answer.status != 200:
                raise await _refusal(answer)
            response = web.StreamResponse(headers={"Content-Type": "text/plain"})
            response.enable_chunked_encoding()
            await response.prepare(request)
            try:
                async for text in answer.content.iter_any():
                    await response.write(text)
            except aiohttp.ClientPayloadError:
                _log.warning("the output of %s breaks off: its kubelet went away", target.name)
                if request.transport is not None:
                    request.transport.abort()  # the client has to see that this is not the end
            else:
                await response.write_eof()
        return response

    async def exec(self, request: web.BaseRequest, target: Target, query: str) -> web.StreamResponse:
        """A program in a container, and all that goes to and fro until it or the client ends."""
        if request.method not in ("GET", "POST"):
            raise _not_allowed(request.method)
        path, url = self._way("exec", target, query)
        async with _session(path) as session:
            if request.headers.get("Upgrade", "").lower() != "websocket":
                raise await _why(session, url)
            words = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
            offered = [word.strip() for word in words if word.strip()]
            if not web.WebSocketResponse(protocols=offered).can_prepare(request):
                raise bad_request("found an upgrade to WebSocket that is none, allowed one by RFC 6455")
            try:
                kubelet = await session.ws_connect(url, protocols=offered)
            except aiohttp.WSServerHandshakeError as error:
                raise await _why(session, url) from error
            async with kubelet:
                chosen = (kubelet.protocol,) if kubelet.protocol else ()
                client = web.WebSocketResponse(protocols=chosen, compress=False)
                await client.prepare(request)
                await _relay(client, kubelet)
        return client

    def _way(self, what: str, target: Target, query: str) -> tuple[str, URL]:
        """Where the kubelet listens, and how it knows what is asked for."""
        self._writer.store.flush()
        pods, nodes = target.kind, self._writer.store.registry.named("Node")
        pod = self._writer.existing(pods, target.namespace or "", target.name).document()
        container = container_of(pod, parse_qs(query).get("container", [""])[-1])
        node = pod["spec"].get("nodeName", "")
        if not node:
            raise bad_request(f"pod {target.name} does not have a host assigned")
        metadata = self._writer.existing(nodes, "", node).document()["metadata"]
        listening = (metadata.get("annotations") or {}).get(KUBELET, "")
        if not listening.startswith("/"):
            raise _unavailable(f"node {node} does not tell where its kubelet listens (annotation {KUBELET})")
        parts = (what, pod["metadata"]["namespace"], target.name, container)
        path = "/".join(quote(part, safe="") for part in parts)
        return listening, URL(f"http://kubelet/{path}?{query}", encoded=True)


def container_of(pod: Document, asked: str) -> str:
    """The container that is meant; the only one needs no name."""
    name = pod["metadata"]["name"]
    inits, mains = (
        [each["name"] for each in pod["spec"].get(which) or ()] for which in ("initContainers", "containers")
    )
    if asked in (*inits, *mains):
        return asked
    if asked:
        raise bad_request(f"container {asked[:63]} is not valid for pod {name}")
    if len(mains) == 1:
        return str(mains[0])
    others = f" or one of the init containers: [{' '.join(inits)}]" if inits else ""
    listed = " ".join(mains)
    raise bad_request(f"a container name must be specified for pod {name}, choose one of: [{listed}]{others}")


@contextlib.asynccontextmanager
async def _session(path: str) -> AsyncIterator[aiohttp.ClientSession]:
    """Connections to one kubelet. Raises ``ApiError`` 503 where it does not answer."""
    connector = aiohttp.UnixConnector(path=path)
    async with aiohttp.ClientSession(connector=connector, timeout=_WAITING) as session:
        try:
            yield session
        except (aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError, TimeoutError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise _unavailable(f"the kubelet of the pod's node does not answer on {path}: {why}") from error


async def _why(session: aiohttp.ClientSession, url: URL) -> ApiError:
    """Why a kubelet does not take an upgrade: it says so to a plain request."""
    async with session.get(url) as answer:
        return await _refusal(answer)


async def _refusal(answer: aiohttp.ClientResponse) -> ApiError:
    reason = REASONS.get(answer.status, "InternalError")
    return ApiError(answer.status, reason, await answer.text())


async def _relay(client: web.WebSocketResponse, kubelet: aiohttp.ClientWebSocketResponse) -> None:
    """Pass messages on both ways until one of the two has ended, then end the other."""
    talks = [_pass(client, kubelet), _pass(kubelet, client), _ping(client)]
    tasks = [asyncio.create_task(talk) for talk in talks]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        _cut(kubelet)
        raise
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    code = kubelet.close_code
    if (
        code is None or code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE
    ):  # it was cut off, and that may not be said
        code = aiohttp.WSCloseCode.INTERNAL_ERROR
    await client.close(code=code)


async def _ping(client: web.WebSocketResponse) -> None:
    """Speak now and then: the end of a client that has more to say than is taken shows in no other way."""
    with contextlib.suppress(ConnectionError):
        while True:
            await asyncio.sleep(PING_S)
            await client.ping()


def _cut(kubelet: aiohttp.ClientWebSocketResponse) -> None:
    """End a connection at once; closing it would wait until the kubelet has read what it may never read."""
    wrapped = kubelet.get_extra_info("socket")
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(wrapped.fileno())) as connection:
        connection.shutdown(socket.SHUT_RDWR)


async def _pass(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    sink: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
) -> None:
    with contextlib.suppress(ConnectionError):
        async for message in source:
            if message.type is WSMsgType.BINARY:
                await sink.send_bytes(message.data)
            elif message.type is WSMsgType.TEXT:
                await sink.send_str(message.data)


def _unavailable(message: str) -> ApiError:
    return ApiError(503, "ServiceUnavailable", message)


def _not_allowed(method: str) -> ApiError:
    return ApiError(405, "MethodNotAllowed", f"the server does not allow {method} on the requested resource")
