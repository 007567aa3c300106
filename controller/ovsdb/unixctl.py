"""Commands to OVS and OVN daemons over their control sockets: what ovs-appctl does, without a process for each.

The dialect is JSON-RPC over a Unix socket: {"method": command, "params": [arguments as strings], "id": 0}
(ovs-appctl(8)); one reply, whose result is text to print.
"""

import asyncio
import socket
import time
from pathlib import Path

import msgspec
import orjson

from controller.ovsdb.errors import OvsdbError, ProtocolError
from controller.ovsdb.framing import Splitter


class UnixctlError(OvsdbError):
    """A command was refused (`message` in the daemon's words) or there was no answer."""

    def __init__(self, socket_path: str, command: str, message: str) -> None:
        super().__init__(f"{socket_path}: {command}: {message}")
        self.socket_path = socket_path
        self.command = command
        self.message = message


class _Reply(msgspec.Struct):
    result: str | None = None
    error: str | None = None


async def call(socket_path: str | Path, command: str, *args: str, timeout: float = 10) -> str:
    """Run a command of the daemon behind the socket and return its text; raises UnixctlError.

    `timeout` is in seconds and covers connection and answer.
    """
    path = str(socket_path)
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                writer.write(_request(command, args))
                splitter = Splitter()
                while data := await reader.read(1 << 18):
                    if messages := splitter.feed(data):
                        return _text(path, command, messages[0])
            finally:
                writer.close()
    except TimeoutError:
        raise UnixctlError(path, command, f"no answer within {timeout:g} s") from None
    except (OSError, ProtocolError) as error:
        raise UnixctlError(path, command, str(error)) from error
    raise UnixctlError(path, command, "the daemon closed the connection without an answer")


def call_blocking(socket_path: str | Path, command: str, *args: str, timeout: float = 10) -> str:
    """The same for code that has no event loop."""
    path = str(socket_path)
    deadline = time.monotonic() + timeout
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(path)
            connection.sendall(_request(command, args))
            splitter = Splitter()
            while data := connection.recv(1 << 18):
                if messages := splitter.feed(data):
                    return _text(path, command, messages[0])
                connection.settimeout(max(deadline - time.monotonic(), 0.001))
    except TimeoutError:
        raise UnixctlError(path, command, f"no answer within {timeout:g} s") from None
    except (OSError, ProtocolError) as error:
        raise UnixctlError(path, command, str(error)) from error
    raise UnixctlError(path, command, "the daemon closed the connection without an answer")


def _request(command: str, args: tuple[str, ...]) -> bytes:
    return orjson.dumps({"method": command, "params": args, "id": 0})


def _text(path: str, command: str, message: bytes) -> str:
    try:
        reply = msgspec.json.decode(message, type=_Reply)
    except msgspec.DecodeError as error:
        raise UnixctlError(path, command, f"not an answer: {error}") from error
    if reply.error is not None:
        raise UnixctlError(path, command, reply.error.strip())
    return reply.result or ""
