"""A real API server process for tests, and a client that speaks bare HTTP over its Unix socket.

The client is no library's on purpose: system tests must see status lines, headers and broken connections as they are,
and benchmarks must not measure a client.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    code: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body, decoded."""
        return orjson.loads(self.body)


class Connection:
    """One keep-alive connection, one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, path: Path) -> Connection:
        return cls(*await asyncio.open_unix_connection(str(path), limit=2**26))

    def send(self, method: str, path: str, body: Any = None, media: str = "application/json") -> None:
        content = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {media}\r\nContent-Length: {len(content)}\r\n\r\n"
        self.writer.write(head.encode() + content)

    async def head(self) -> tuple[int, dict[str, str]]:
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        return int(lines[0].split()[1]), headers

    async def receive(self) -> Answer:
        code, headers = await self.head()
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(code, headers, body)

    async def request(
        self, method: str, path: str, body: Any = None, media: str = "application/json"
    ) -> Answer:
        self.send(method, path, body, media)
        return await self.receive()

    async def create(self, path: str, document: Any) -> Answer:
        return await self.request("POST", path, document)

    async def patch(self, path: str, patch: Any) -> Answer:
        return await self.request("PATCH", path, patch, "application/merge-patch+json")

    async def watch(self, path: str) -> AsyncIterator[Any]:
        """Begins a watch; what is returned yields its events until it ends."""
        self.send("GET", path)
        code, _ = await self.head()
        assert code == 200, await self.reader.read(2000)
        return self._events()

    async def _events(self) -> AsyncIterator[Any]:
        buffer = b""
        while size := int(await self.reader.readuntil(b"\n"), 16):
            buffer += await self.reader.readexactly(size)
            await self.reader.readexactly(2)
            *complete, buffer = buffer.split(b"\n")
            for line in complete:
                yield orjson.loads(line)
        await self.reader.readexactly(2)

    def close(self) -> None:
        self.writer.close()


class ServerProcess:
    """``python -m testbed.apiserver`` over files of one directory; may be killed and started again."""

    def __init__(
        self,
        directory: Path,
        *arguments: str,
        descriptors: tuple[int, ...] = (),
        within: tuple[str, ...] = (),
    ) -> None:
        self.directory = directory
        self.socket = directory / "api.sock"
        self.log = directory / "apiserver.log"
        self.arguments = arguments
        self.descriptors = descriptors
        self.within = within
        """A command that the server is started by, such as ``prlimit``."""

    def start(self) -> None:
        """Returns when the server says that it is ready."""
        command = [*self.within, sys.executable, "-m", "testbed.apiserver", "--socket", str(self.socket)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--journal", str(self.directory / "journal.db"), *self.arguments],
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=self.descriptors,
            )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said == b'{"ready": true}\n', self.log.read_text()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal and returns the exit code."""
        self.process.send_signal(number)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.wait(20)

    async def connect(self) -> Connection:
        return await Connection.to(self.socket)


KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: local
contexts: [{{name: local, context: {{cluster: local}}}}]
clusters: [{{name: local, cluster: {{server: "unix:{socket}"}}}}]
"""


def write_kubeconfig(directory: Path) -> Path:
    """How clients find the server of a directory, by its Unix socket."""
    path = directory / "kubeconfig"
    path.write_text(KUBECONFIG.format(socket=directory / "api.sock"))
    return path


@contextmanager
def running(directory: Path, *arguments: str, descriptors: tuple[int, ...] = ()) -> Iterator[ServerProcess]:
    """A server that is ready, and that is gone afterwards."""
    server = ServerProcess(directory, *arguments, descriptors=descriptors)
    try:
        server.start()
        yield server
    finally:
        server.end(signal.SIGKILL)


@contextmanager
def serving_people(directory: Path, *arguments: str) -> Iterator[Path]:
    """A server that is ready, over HTTPS as well; yields the kubeconfig that it writes for people."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        number = listener.fileno()
        options = ("--https-fd", str(number), "--credentials-directory", str(directory / "api"))
        with running(directory, *options, *arguments, descriptors=(number,)):
            yield directory / "api" / "kubeconfig"


def a_pod(name: str, **spec: Any) -> dict[str, Any]:
    """A pod of the size that a Deployment's has: about 2 KB once accepted."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "labels": {"app": "web", "pod-template-hash": "6d4cf56db6", "team": "payments"},
            "annotations": {"ovn.kubernetes.io/logical_switch": "ovn-default", "testbed/kind": "stub"},
        },
        "spec": {
            "nodeName": "node1",
            "containers": [
                {
                    "name": "web",
                    "image": "registry.example/web:1.2.3",
                    "command": ["/web", "--listen", ":8080"],
                    "env": [{"name": f"VARIABLE_{i}", "value": f"value-{i}"} for i in range(8)],
                    "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
                    "resources": {
                        "requests": {"cpu": "100m", "memory": "64Mi"},
                        "limits": {"memory": "128Mi"},
                    },
                    "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 5},
                    "volumeMounts": [{"name": "config", "mountPath": "/etc/web"}],
                }
            ],
            "volumes": [{"name": "config", "configMap": {"name": "web"}}],
            "tolerations": [
                {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}
            ],
        }
        | spec,
    }
