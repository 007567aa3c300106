"""JSON-RPC 1.0 over a byte stream: calls, their replies, notifications, and knowing when the other side is gone.

OVSDB and the daemons' control sockets speak the same dialect (RFC 7047, 4): both directions may call, messages follow
each other without delimiters, and a silent peer is found out by `echo`.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

import msgspec
import orjson

from controller.ovsdb.errors import ConnectionFailed, ConnectionLost, ProtocolError, RpcError
from controller.ovsdb.framing import Splitter

Notify = Callable[[str, msgspec.Raw, int], None]
"""Takes the method, the parameters and CLOCK_MONOTONIC nanoseconds of a notification."""
OnResult = Callable[[msgspec.Raw, int], None]

_NULL = msgspec.Raw(b"null")


class _Message(msgspec.Struct):
    id: Any = None
    method: str | None = None
    params: msgspec.Raw = _NULL
    result: msgspec.Raw = _NULL
    error: Any = None


_DECODER = msgspec.json.Decoder(_Message)


class Connection(asyncio.Protocol):
    """One JSON-RPC connection; `closed` resolves to the ConnectionLost that ended it."""

    def __init__(self, endpoint: str, notify: Notify, probe: float) -> None:
        self._endpoint = endpoint
        self._notify = notify
        self._probe = probe
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[ConnectionLost] = self._loop.create_future()
        self._splitter = Splitter()
        self._pending: dict[int, tuple[str, asyncio.Future[msgspec.Raw], OnResult | None]] = {}
        self._last_id = 0
        self._heard = self._loop.time()
        self._echo_sent = False
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._flushed = asyncio.Event()
        self._flushed.set()

    @classmethod
    async def open(cls, endpoint: str, notify: Notify, *, timeout: float, probe: float) -> "Connection":
        """Connect to "unix:PATH" or "tcp:HOST:PORT" within `timeout` seconds; raises ConnectionFailed.

        After `probe` seconds of silence the peer is asked for an echo, after as many more it is taken for dead.
        """
        loop = asyncio.get_running_loop()
        scheme, _, rest = endpoint.partition(":")

        def protocol() -> Connection:
            return cls(endpoint, notify, probe)

        try:
            async with asyncio.timeout(timeout):
                if scheme == "unix" and rest:
                    _, connection = await loop.create_unix_connection(protocol, rest)
                elif scheme == "tcp":
                    host, port = _host_and_port(endpoint, rest)
                    _, connection = await loop.create_connection(protocol, host, port)
                elif scheme == "ssl":
                    raise ConnectionFailed(
                        endpoint, "TLS is not supported yet: use unix:PATH or tcp:HOST:PORT"
                    )
                else:
                    raise ConnectionFailed(endpoint, "not an endpoint: expected unix:PATH or tcp:HOST:PORT")
        except TimeoutError:
            raise ConnectionFailed(endpoint, f"no connection within {timeout:g} s") from None
        except OSError as error:
            raise ConnectionFailed(endpoint, error.strerror or str(error)) from error
        return connection

    async def call(self, method: str, params: object, on_result: OnResult | None = None) -> msgspec.Raw:
        """Call the peer and wait for its answer; raises RpcError, or ConnectionLost if there will be none.

        `on_result` is run on the result before any later message is looked at.
        """
        if self.closed.done():
            lost = self.closed.result()
            raise type(lost)(*lost.args)
        self._last_id += 1
        number = self._last_id
        future: asyncio.Future[msgspec.Raw] = self._loop.create_future()
        self._pending[number] = (method, future, on_result)
        self._send({"method": method, "params": params, "id": number})
        return await future

    def close(self, reason: ConnectionLost | None = None) -> None:
        """End the connection; calls in flight fail with ConnectionLost."""
        lost = reason or ConnectionLost(f"{self._endpoint}: closed by us")
        if self._timer is not None:
            self._timer.cancel()
        if not self.closed.done():
            self.closed.set_result(lost)
        for _, future, _ in self._pending.values():
            if not future.done():
                future.set_exception(type(lost)(*lost.args))
        self._pending.clear()
        if self._transport is not None:
            self._transport.abort() if reason else self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol: the stream is open."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass of asyncio's
        self._transport.set_write_buffer_limits(
            high=0
        )  # so that pause_writing means: not all is with the kernel
        if self._probe > 0:
            self._timer = self._loop.call_later(self._probe, self._check_liveness)

    def connection_lost(self, error: Exception | None) -> None:
        """Part of asyncio.Protocol: the stream has ended."""
        self._flushed.set()
        self.close(ConnectionLost(f"{self._endpoint}: " + (str(error) if error else "closed by the server")))

    def pause_writing(self) -> None:
        """Part of asyncio.Protocol: some of what was sent waits for the peer to read."""
        self._flushed.clear()

    def resume_writing(self) -> None:
        """Part of asyncio.Protocol: all that was sent is with the kernel."""
        self._flushed.set()

    async def flushed(self) -> None:
        """Waits until all that was sent is with the kernel, or the connection has ended."""
        await self._flushed.wait()

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol: handle every message that is now complete, in order."""
        received_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        self._heard = self._loop.time()
        self._echo_sent = False
        try:
            for message in self._splitter.feed(data):
                if self.closed.done():
                    return
                self._handle(message, received_ns)
        except ProtocolError as error:
            self.close(ProtocolError(f"{self._endpoint}: {error}"))
        except Exception as error:
            self.close(
                ConnectionLost(f"{self._endpoint}: given up, for handling a message failed: {error!r}")
            )
            raise

    def _handle(self, raw: bytes, received_ns: int) -> None:
        try:
            message = _DECODER.decode(raw)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ProtocolError(f"not a JSON-RPC message: {error}") from error
        if message.method is None:
            self._answered(message, received_ns)
        elif message.id is None:
            self._notify(message.method, message.params, received_ns)
        elif message.method == "echo":
            self._send({"id": message.id, "result": message.params, "error": None})
        else:
            self._send({"id": message.id, "result": None, "error": "unknown method"})

    def _answered(self, message: _Message, received_ns: int) -> None:
        pending = self._pending.get(message.id) if isinstance(message.id, int) else None
        if pending is None:
            return
        method, future, on_result = pending
        if message.error is None and on_result is not None:
            on_result(message.result, received_ns)
        del self._pending[message.id]
        if future.done():
            return
        if message.error is not None:
            future.set_exception(_rpc_error(method, message.error))
        else:
            future.set_result(message.result)

    def _send(self, message: dict[str, object]) -> None:
        if self._transport is not None and not self.closed.done():
            self._transport.write(orjson.dumps(message, default=_raw))

    def _check_liveness(self) -> None:
        silence = self._loop.time() - self._heard
        if silence >= self._probe and self._echo_sent:
            self.close(ConnectionLost(f"{self._endpoint}: no sign of life for {silence:.1f} s"))
            return
        wait = self._probe
        if silence >= self._probe:
            self._echo_sent = True
            self._send({"method": "echo", "params": [], "id": "echo"})
        else:
            wait -= silence
        self._timer = self._loop.call_later(wait, self._check_liveness)


def _raw(value: object) -> orjson.Fragment:
    if isinstance(value, msgspec.Raw):
        return orjson.Fragment(bytes(value))
    raise TypeError(f"{type(value).__name__} is not JSON")


def _rpc_error(method: str, error: object) -> RpcError:
    if isinstance(error, dict):
        return RpcError(method, str(error.get("error", error)), str(error.get("details", "")))
    return RpcError(method, str(error))


def _host_and_port(endpoint: str, rest: str) -> tuple[str, int]:
    host, _, port = rest.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConnectionFailed(endpoint, "not an endpoint: expected tcp:HOST:PORT")
    return host.removeprefix("[").removesuffix("]"), int(port)
