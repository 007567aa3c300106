"""What a kubelet answers: the output of a container and programs in it, by the paths that Kubernetes' kubelets have.

It listens on a Unix socket whose path stands on its nodes (`controller.api.annotations.KUBELET`); the API server finds
it there and hands requests on. Refusals are plain text with an HTTP status: the API server makes a Status of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from aiohttp import web

from controller.kubernetes import ApiError, Client, Unreachable
from testbed.kubelet import channels, executing, questions
from testbed.kubelet.container import ContainerLife
from testbed.kubelet.lifecycle import NodePods
from testbed.kubelet.podspec import PODS, Pod
from testbed.kubelet.questions import BadQuestion
from testbed.pods import logs, output

log = logging.getLogger(__name__)

CLOSING_S = 3.0
"""How long programs may take to end when the kubelet does."""


class Refused(Exception):
    """A request that is not served: its HTTP status, and why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Subject:
    """The container that a request is about; `life` is None where its pod has ended."""

    pod: Pod
    name: str
    directory: Path
    life: ContainerLife | None


class Server:
    """Answers for the pods of some nodes.

    Args:
        client: the API.
        nodes: their pods, by the name of the node.
        directory: where the output of containers is kept.
    """

    def __init__(self, client: Client, nodes: Mapping[str, NodePods], directory: Path) -> None:
        self._client = client
        self._nodes = nodes
        self._directory = directory

    @contextlib.asynccontextmanager
    async def listening(self, path: Path) -> AsyncIterator[None]:
        """Answer on a Unix socket."""
        server = web.Server(self._answer, access_log=None, handler_cancellation=True)
        listener = await asyncio.get_running_loop().create_unix_server(server, sock=_bound(path))
        try:
            yield
        finally:
            listener.close()
            await server.shutdown(CLOSING_S)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            match [unquote(part) for part in request.raw_path.partition("?")[0].split("/")]:
                case ["", "containerLogs", namespace, pod, container]:
                    return await self._logs(request, await self._find(namespace, pod, container))
                case ["", "exec", namespace, pod, container]:
                    return await self._exec(request, await self._find(namespace, pod, container))
            raise Refused(404, f"nothing is served at {request.path[:200]}")
        except Refused as refused:
            return web.Response(status=refused.status, text=str(refused))
        except BadQuestion as error:
            return web.Response(status=400, text=str(error))

    async def _find(self, namespace: str, name: str, container: str) -> Subject:
        try:
            pod = await self._client.get(PODS, name, namespace)
        except ApiError as error:
            raise Refused(error.status, error.message) from error
        except Unreachable as error:
            raise Refused(503, str(error)) from error
        node = self._nodes.get(pod.spec.node_name)
        if node is None:
            raise Refused(404, f"pod {name} is on node {pod.spec.node_name!r}, which is another kubelet's")
        if node.kind_of(pod) != "live":
            raise Refused(
                400,
                f"pod {name} is a stub, without programs and logs; pods annotated testbed/kind: live have them",
            )
        if container not in [each.name for each in (*pod.spec.init_containers, *pod.spec.containers)]:
            raise Refused(404, f"container {container} is not valid for pod {name}")
        uid = pod.metadata.uid
        workload = node.workloads.get(uid)
        life = workload.container(container) if workload else None
        return Subject(pod, container, output.directory_of(self._directory / uid, container), life)

    async def _logs(self, request: web.BaseRequest, about: Subject) -> web.StreamResponse:
        wanted = questions.of_logs(request.query_string)
        numbers = output.attempts(about.directory)
        is_between = about.life is not None and about.life.is_between
        attempt = chosen(numbers, is_between=is_between, previous=wanted.previous)
        what = f'container "{about.name}" in pod "{about.pod.name}"'
        if attempt is None and wanted.previous:
            raise Refused(400, f"previous terminated {what} not found")
        if attempt is None:
            raise Refused(400, f"{what} is waiting to start: {waits(about)}")
        source = about.life.output if about.life and wanted.follow else None
        response = web.StreamResponse(headers={"Content-Type": "text/plain; charset=utf-8"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        path = output.log_file(about.directory, attempt)
        with contextlib.suppress(FileNotFoundError):  # the pod was deleted this very moment
            async with contextlib.aclosing(logs.read(path, wanted.lines, source)) as pieces:
                async for piece in pieces:
                    await response.write(piece)
        await response.write_eof()
        return response

    async def _exec(self, request: web.BaseRequest, about: Subject) -> web.StreamResponse:
        wanted = questions.of_exec(request.query_string)
        if about.life is None:
            raise Refused(
                400, f"pod {about.pod.name} runs no programs: it is {about.pod.status.phase or 'Pending'}"
            )
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise Refused(
                400,
                "exec needs kubectl 1.31 or later, which speaks WebSocket, "
                f"or `testbed exec pod/{about.pod.name} -n {about.pod.namespace} -- COMMAND`",
            )
        client = web.WebSocketResponse(protocols=channels.PROTOCOLS, compress=False)
        ready = client.can_prepare(request)
        if not ready.ok or ready.protocol is None:
            found = request.headers.get("Sec-WebSocket-Protocol", "none")
            raise Refused(
                400, f"WebSocket protocol: found {found[:100]}, allowed {', '.join(channels.PROTOCOLS)}"
            )
        await client.prepare(request)
        await executing.run(client, about.life, wanted)
        return client


def _bound(path: Path) -> socket.socket:
    """A Unix socket in the place of one that an earlier kubelet left, for root alone: it lets people run programs."""
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX)
    usual = os.umask(0o177)
    try:
        made.bind(str(path))
    finally:
        os.umask(usual)
    return made


def chosen(numbers: list[int], *, is_between: bool, previous: bool) -> int | None:
    """The attempt whose output is meant, of those that are kept.

    The previous one is that which ended last; while a container waits to be started again, it is the newest too.
    """
    if not previous or is_between:
        return numbers[-1] if numbers else None
    return numbers[-2] if len(numbers) > 1 else None


def waits(about: Subject) -> str:
    """What a container that has written nothing waits for."""
    if about.life is None:
        return about.pod.status.phase or "ContainerCreating"
    waiting = about.life.document()["state"].get("waiting", {})
    return str(waiting.get("reason", "ContainerCreating"))
