"""The API client against a real API server process: killed, restarted, and reached by HTTPS."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from controller.api.core import Pod
from controller.api.kinds import PODS
from controller.kubernetes import Access, ApiError, Backoff, Change, Client, Informer
from tests.system.apiserver_process import ServerProcess, a_pod, running

pytestmark = pytest.mark.system

WITHIN_S = 60.0


@pytest.fixture
async def client(server: ServerProcess) -> AsyncIterator[Client]:
    async with Client(Access(f"unix:{server.socket}")) as found:
        yield found


async def told(stream: AsyncIterator[Change[Pod]], count: int) -> list[tuple[str, str]]:
    async with asyncio.timeout(WITHIN_S):
        changes = [await anext(stream) for _ in range(count)]
    return [(change.type, change.object.name) for change in changes]


async def test_writes_tell_when_they_were_accepted_and_so_do_their_events(client: Client) -> None:
    stream = aiter(Informer(client, PODS))
    assert await told(stream, 1) == [("SYNCED", "")]
    created = await client.create(PODS, a_pod("a"), namespace="default")
    async with asyncio.timeout(WITHIN_S):
        event = await anext(stream)
    assert event.accepted_ns == created.accepted_ns
    assert created.accepted_ns
    assert event.received_ns > created.accepted_ns
    status = {"status": {"phase": "Running"}}
    patched = await client.patch(PODS, "a", status, namespace="default", subresource="status")
    assert patched.object.status.phase == "Running"


async def test_refusals_are_typed(client: Client) -> None:
    await client.create(PODS, a_pod("a"), namespace="default")
    with pytest.raises(ApiError) as again:
        await client.create(PODS, a_pod("a"), namespace="default")
    assert again.value.is_conflict
    with pytest.raises(ApiError) as unknown:
        await client.get(PODS, "b", "default")
    assert unknown.value.is_not_found
    with pytest.raises(ApiError) as invalid:
        await client.create(PODS, a_pod("c", nodeName=7), namespace="default")
    assert invalid.value.causes
    assert "nodeName" in invalid.value.causes[0].field


async def test_a_server_killed_and_started_again_is_followed_without_a_gap(
    client: Client, server: ServerProcess
) -> None:
    stream = aiter(Informer(client, PODS, backoff=Backoff(0.01, 0.1)))
    await client.create(PODS, a_pod("a"), namespace="default")
    assert await told(stream, 2) == [("ADDED", "a"), ("SYNCED", "")]
    waiting = asyncio.ensure_future(told(stream, 2))
    for name in ("b", "c"):
        server.end(signal.SIGKILL)
        await asyncio.to_thread(server.start)
        await client.create(PODS, a_pod(name), namespace="default")
    assert await waiting == [("ADDED", "b"), ("ADDED", "c")]


async def test_a_history_too_short_leads_to_the_differences_alone(tmp_path: Path) -> None:
    with running(tmp_path, "--history", "10") as server:
        async with Client(Access(f"unix:{server.socket}")) as client:
            for name in ("stays", "goes"):
                await client.create(PODS, a_pod(name), namespace="default")
            stream = aiter(Informer(client, PODS, backoff=Backoff(0.01, 0.1)))
            await told(stream, 3)
            server.end(signal.SIGKILL)
            await asyncio.to_thread(server.start)
            await client.delete(PODS, "goes", namespace="default", grace_seconds=0)
            for number in range(40):
                await client.create(PODS, a_pod(f"p{number}"), namespace="default")
            found = await told(stream, 41)
            assert ("DELETED", "goes") in found
            assert {name for kind, name in found if kind == "ADDED"} == {f"p{number}" for number in range(40)}


async def test_people_s_kubeconfig_leads_to_the_server_by_https(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        arguments = ("--https-fd", str(door.fileno()), "--credentials-directory", str(tmp_path))
        with running(tmp_path, *arguments, descriptors=(door.fileno(),)):
            async with Client(Access.load(tmp_path / "kubeconfig")) as client:
                await client.create(PODS, a_pod("a"), namespace="default")
                assert await told(aiter(Informer(client, PODS)), 2) == [("ADDED", "a"), ("SYNCED", "")]


def open_sockets(pid: int) -> int:
    return sum("socket:" in str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir())


async def test_a_thousand_requests_at_once_are_served_by_few_connections(
    client: Client, server: ServerProcess
) -> None:
    names = [f"p{number}" for number in range(1_000)]
    await asyncio.gather(*(client.create(PODS, a_pod(name), namespace="default") for name in names))
    assert sorted(pod.name for pod in (await client.list(PODS)).items) == sorted(names)
    assert open_sockets(server.process.pid) < 60
