"""The controller as a process, between our API server and a real Northbound database."""

import random

import pytest

from controller import ovsdb
from controller.api.core import Namespace, Node
from controller.api.kinds import EVENTS, IPS, NAMESPACES, NODES, PODS, SUBNETS
from controller.api.kubeovn import Subnet, SubnetSpec
from controller.api.meta import ObjectMeta
from controller.kubernetes import ApiError, Client
from controller.ovsdb import operations
from tests.system.chain import Chain
from tests.system.chained import a_pod, allocated, create, ports, revisions, settled
from tests.waiting import until

pytestmark = pytest.mark.system

FREED = "ovn_controller_address_freed_seconds"


async def test_the_default_network_is_there_from_the_start(
    chain: Chain, api: Client, nb: ovsdb.Client
) -> None:
    names = {subnet.name for subnet in (await api.list(SUBNETS)).items}
    assert names == {"ovn-default", "join"}
    await settled(chain)
    assert {"ovn-default-ovn-cluster", "join-ovn-cluster"} <= set(await ports(nb))


async def test_a_pod_gets_an_address_a_port_and_a_promise(
    chain: Chain, api: Client, nb: ovsdb.Client
) -> None:
    await create(api, a_pod("web"))
    pod = await allocated(api, "web")
    address = pod.annotations["ovn.kubernetes.io/ip_address"]
    mac = pod.annotations["ovn.kubernetes.io/mac_address"]
    record = await api.get(IPS, "web.default")
    assert (record.spec.ip_address, record.spec.mac_address) == (address, mac)
    assert (await ports(nb))["web.default"]["addresses"] == frozenset((f"{mac} {address}",))
    assert pod.annotations["ovn.kubernetes.io/gateway"] == "10.16.0.1"


async def test_a_pod_that_goes_frees_its_port_and_its_address(
    chain: Chain, api: Client, nb: ovsdb.Client
) -> None:
    await create(api, a_pod("web"))
    await allocated(api, "web")
    await api.delete(PODS, "web", namespace="default", grace_seconds=0)

    async def freed() -> bool:
        records = {record.name for record in (await api.list(IPS)).items}
        return "web.default" not in records and "web.default" not in await ports(nb)

    await until(freed, "port and address free")


async def test_a_failed_pod_is_cleaned_up_while_its_object_stays(
    chain: Chain, api: Client, nb: ovsdb.Client
) -> None:
    await create(api, a_pod("web"))
    await allocated(api, "web")
    await api.patch(PODS, "web", {"status": {"phase": "Failed"}}, namespace="default", subresource="status")

    async def freed() -> bool:
        records = {record.name for record in (await api.list(IPS)).items}
        return "web.default" not in records and "web.default" not in await ports(nb)

    await until(freed, "port and address free")


async def test_how_long_pods_addresses_stay_taken_after_their_end_is_a_metric(
    chain: Chain, api: Client
) -> None:
    ends = {"completed": "Succeeded", "failed": "Failed", "evicted": "Failed", "deleted": ""}
    for name in ends:
        await create(api, a_pod(name))
        await allocated(api, name)
    for name, phase in ends.items():
        if phase:
            status = {"status": {"phase": phase, "reason": "Evicted" if name == "evicted" else ""}}
            await api.patch(PODS, name, status, namespace="default", subresource="status")
        else:
            await api.delete(PODS, name, namespace="default", grace_seconds=0)

    async def counted() -> dict[str, float] | None:
        found = await chain.metrics()
        return found if found[f"{FREED}_count"] == len(ends) else None

    found = await until(counted, "the metric has each end")
    assert 0 < found[f"{FREED}_sum"] < 60
    assert found[f'{FREED}_bucket{{le="60.0"}}'] == len(ends)
    assert not (await api.list(IPS)).items


async def test_a_fixed_address_is_given(chain: Chain, api: Client, nb: ovsdb.Client) -> None:
    await create(api, a_pod("fixed", ip_address="10.16.7.7", mac_address="0a:00:00:53:6b:e6"))
    pod = await allocated(api, "fixed")
    assert pod.annotations["ovn.kubernetes.io/ip_address"] == "10.16.7.7"
    assert (await ports(nb))["fixed.default"]["addresses"] == frozenset(("0a:00:00:53:6b:e6 10.16.7.7",))


async def test_who_gets_no_address_is_told_why_and_gets_one_once_there_is_one(
    chain: Chain, api: Client
) -> None:
    tiny = SubnetSpec(cidr_block="10.9.0.0/30", namespaces=("small",))
    await api.create(NAMESPACES, Namespace(metadata=ObjectMeta(name="small")))
    await api.create(SUBNETS, Subnet(metadata=ObjectMeta(name="tiny"), spec=tiny))
    await create(api, a_pod("first", "small"))
    await allocated(api, "first", "small")
    await create(api, a_pod("second", "small"))

    async def told() -> bool:
        return any(
            event.reason == "AcquireAddressFailed" and "10.9.0.0/30" in event.message
            for event in (await api.list(EVENTS, namespace="small")).items
        )

    await until(told, "an event that tells why")
    await api.delete(PODS, "first", namespace="small", grace_seconds=0)
    await allocated(api, "second", "small")


