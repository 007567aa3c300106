"""A stand-in server that says what a test wants to be said, faults included."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from controller.ovsdb import DatabaseSchema
from controller.ovsdb.framing import Splitter

SCHEMA = {
    "name": "Test",
    "version": "1.0.0",
    "tables": {
        "Thing": {
            "columns": {
                "name": {"type": "string"},
                "count": {"type": {"key": {"type": "integer", "minInteger": 0, "maxInteger": 9}}},
                "ratio": {"type": "real"},
                "on": {"type": "boolean"},
                "colour": {"type": {"key": {"type": "string", "enum": ["set", ["red", "blue"]]}}},
                "nick": {"type": {"key": "string", "min": 0, "max": 1}},
                "friend": {"type": {"key": {"type": "uuid", "refTable": "Thing"}, "min": 0, "max": 1}},
                "tags": {"type": {"key": "string", "min": 0, "max": "unlimited"}},
                "pair": {"type": {"key": "integer", "min": 0, "max": 2}},
                "parts": {
                    "type": {"key": {"type": "uuid", "refTable": "Thing"}, "min": 0, "max": "unlimited"}
                },
                "notes": {"type": {"key": "string", "value": "string", "min": 0, "max": "unlimited"}},
                "slots": {
                    "type": {"key": "integer", "value": {"type": "uuid"}, "min": 0, "max": "unlimited"},
                },
                "born": {"type": "string", "mutable": False},
            },
            "isRoot": True,
        }
    },
}

Answer = Callable[[str, Any], Any]
"""Takes method and parameters of a call; gives the result, raises to answer with an error, or gives bytes to send."""


@pytest.fixture(scope="session")
def schema() -> DatabaseSchema:
    return DatabaseSchema.parse(msgspec.json.encode(SCHEMA))


class StandIn:
    """A server on a Unix socket; `writer` is its end of the connection once there is one."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.seen: list[dict[str, Any]] = []
        self.heard = asyncio.Event()
        self.writer: asyncio.StreamWriter
        self.replies: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def send(self, message: Any) -> None:
        self.writer.write(message if isinstance(message, bytes) else msgspec.json.encode(message))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        splitter = Splitter()
        while data := await reader.read(1 << 16):
            for raw in splitter.feed(data):
                message = msgspec.json.decode(raw)
                if "method" not in message:
                    self.replies.put_nowait(message)
                    continue
                self.seen.append(message)
                self.heard.set()
                try:
                    result = self._answer(message["method"], message["params"])
                except Exception as error:
                    self.send({"id": message["id"], "result": None, "error": str(error)})
                    continue
                if isinstance(result, bytes):
                    self.send(result)
                elif result is not None:
                    self.send({"id": message["id"], "result": result, "error": None})
        writer.close()


Serve = Callable[[Answer], Awaitable[tuple[StandIn, str]]]


@pytest.fixture
async def serve(tmp_path: Path) -> Any:
    """Start a stand-in that answers as told; gives it and its endpoint."""
    servers: list[asyncio.Server] = []

    async def start(answer: Answer) -> tuple[StandIn, str]:
        stand_in = StandIn(answer)
        path = tmp_path / f"{len(servers)}.sock"
        servers.append(await asyncio.start_unix_server(stand_in.serve, path))
        return stand_in, f"unix:{path}"

    yield start
    for server in servers:
        server.close()
