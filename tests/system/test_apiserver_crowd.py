"""Many clients at once, and those that behave badly: the others are served as if they were alone."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.apiserver_process import ServerProcess, a_pod, running

pytestmark = pytest.mark.system

IN_DEFAULT = "/api/v1/namespaces/default/pods"
PATIENCE_S = 60
MIB = 2**20


def peak_mib(server: ServerProcess) -> float:
    """The most memory that the server has had so far."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def after(events: AsyncIterator[Any]) -> Any:
    """The next event."""
    return await asyncio.wait_for(anext(events), PATIENCE_S)


async def test_more_watches_than_files_are_allowed_at_first_all_see_an_event(tmp_path: Path) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    server = ServerProcess(tmp_path, within=("prlimit", f"--nofile=128:{most}"))
    server.start()
    try:
        api = await server.connect()
        watchers = [await server.connect() for _ in range(200)]
        async with asyncio.timeout(PATIENCE_S):
            watches = [await watcher.watch("/api/v1/pods?watch=1") for watcher in watchers]
        await api.create(IN_DEFAULT, a_pod("a"))
        seen = await asyncio.gather(*map(after, watches))
        assert {event["object"]["metadata"]["name"] for event in seen} == {"a"}
        for connection in (api, *watchers):
            connection.close()
    finally:
        server.end()


async def test_a_watcher_that_does_not_read_holds_up_nobody(tmp_path: Path) -> None:
    """While it is waited for, and when it is cut off, every event is with the others before the next one is made."""
    with running(tmp_path, "--history", "20") as server:
        api, other = await server.connect(), await server.connect()
        deaf = await server.connect()
        await deaf.watch("/api/v1/pods?watch=1")
        deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
        events = await other.watch("/api/v1/pods?watch=1")
        await api.create(IN_DEFAULT, a_pod("a"))
        await after(events)
        before = peak_mib(server)
        for number in range(500):
            big = {"metadata": {"annotations": {"big": f"{number} " + "x" * 250_000}}}
            assert (await api.patch(f"{IN_DEFAULT}/a", big)).code == 200
            found = await after(events)
            assert found["object"]["metadata"]["annotations"]["big"].startswith(f"{number} ")
            if "does not read" in server.log.read_text():
                break
        else:
            pytest.fail("125 MB wait for a watcher that does not read")
        assert peak_mib(server) - before < 200
        assert (await api.request("GET", f"{IN_DEFAULT}/a")).code == 200
        for connection in (api, other, deaf):
            connection.close()


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
async def test_a_body_of_a_hundred_mib_is_refused_and_kept_nowhere(tmp_path: Path, chunked: bool) -> None:
    """Also where the client sends all of it before it looks at the answer, as most do."""
    piece = b"x" * MIB
    with running(tmp_path) as server:
        assert (await (await server.connect()).create(IN_DEFAULT, a_pod("a"))).code == 201
        before = peak_mib(server)
        refused = await asyncio.to_thread(_send, server.socket, piece, 100, chunked)
        assert refused.startswith(b"HTTP/1.1 413 ")
        assert b'"reason":"RequestEntityTooLarge"' in refused
        assert peak_mib(server) - before < 30
        assert (await (await server.connect()).request("GET", f"{IN_DEFAULT}/a")).code == 200


def _send(path: Path, piece: bytes, times: int, chunked: bool) -> bytes:
    """Sends a body for as long as it is taken; what was answered."""
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(piece) * times}"
    head = f"POST {IN_DEFAULT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
    if chunked:
        piece = b"%x\r\n%b\r\n" % (len(piece), piece)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE_S)
        connection.connect(str(path))
        connection.sendall(head.encode())
        answer = b""
        try:
            for _ in range(times):
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it does not want more; its answer is there
        while b'"reason"' not in answer and (received := connection.recv(65_536)):
            answer += received
    return answer
