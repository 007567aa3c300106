"""The client: what is sent, what is read, and what each refusal becomes."""

from __future__ import annotations

import asyncio

import orjson
import pytest
from aiohttp import web

from controller.api.core import Pod, PodSpec
from controller.api.kinds import NODES, PODS
from controller.api.meta import ObjectMeta
from controller.kubernetes import Access, ApiError, Cause, Client, Unreachable
from tests.unit.kubernetes.conftest import SmallServer, status

A_POD = Pod(metadata=ObjectMeta(name="a", namespace="default"), spec=PodSpec(node_name="node1"))


async def test_a_list_has_all_pages_and_the_revision(client: Client, server: SmallServer) -> None:
    server.page = 2
    for name in "abcde":
        server.put(name, nodeName="node1")
    listing = await client.list(PODS, field_selector="spec.nodeName=node1")
    assert [pod.name for pod in listing.items] == list("abcde")
    assert listing.items[0].spec.node_name == "node1"
    assert listing.resource_version == "5"
    assert len(server.requests) == 3
    assert "fieldSelector=spec.nodeName%3Dnode1" in server.requests[0][1]


async def test_a_created_object_names_its_type_and_tells_when_it_was_accepted(
    client: Client, server: SmallServer
) -> None:
    written = await client.create(PODS, A_POD)
    method, path, body, _ = server.requests[0]
    assert (method, path) == ("POST", "/api/v1/namespaces/default/pods")
    assert orjson.loads(body)["kind"] == "Pod"
    assert orjson.loads(body)["apiVersion"] == "v1"
    assert written.object == A_POD
    assert written.accepted_ns == 42


async def test_a_merge_patch_goes_to_the_subresource(client: Client, server: SmallServer) -> None:
    server.put("a")
    await client.patch(PODS, "a", {"status": {"phase": "Running"}}, namespace="default", subresource="status")
    assert server.requests[0] == (
        "PATCH",
        "/api/v1/namespaces/default/pods/a/status",
        b'{"status":{"phase":"Running"}}',
        "application/merge-patch+json",
    )


async def test_conditions_are_merged_with_those_of_others(client: Client, server: SmallServer) -> None:
    server.put("a")
    condition = {"type": "x", "status": "True"}
    await client.merge_conditions(PODS, "a", [condition], uid="u1", namespace="default")
    verb, path, body, media = server.requests[0]
    assert (verb, path) == ("PATCH", "/api/v1/namespaces/default/pods/a/status")
    assert orjson.loads(body) == {"metadata": {"uid": "u1"}, "status": {"conditions": [condition]}}
    assert media == "application/strategic-merge-patch+json"


async def test_a_deletion_can_name_the_very_object_and_its_grace(client: Client, server: SmallServer) -> None:
    server.put("a")
    await client.delete(PODS, "a", namespace="default", uid="u1", grace_seconds=0)
    options = orjson.loads(server.requests[0][2])
    assert options["preconditions"] == {"uid": "u1"}
    assert options["gracePeriodSeconds"] == 0


async def test_a_deletion_answered_by_a_status_still_names_the_object(
    client: Client, server: SmallServer
) -> None:
    answer = {"kind": "Status", "status": "Success", "details": {"name": "a", "uid": "u1"}}
    server.refuse.append(web.Response(body=orjson.dumps(answer)))
    written = await client.delete(PODS, "a", namespace="default")
    assert (written.object.path, written.object.metadata.uid) == ("default/a", "u1")


async def test_a_refusal_has_all_causes(client: Client, server: SmallServer) -> None:
    cause = {"field": "spec.nodeName", "reason": "FieldValueInvalid", "message": "found 7, allowed: a name"}
    server.refuse.append(web.Response(status=422, body=orjson.dumps(status(422, "Invalid", (cause,)))))
    with pytest.raises(ApiError) as refused:
        await client.create(PODS, A_POD)
    assert refused.value.status == 422
    assert refused.value.causes == (Cause("spec.nodeName", "FieldValueInvalid", "found 7, allowed: a name"),)


async def test_a_server_that_throttles_is_asked_again(client: Client, server: SmallServer) -> None:
    server.put("a")
    server.refuse.append(web.Response(status=429, headers={"Retry-After": "0"}))
    assert (await client.get(PODS, "a", "default")).name == "a"
    assert len(server.requests) == 2


async def test_connections_that_a_restarted_server_has_closed_are_no_failure(
    client: Client, server: SmallServer
) -> None:
    server.put("a")
    await asyncio.gather(*(client.get(PODS, "a", "default") for _ in range(20)))
    server.shut_connections()
    await client.create(PODS, A_POD)
    assert server.requests[-1][0] == "POST"


async def test_no_server_is_unreachable(server: SmallServer) -> None:
    async with Client(Access("unix:/nonexistent/api.sock")) as client:
        with pytest.raises(Unreachable, match=r"^GET /api/v1/nodes/node1: No such file or directory$"):
            await client.get(NODES, "node1")


async def test_names_cannot_reach_another_path(client: Client, server: SmallServer) -> None:
    server.put("a")
    await client.get(PODS, "../../x?y", "default")
    assert server.requests[0][1] == "/api/v1/namespaces/default/pods/..%2F..%2Fx%3Fy"
    with pytest.raises(ValueError, match="is no name"):
        await client.get(PODS, "..", "default")


async def test_many_requests_share_a_bounded_pool(server: SmallServer) -> None:
    server.put("a")
    async with Client(Access(f"unix:{server.socket}"), connections=4) as client:
        await asyncio.gather(*(client.get(PODS, "a", "default") for _ in range(200)))
    assert len(server.requests) == 200
