"""HTTP/1.1 as the API client needs it: a pool of connections that stay open, one request at a time on each.

A cluster's processes ask each other for small things many thousand times, over a Unix socket. There a general client
costs more than the work it asks for: aiohttp's took about 130 us of processor time a request, this one takes 50
(`tests/benchmarks/test_api_client.py`). The parser is Node's own, by `httptools`.
"""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import httptools

STREAM_BUFFER = 2**20
"""Bytes of a stream that wait for its reader before the server has to."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens: a Unix socket's path, or host and port; what precedes its paths."""

    socket: str | None
    host: str = "localhost"
    port: int = 80
    prefix: str = ""
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, url: str, tls: ssl.SSLContext | None = None) -> Place:
        """The place that an ``http`` or ``https`` URL means."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return cls(None, parts.hostname or "localhost", port, parts.path.rstrip("/"), tls)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered; the names of headers are in lower case."""

    status: int
    headers: Mapping[bytes, bytes]
    body: bytes


class Pool:
    """Connections to one server, opened when they are needed.

    Args:
        place: of the server.
        headers: of every request.
        connections: as many requests are made at once, the others wait for their turn.
        kept: as many connections stay open while there is nothing to ask.
        timeout: seconds that a request may take, its turn included.
    """

    def __init__(
        self, place: Place, headers: Mapping[str, str], *, connections: int, kept: int, timeout: float
    ) -> None:
        host = f"[{place.host}]" if ":" in place.host else place.host
        common = {"Host": host if place.socket else f"{host}:{place.port}", **headers}
        self._place = place
        self._common = "".join(f"{name}: {value}\r\n" for name, value in common.items()).encode()
        self._prefix = place.prefix.encode()
        self._slots = asyncio.Semaphore(connections)
        self._kept = kept
        self._timeout = timeout
        self._idle: list[_Connection] = []
        self._busy: set[_Connection] = set()

    def close(self) -> None:
        """Closes every connection; whoever waits for an answer is told that there will be none."""
        for connection in (*self._idle, *self._busy):
            connection.close()
        self._idle.clear()

    async def request(
        self, method: str, target: str, body: bytes | None = None, content_type: str = ""
    ) -> Answer:
        """Asks, and reads the whole answer.

        Raises:
            OSError: no answer; TimeoutError where it did not come in time.
        """
        request = self._head(method, target, body, content_type) + (body or b"")
        async with asyncio.timeout(self._timeout), self._slots:
            while True:
                connection = await self._connected()
                try:
                    answer = await connection.whole(request)
                except BrokenPipeError:  # the server had closed it: nothing was sent
                    self._end(connection)
                    if connection.is_fresh:
                        raise
                except BaseException:
                    self._end(connection)
                    raise
                else:
                    self._keep(connection)
                    return answer

    @asynccontextmanager
    async def stream(self, target: str, timeout: float) -> AsyncIterator[Stream]:
        """Reads an answer as it comes, over a connection of its own, for at most ``timeout`` seconds.

        Raises:
            OSError: as of `request`, here and from reading.
        """
        async with asyncio.timeout(self._timeout):
            connection = await self._connected()
            try:
                await connection.begun(self._head("GET", target, None, ""))
            except BaseException:
                self._end(connection)
                raise
        end = asyncio.get_running_loop().call_later(timeout, connection.fail, TimeoutError())
        try:
            yield Stream(connection)
        finally:
            end.cancel()
            self._end(connection)

    def _head(self, method: str, target: str, body: bytes | None, content_type: str) -> bytes:
        described = b""
        if body is not None:
            described = b"Content-Type: %b\r\nContent-Length: %d\r\n" % (content_type.encode(), len(body))
        line = b"%b %b%b HTTP/1.1\r\n" % (method.encode(), self._prefix, target.encode())
        return b"".join((line, self._common, described, b"\r\n"))

    async def _connected(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                break
        else:
            connection = await self._open()
        self._busy.add(connection)
        return connection

    async def _open(self) -> _Connection:
        loop, place = asyncio.get_running_loop(), self._place
        if place.socket is not None:
            _, made = await loop.create_unix_connection(_Connection, place.socket)
        else:
            _, made = await loop.create_connection(_Connection, place.host, place.port, ssl=place.tls)
        return made

    def _keep(self, connection: _Connection) -> None:
        if not connection.is_open or len(self._idle) >= self._kept:
            self._end(connection)
            return
        self._busy.discard(connection)
        connection.is_fresh = False
        self._idle.append(connection)

    def _end(self, connection: _Connection) -> None:
        self._busy.discard(connection)
        connection.close()


class Stream:
    """An answer that has begun."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self.status = connection.status

    async def chunks(self) -> AsyncIterator[bytes]:
        """What came since the last time, until the server ends the answer."""
        while chunk := await self._connection.more():
            yield chunk

    async def rest(self) -> bytes:
        """Everything that is still to come."""
        return b"".join([chunk async for chunk in self.chunks()])


class _Connection(asyncio.Protocol):
    """One connection. The methods ``on_...`` are the parser's to call."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._is_streaming = False
        self._expects = False
        self._has_begun = False
        self._is_over = False
        self._is_reading = True
        self._size = 0
        self._parts: list[bytes] = []
        self._headers: dict[bytes, bytes] = {}
        self._keeps = True
        self.is_fresh = True
        """Whether nothing was asked over it so far."""
        self.status = 0

    @property
    def is_open(self) -> bool:
        """Whether it can take one more request."""
        return self._keeps and self._error is None and not self._transport.is_closing()

    async def whole(self, request: bytes) -> Answer:
        """Sends a request; the answer, once it is complete."""
        self._send(request)
        while not self._is_over:
            await self._news()
        self._expects = False
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        return Answer(self.status, self._headers, body)

    async def begun(self, request: bytes) -> None:
        """Sends a request; returns with the answer's headers."""
        self._is_streaming = True
        self._send(request)
        while not self._has_begun:
            await self._news()

    async def more(self) -> bytes:
        """What came since the last time; nothing at the end of the answer."""
        while not self._parts and not self._is_over:
            await self._news()
        parts, self._parts, self._size = self._parts, [], 0
        if not self._is_reading and self._error is None:
            self._is_reading = True
            self._transport.resume_reading()
        return b"".join(parts)

    def fail(self, error: Exception) -> None:
        """Ends the connection; whoever waits is told why."""
        if self._error is None:
            self._error = error
        self._transport.abort()
        self._wake()

    def close(self) -> None:
        """Ends the connection."""
        self.fail(ConnectionAbortedError(errno.ECONNABORTED, "the client was closed"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is like it, but no subclass

    def data_received(self, data: bytes) -> None:
        if not self._expects:
            self.fail(_broken("an answer to nothing that was asked"))
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self.fail(_broken(f"the answer is no HTTP: {error}"))
            return
        if self._is_streaming:
            if self._size > STREAM_BUFFER and self._is_reading:
                self._is_reading = False
                self._transport.pause_reading()
            self._wake()
        elif self._is_over:
            self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        if error is None and self._has_begun and self._is_until_closed():
            self._is_over = True
        if self._error is None:
            self._error = error or _broken("the connection broke")
        self._wake()

    def on_message_begin(self) -> None:
        if self._is_over:
            raise _broken("an answer to nothing that was asked")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self._has_begun = self.status >= 200

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)
        self._size += len(body)

    def on_message_complete(self) -> None:
        if self._has_begun:
            self._keeps = self._parser.should_keep_alive()
            self._is_over = True

    def _send(self, request: bytes) -> None:
        self._expects = True
        self._has_begun = self._is_over = False
        self._headers, self._parts, self._size = {}, [], 0
        self._transport.write(request)

    async def _news(self) -> None:
        if self._error is not None:
            raise self._error
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _is_until_closed(self) -> bool:
        """Whether only the end of the connection tells the end of the answer."""
        return b"content-length" not in self._headers and b"transfer-encoding" not in self._headers


def _broken(why: str) -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, why)
