"""On an API server that refuses no deletion, finalizers hold what is in use, say why, and let it go afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from controller import ovsdb
from controller.api.kind import Kind
from controller.api.kinds import EVENTS, IPS, PODS, SUBNETS, VPCS
from controller.api.names import FINALIZER
from controller.kubernetes import Access, ApiError, Client
from controller.ovsdb import operations
from tests.system.chain import Chain
from tests.waiting import until

pytestmark = pytest.mark.system


@pytest.fixture
async def api() -> AsyncIterator[tuple[Client, Chain]]:
    with tempfile.TemporaryDirectory() as directory:
        chain = Chain(Path(directory))
        try:
            chain.start_api()  # without --admission
            chain.start_northbound()
            chain.start_controller()
            async with Client(Access.load(chain.kubeconfig)) as client:
                yield client, chain
        finally:
            chain.stop()


async def condition(api: Client, kind: Kind[Any], name: str) -> str:
    """What the object says of who uses it, once it does."""

    async def check() -> str:
        found = (await api.get(kind, name)).status.conditions
        return next((entry.message for entry in found if entry.type == "InUse"), "")

    said: str = await until(check, f"{kind.name} {name} says who uses it")
    return said


async def is_held(api: Client, kind: Kind[Any], name: str) -> None:
    async def check() -> bool:
        return FINALIZER in (await api.get(kind, name)).metadata.finalizers

    await until(check, f"{kind.name} {name} is held")


async def is_gone(api: Client, kind: Kind[Any], name: str) -> None:
    async def check() -> bool:
        try:
            await api.get(kind, name)
        except ApiError as error:
            return error.is_not_found
        return False

    await until(check, f"{kind.name} {name} is gone")


async def switches(chain: Chain) -> set[str]:
    client = await ovsdb.Client.connect(chain.northbound, "OVN_Northbound")
    (found,) = await client.transact([operations.select("Logical_Switch", [], ["name"])])
    await client.close()
    return {str(row["name"]) for row in found.rows}


async def a_pod(api: Client, name: str) -> None:
    meta = {"name": name, "annotations": {"ovn.kubernetes.io/logical_switch": "red"}}
    spec = {"nodeName": "n1", "containers": [{"name": "main", "image": "any"}]}
    await api.create(PODS, {"metadata": meta, "spec": spec}, namespace="default")


async def test_a_subnet_in_use_and_its_vpc_stay_until_the_last_address_is_free(
    api: tuple[Client, Chain],
) -> None:
    client, chain = api
    await client.create(VPCS, {"metadata": {"name": "tenant"}, "spec": {}})
    spec = {"cidrBlock": "10.1.0.0/24", "vpc": "tenant"}
    await client.create(SUBNETS, {"metadata": {"name": "red"}, "spec": spec})
    await is_held(client, SUBNETS, "red")
    await is_held(client, VPCS, "tenant")
    await a_pod(client, "first")
    await until(lambda: has_address(client, "first"), "the pod has an address")

    await client.delete(SUBNETS, "red")
    await client.delete(VPCS, "tenant")
    assert await condition(client, SUBNETS, "red") == "used by 1: first.default"
    assert await condition(client, VPCS, "tenant") == "used by 1: red"
    assert "red" in await switches(chain)

    await a_pod(client, "second")

    async def refused() -> bool:
        events = (await client.list(EVENTS, namespace="default")).items
        return any("'red' is being deleted" in event.message for event in events)

    await until(refused, "the second pod is told that the subnet gives no addresses")
    assert not await has_address(client, "second")

    await client.delete(PODS, "first", namespace="default", grace_seconds=0)
    await is_gone(client, SUBNETS, "red")
    await is_gone(client, VPCS, "tenant")

    async def is_clean() -> bool:
        return "red" not in await switches(chain)

    await until(is_clean, "the switch is gone")


async def test_what_was_deleted_while_no_controller_ran_goes_when_one_does(api: tuple[Client, Chain]) -> None:
    client, chain = api
    await client.create(SUBNETS, {"metadata": {"name": "red"}, "spec": {"cidrBlock": "10.1.0.0/24"}})
    await is_held(client, SUBNETS, "red")
    chain.kill("controller")
    await client.delete(SUBNETS, "red")
    assert (await client.get(SUBNETS, "red")).is_being_deleted
    chain.start_controller()
    await is_gone(client, SUBNETS, "red")


async def has_address(api: Client, pod: str) -> bool:
    return any(record.spec.pod_name == pod for record in (await api.list(IPS)).items)
