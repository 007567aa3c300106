"""Probes: a container is asked on its schedule, and what counts is how often in a row it answered the same.

They are run in the pod's own network namespace: a pod of a network that its node cannot reach is probed all the same,
and no policy stands in the way, as Kubernetes promises of a kubelet's probes.
Source: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from controller.api.addresses import authority
from testbed.kubelet.podspec import Container, HttpGet, Probe, TcpSocket
from testbed.pods.namespaces import network_namespace_of

Check = Callable[[], Awaitable[str]]
"""Asks once; the answer says what is wrong and is empty when all is well."""
Exec = Callable[[Sequence[str], float], Awaitable[str]]
"""Runs a program in the container for so many seconds at most; answers as a Check does."""

_LONGEST_LINE = 8_192


class Threshold:
    """Whether a probe counts as passed: None until it was either for long enough."""

    def __init__(self, probe: Probe, passed: bool | None = None) -> None:
        self._probe = probe
        self._run = 0
        self._last: bool | None = None
        self.passed = passed

    def saw(self, success: bool) -> bool:
        """One more answer; returns whether `passed` changed."""
        self._run = self._run + 1 if success == self._last else 1
        self._last = success
        needed = self._probe.success_threshold if success else self._probe.failure_threshold
        if self._run >= needed and self.passed is not success:
            self.passed = success
            return True
        return False


async def watch(
    probe: Probe, check: Check, passed: bool | None, changed: Callable[[bool, str], bool | None]
) -> None:
    """Ask on schedule; tell each change together with the last answer, and end when `changed` returns True."""
    threshold = Threshold(probe, passed)
    await asyncio.sleep(probe.initial_delay_seconds)
    while True:
        wrong = await once(check, max(probe.timeout_seconds, 1))
        if threshold.saw(not wrong) and changed(not wrong, wrong):
            return
        await asyncio.sleep(max(probe.period_seconds, 1))


async def once(check: Check, timeout_s: float) -> str:
    """One answer, within its time."""
    try:
        async with asyncio.timeout(timeout_s):
            return await check()
    except TimeoutError:
        return f"no answer within {timeout_s:g} s"
    except (OSError, ValueError, EOFError) as error:
        return str(error) or type(error).__name__


@dataclass(frozen=True)
class Target:
    """Where a container is asked: its pod's address, a process in its network namespace, and a way to run programs."""

    address: str
    network: int
    execute: Exec


def check_of(probe: Probe, container: Container, target: Target) -> Check:
    """How a probe asks."""
    if probe.http_get is not None:
        get = probe.http_get
        return lambda: _http(get, _port(get.port, container), target)
    if probe.tcp_socket is not None:
        tcp = probe.tcp_socket
        return lambda: _tcp(tcp, _port(tcp.port, container), target)
    command = probe.exec.command if probe.exec else ()
    return lambda: target.execute(command, max(probe.timeout_seconds, 1))


def _port(port: int | str, container: Container) -> int:
    if isinstance(port, int) or port.isdecimal():
        return int(port)
    for entry in container.ports:
        if entry.name == port:
            return entry.container_port
    return 0  # nothing answers there: the probe fails and says so


async def _tcp(probe: TcpSocket, port: int, target: Target) -> str:
    connection = await _connected(probe.host or target.address, port, target.network)
    connection.close()
    return ""


async def _http(probe: HttpGet, port: int, target: Target) -> str:
    host = probe.host or target.address
    tls = None
    if probe.scheme.upper() == "HTTPS":
        tls = ssl.create_default_context()
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE  # as a kubelet does: a pod's certificate is for its clients
    connection = await _connected(host, port, target.network)
    server_name = host if tls else None
    reader, writer = await asyncio.open_connection(
        sock=connection, ssl=tls, server_hostname=server_name, limit=_LONGEST_LINE
    )
    try:
        writer.write(request(probe, authority(host, port)))
        words = (await reader.readline()).split(None, 2)
    finally:
        writer.transport.abort()
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        return "no HTTP answer"
    status = int(words[1])
    return "" if 200 <= status < 400 else f"HTTP probe failed with statuscode: {status}"


def request(probe: HttpGet, authority: str) -> bytes:
    """The request of an HTTP probe; what would break out of its line is left out."""
    headers = {"Host": authority, "User-Agent": "kube-probe/1.36", "Accept": "*/*", "Connection": "close"}
    for header in probe.http_headers:
        headers[_word(header.name)] = header.value.replace("\r", "").replace("\n", "")
    path = _word(probe.path or "/")
    lines = [f"GET {path if path.startswith('/') else '/' + path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _word(text: str) -> str:
    return "".join(text.split())


async def _connected(host: str, port: int, network: int) -> socket.socket:
    with network_namespace_of(network):
        made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, (host, port))
    except BaseException:
        with contextlib.suppress(OSError):
            made.close()
        raise
    return made