async def test_a_subnet_serves_the_namespaces_that_it_names(chain: Chain, api: Client) -> None:
    await api.create(NAMESPACES, Namespace(metadata=ObjectMeta(name="team")))
    await api.create(
        SUBNETS,
        Subnet(
            metadata=ObjectMeta(name="blue"), spec=SubnetSpec(cidr_block="10.8.0.0/24", namespaces=("team",))
        ),
    )

    async def annotated() -> bool:
        team = await api.get(NAMESPACES, "team")
        return team.annotations.get("ovn.kubernetes.io/logical_switch") == "blue"

    await until(annotated, "the namespace says its switch")
    await create(api, a_pod("web", "team"))
    assert (await allocated(api, "web", "team")).annotations["ovn.kubernetes.io/cidr"] == "10.8.0.0/24"


async def test_a_subnet_tells_its_use(chain: Chain, api: Client) -> None:
    for number in range(5):
        await create(api, a_pod(f"p{number}"))

    async def told() -> bool:
        status = (await api.get(SUBNETS, "ovn-default")).status
        return (status.v4_using_ips, status.v4_available_ips) == (5, 65534 - 1 - 5)

    await until(told, "5 addresses in use")


async def test_a_restart_with_nothing_changed_writes_nothing(
    chain: Chain, api: Client, nb: ovsdb.Client
) -> None:
    await api.create(NODES, Node(metadata=ObjectMeta(name="node1")))
    for number in range(50):
        await create(api, a_pod(f"p{number}"))
    for number in range(50):
        await allocated(api, f"p{number}")
    await settled(chain)
    before = await revisions(api)
    chain.kill("controller")
    chain.start_controller()
    counters = await settled(chain)
    assert counters["northbound"]["transactions"] == 0
    assert counters["api"] == {"patches": 0, "deletions": 0, "events": 0, "failures": 0}
    assert await revisions(api) == before


async def test_what_happened_while_the_controller_was_away_is_put_right(
    chain: Chain, api: Client, nb: ovsdb.Client
) -> None:
    for name in ("stays", "goes", "tampered"):
        await create(api, a_pod(name))
        await allocated(api, name)
    await settled(chain)
    chain.kill("controller")
    await api.delete(PODS, "goes", namespace="default", grace_seconds=0)
    await create(api, a_pod("comes"))
    tampered = (await ports(nb))["tampered.default"]
    uuid = tampered["_uuid"]
    assert isinstance(uuid, ovsdb.UUID)
    await nb.transact([operations.update("Logical_Switch_Port", uuid, {"addresses": frozenset()})])
    chain.start_controller()
    await allocated(api, "comes")
    counters = await settled(chain)
    found = await ports(nb)
    assert "goes.default" not in found
    assert "comes.default" in found
    assert found["tampered.default"]["addresses"] == tampered["addresses"]
    northbound = counters["northbound"]
    assert (northbound["rows_inserted"], northbound["rows_updated"], northbound["rows_removed"]) == (1, 1, 1)


async def test_pods_are_served_again_after_the_api_server_was_killed(chain: Chain, api: Client) -> None:
    chain.kill("api")
    chain.start_api()
    await create(api, a_pod("after"))
    await allocated(api, "after")


async def test_pods_are_served_again_after_nb_was_killed(chain: Chain, api: Client) -> None:
    chain.kill("nb")
    await create(api, a_pod("meanwhile"))
    chain.start_northbound()
    await allocated(api, "meanwhile")


async def test_no_address_is_ever_given_twice(chain: Chain, api: Client, nb: ovsdb.Client) -> None:
    """Pods come and go in a subnet too small for them while the controller is killed again and again."""
    rng = random.Random(7)
    await api.create(NAMESPACES, Namespace(metadata=ObjectMeta(name="small")))
    spec = SubnetSpec(cidr_block="10.9.0.0/28", namespaces=("small",))
    await api.create(SUBNETS, Subnet(metadata=ObjectMeta(name="tiny"), spec=spec))
    for step in range(60):
        name = f"p{rng.randrange(20)}"
        try:
            if rng.random() < 0.6:
                await create(api, a_pod(name, "small"))
            else:
                await api.delete(PODS, name, namespace="small", grace_seconds=0)
        except ApiError as error:
            if error.status not in (404, 409):
                raise
        if step % 20 == 19:
            chain.kill("controller")
            chain.start_controller()
        seen = [row["addresses"] for name, row in (await ports(nb)).items() if name.endswith(".small")]
        assert len(set(seen)) == len(seen)
    await settled(chain)
    alive = (await api.list(PODS, namespace="small")).items
    with_address = [pod for pod in alive if pod.annotations.get("ovn.kubernetes.io/allocated")]
    assert len(with_address) == min(len(alive), 13)
    records = [record for record in (await api.list(IPS)).items if record.spec.subnet == "tiny"]
    assert {record.spec.pod_name for record in records} == {pod.name for pod in with_address}


async def test_the_next_batch_can_be_made_a_full_one(chain: Chain, api: Client) -> None:
    await create(api, a_pod("one"))
    await allocated(api, "one")
    before = await settled(chain)
    await chain.admin("POST", "full")
    await create(api, a_pod("two"))
    await allocated(api, "two")
    after = await settled(chain)
    assert after["loop"]["full_batches"] - before["loop"]["full_batches"] == 1
    await create(api, a_pod("three"))
    await allocated(api, "three")
    assert (await settled(chain))["loop"]["full_batches"] == after["loop"]["full_batches"]
