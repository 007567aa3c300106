"""Answers for containers whose program this host does not have, so that a published manifest gives a pod to talk to.

TCP ports speak HTTP and name the pod, its node and the caller; UDP ports send back what they get. The sockets are
opened in the pod's network namespace and served by the kubelet itself: a pod that answers costs a few kilobytes and
no process. The paths /hostname and /clientip answer as agnhost's netexec does.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterable
from typing import cast

from controller.api.addresses import authority
from testbed.pods.namespaces import network_namespace_of
from testbed.pods.sandbox import Identity

PATIENCE_S = 30.0
"""How long a connection may take to ask."""
LONGEST_HEAD = 16_384
BACKLOG = 128

Port = tuple[str, int]
"""Protocol ("TCP", "UDP") and number."""


class Responder:
    """The sockets of one container that is answered for."""

    def __init__(self) -> None:
        self._servers: list[asyncio.AbstractServer] = []
        self._datagrams: list[asyncio.DatagramTransport] = []

    async def open(self, identity: Identity, pid: int, ports: Iterable[Port]) -> None:
        """Answer on these ports of the network namespace that process `pid` is in; other protocols stay silent.

        Raises:
            OSError: a port is taken or the pod is gone; nothing is left open.
        """
        loop = asyncio.get_running_loop()
        try:
            for protocol, number in ports:
                if protocol == "TCP":
                    listening = _socket(pid, socket.SOCK_STREAM, number)
                    server = await loop.create_server(
                        lambda: _Http(identity), sock=listening, backlog=BACKLOG
                    )
                    self._servers.append(server)
                elif protocol == "UDP":
                    bound = _socket(pid, socket.SOCK_DGRAM, number)
                    transport, _ = await loop.create_datagram_endpoint(_Echo, sock=bound)
                    self._datagrams.append(transport)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Answer no more; open sockets would keep the namespace alive."""
        for server in self._servers:
            server.close()
        for transport in self._datagrams:
            transport.close()
        self._servers.clear()
        self._datagrams.clear()


def _socket(pid: int, kind: int, port: int) -> socket.socket:
    """A socket for IPv6 and IPv4, or for IPv4 alone where the namespace has no IPv6."""
    with network_namespace_of(pid):
        try:
            made = socket.socket(socket.AF_INET6, kind)
        except OSError:
            made = socket.socket(socket.AF_INET, kind)
    try:
        if made.family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if kind == socket.SOCK_STREAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setblocking(False)
        made.bind(("", port))
    except BaseException:
        made.close()
        raise
    return made


class _Http(asyncio.Protocol):
    """One request, one answer, and the connection ends."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is like it, but no subclass
        self._limit = asyncio.get_running_loop().call_later(PATIENCE_S, self._transport.abort)

    def connection_lost(self, error: Exception | None) -> None:
        self._limit.cancel()

    def data_received(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        self._head += data
        if b"\r\n\r\n" in self._head or b"\n\n" in self._head:
            self._transport.write(
                answer(self._head, self._identity, self._transport.get_extra_info("peername"))
            )
            self._transport.close()
        elif len(self._head) > LONGEST_HEAD:
            self._transport.abort()


class _Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        with contextlib.suppress(OSError):  # the caller may be unreachable by now
            self._transport.sendto(data, address)


def answer(head: bytes, identity: Identity, caller: tuple[str, int]) -> bytes:
    """The answer to an HTTP request: pure."""
    words = head.split(b"\n", 1)[0].split()
    if len(words) != 3 or not words[2].startswith(b"HTTP/"):
        return _message(b"400 Bad Request", b"this port speaks HTTP\n")
    address = caller[0].removeprefix("::ffff:")
    path = words[1].decode(errors="replace").partition("?")[0]
    if path == "/hostname":
        text = identity.name
    elif path == "/clientip":
        text = authority(address, caller[1])
    else:
        text = (
            f"pod: {identity.namespace}/{identity.name}\nnode: {identity.node}\n"
            f"caller: {address}\nrequest: {words[0].decode(errors='replace')} {path}\n"
        )
    message = _message(b"200 OK", text.encode())
    return message.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if words[0] == b"HEAD" else message


def _message(state: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 %b\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    return head % (state, len(body)) + body
