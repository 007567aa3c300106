"""HTTP as servers speak it, well or badly: what they send is written here byte by byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from controller.kubernetes.http import STREAM_BUFFER, Place, Pool

PATIENCE_S = 60
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def pool(socket: Path, serve: Serve, *, timeout: float = PATIENCE_S) -> AsyncIterator[Pool]:
    """A pool of two connections to a server that does ``serve`` with each."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_unix_server(handle, str(socket))
    found = Pool(Place(str(socket)), {"Accept": "a/b"}, connections=2, kept=2, timeout=timeout)
    try:
        yield found
    finally:
        found.close()
        server.close()


def says(*answers: bytes) -> Serve:
    """Answers each request with the next of these, then closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()

    return serve


async def test_a_request_has_what_it_needs_and_no_more(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(2))
        writer.write(GOOD)

    async with pool(tmp_path / "s", serve) as client:
        answer = await client.request("POST", "/a?b=c", b"{}", "application/json")
    assert (answer.status, answer.body, answer.headers) == (200, b"hi", {b"content-length": b"2"})
    assert heard == [
        b"POST /a?b=c HTTP/1.1\r\nHost: localhost\r\nAccept: a/b\r\n"
        b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    ]


@pytest.mark.parametrize(
    "answer",
    [
        GOOD,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nhi",
        b"HTTP/1.0 200 OK\r\n\r\nhi",
        b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD,
        GOOD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
    ],
    ids=["length", "chunked", "until closed", "1.0", "after 100", "then closed"],
)
async def test_an_answer_ends_where_it_says(tmp_path: Path, answer: bytes) -> None:
    async with pool(tmp_path / "s", says(answer)) as client:
        for _ in range(3):
            found = await client.request("GET", "/")
            assert (found.status, found.body) == (200, b"hi")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "the connection broke"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", "the connection broke"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi", "the connection broke"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "the answer is no HTTP"),
    ],
)
async def test_an_answer_that_does_not_come_whole_is_none(tmp_path: Path, answer: bytes, why: str) -> None:
    async with pool(tmp_path / "s", says(answer)) as client:
        with pytest.raises(ConnectionResetError, match=why):
            await client.request("GET", "/")


async def test_more_than_was_asked_for_is_not_taken_for_the_next_answer(tmp_path: Path) -> None:
    async with pool(tmp_path / "s", says(GOOD + GOOD.replace(b"hi", b"no"))) as client:
        assert (await client.request("GET", "/")).body == b"hi"
        assert (await client.request("GET", "/")).body == b"hi"


async def test_a_server_that_says_nothing_is_not_waited_for_long(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with pool(tmp_path / "s", serve, timeout=0.1) as client:
        with pytest.raises(TimeoutError):
            await client.request("GET", "/")
        with pytest.raises(TimeoutError):
            async with client.stream("/", PATIENCE_S):
                pass


async def test_a_request_that_is_given_up_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            line = await reader.readuntil(b"\r\n\r\n")
            if line.startswith(b"GET /slow"):
                asked.set()
                await reader.read()
            else:
                writer.write(GOOD)

    async with pool(tmp_path / "s", serve) as client:
        slow = asyncio.create_task(client.request("GET", "/slow"))
        await asyncio.wait_for(asked.wait(), PATIENCE_S)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        assert (await client.request("GET", "/")).body == b"hi"


async def test_a_stream_is_read_as_it_comes_and_ends_with_the_answer(tmp_path: Path) -> None:
    more = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        await more.wait()
        writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

    async with pool(tmp_path / "s", serve) as client, client.stream("/", PATIENCE_S) as answer:
        chunks = answer.chunks()
        assert await anext(chunks) == b"one"
        more.set()
        assert [chunk async for chunk in chunks] == [b"two"]


@pytest.mark.parametrize("lasts_s", [PATIENCE_S, 0.1])
async def test_a_stream_that_breaks_or_lasts_too_long_says_so(tmp_path: Path, lasts_s: float) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        if lasts_s < 1:
            await reader.read()

    expected = TimeoutError if lasts_s < 1 else ConnectionResetError
    async with pool(tmp_path / "s", serve) as client:
        with pytest.raises(expected):
            async with client.stream("/", lasts_s) as answer:
                await answer.rest()


async def test_a_stream_that_nobody_reads_makes_the_server_wait(tmp_path: Path) -> None:
    size, sent = 64 * STREAM_BUFFER, 0
    piece = b"x" * 65_536

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        while sent < size:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)

    async with pool(tmp_path / "s", serve) as client, client.stream("/", PATIENCE_S) as answer:
        before = -1
        while before != sent:
            before = sent
            for _ in range(100):
                await asyncio.sleep(0)
        assert sent < size / 4
        assert len(await answer.rest()) == size


async def test_a_closed_pool_lets_nobody_wait(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await reader.read()

    async with pool(tmp_path / "s", serve) as client:
        waiting = asyncio.create_task(client.request("GET", "/"))
        await asyncio.wait_for(asked.wait(), PATIENCE_S)
        client.close()
        with pytest.raises(ConnectionAbortedError):
            await waiting


def test_a_place_is_what_its_url_says() -> None:
    assert Place.of("https://[::1]:6443/k8s/clusters/c-1/") == Place(None, "::1", 6443, "/k8s/clusters/c-1")
    assert Place.of("http://api") == Place(None, "api", 80, "")
    assert Place.of("https://api") == Place(None, "api", 443, "")
