"""Addresses of whole workloads: real API server, controller, Northbound database and workloads.

Kubelets are played: a pod is up once it was promised an address, and gone as soon as it is asked to go.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller import ovsdb
from controller.api.annotations import ALLOCATED, TRUE
from controller.api.core import Pod
from controller.api.kinds import EVENTS, IPPOOLS, IPS, NAMESPACES, NODES, PODS, SUBNETS, Kind
from controller.api.names import ADDRESS_CONDITION
from controller.kubernetes import Access, ApiError, Client
from controller.ovsdb import operations
from testbed.workloads.objects import CRONJOBS, DAEMONSETS, DEPLOYMENTS, JOBS, STATEFULSETS
from tests.system.chain import Chain
from tests.system.workloads_process import WorkloadsProcess, playing_kubelets
from tests.waiting import until

pytestmark = pytest.mark.system


class Bed:
    """What the tests share: each uses a namespace and a subnet of its own."""

    def __init__(self, chain: Chain, api: Client, namespace: str) -> None:
        self.chain = chain
        self.api = api
        self.namespace = namespace

    async def has_subnet(self, cidr: str, annotations: dict[str, str] | None = None, **spec: Any) -> None:
        await self.api.create(NAMESPACES, {"metadata": {"name": self.namespace}})
        meta = {"name": self.namespace, "annotations": annotations or {}}
        spec = {"cidrBlock": cidr, "namespaces": [self.namespace]} | spec
        await self.api.create(SUBNETS, {"metadata": meta, "spec": spec})

    async def runs(self, kind: Kind[Any], name: str, annotations: dict[str, str], **spec: Any) -> None:
        """Create a workload whose pods bear the annotations, and wait until as many as it asks for are up."""
        template: dict[str, Any] = {
            "metadata": {"labels": {"app": name}, "annotations": annotations},
            "spec": {"containers": [{"name": "main", "image": "any:1"}]},
        }
        if kind in (JOBS, CRONJOBS):
            template["spec"]["restartPolicy"] = "Never"
            body: dict[str, Any] = {"template": template} | spec
            if kind is CRONJOBS:
                body = {"schedule": "* * * * *", "jobTemplate": {"spec": body}}
        else:
            body = {"selector": {"matchLabels": {"app": name}}, "template": template} | spec
        meta = {"name": name, "namespace": self.namespace}
        await self.api.create(kind, {"metadata": meta, "spec": body})

    async def pods(self) -> list[Pod]:
        return (await self.api.list(PODS, namespace=self.namespace)).items

    async def addresses(self) -> dict[str, str]:
        """What each pod was promised, by its name."""
        return {
            pod.name: pod.annotations.get("ovn.kubernetes.io/ip_address", "")
            for pod in await self.pods()
            if not pod.is_being_deleted and not pod.is_finished
        }

    async def records(self) -> dict[str, str]:
        """The addresses in IP objects, by the name of the pod."""
        found = (await self.api.list(IPS)).items
        return {
            record.spec.pod_name: record.spec.ip_address
            for record in found
            if record.spec.namespace == self.namespace
        }

    async def until_up(self, count: int) -> dict[str, str]:
        """The addresses, once exactly so many pods are up and none is going."""

        async def are_up() -> bool:
            pods = await self.pods()
            up = [pod for pod in pods if pod.is_ready and not pod.is_being_deleted]
            return len(up) == len(pods) == count

        await until(are_up, f"{count} pods up in {self.namespace}")
        return await self.addresses()

    async def scaled(self, kind: Kind[Any], name: str, replicas: int) -> dict[str, str]:
        patch = {"spec": {"replicas": replicas}}
        await self.api.patch(kind, name, patch, namespace=self.namespace)
        return await self.until_up(replicas)

    async def until_told(self, *words: str) -> None:
        """Wait for an event that says so."""

        async def check() -> bool:
            events = (await self.api.list(EVENTS, namespace=self.namespace)).items
            return any(
                event.reason == "AcquireAddressFailed" and all(word in event.message for word in words)
                for event in events
            )

        await until(check, f"an event with {words}")

    async def a_pod(self, name: str, **annotations: str) -> None:
        said = {f"ovn.kubernetes.io/{key}": value for key, value in annotations.items()}
        meta = {"name": name, "namespace": self.namespace, "annotations": said}
        spec = {"nodeName": "node1", "containers": [{"name": "main", "image": "any"}]}
        await self.api.create(PODS, {"metadata": meta, "spec": spec})


def pool(text: str) -> dict[str, str]:
    return {"ovn.kubernetes.io/ip_pool": text}


def was_promised(pod: Any) -> bool:
    return bool(pod.annotations.get(ALLOCATED) == TRUE)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    directory: Path = tmp_path_factory.mktemp("addresses")
    chain = Chain(directory)
    workloads = WorkloadsProcess(directory)
    try:
        chain.start_api("--admission", "controller.admission")
        chain.start_northbound()
        chain.start_controller()
        workloads.start()
        try:
            with playing_kubelets(chain.kubeconfig, was_promised):
                yield chain
        finally:
            workloads.kill()
    finally:
        chain.stop()


@pytest.fixture
async def bed(chain: Chain, request: pytest.FixtureRequest) -> AsyncIterator[Bed]:
    async with Client(Access.load(chain.kubeconfig)) as api:
        for name in ("node1", "node2"):
            try:
                await api.create(NODES, {"metadata": {"name": name}})
            except ApiError as error:
                if not error.is_conflict:
                    raise
        yield Bed(chain, api, request.node.name.removeprefix("test_").replace("_", "-")[:40].strip("-"))


@pytest.mark.proves("ovn.kubernetes.io/ip_pool")
async def test_a_deployment_keeps_to_its_pool_through_updates_and_re_creation(bed: Bed) -> None:
    await bed.has_subnet("10.60.0.0/24")
    allowed = {"10.60.0.15", "10.60.0.16", "10.60.0.17"}
    text = ",".join(sorted(allowed))
    await bed.runs(DEPLOYMENTS, "web", pool(text), replicas=2)
    first = await bed.until_up(2)
    assert set(first.values()) < allowed
    image = {"spec": {"template": {"metadata": {"annotations": {"version": "2"}}}}}
    await bed.api.patch(DEPLOYMENTS, "web", image, namespace=bed.namespace)

    async def replaced() -> bool:
        found = await bed.addresses()
        return len(found) == 2 and not set(found) & set(first) and all(found.values())

    await until(replaced, "pods of the new template")
    assert set((await bed.until_up(2)).values()) < allowed
    await bed.api.delete(DEPLOYMENTS, "web", namespace=bed.namespace)
    await bed.until_up(0)
    await bed.runs(DEPLOYMENTS, "web", pool(text), replicas=3)
    assert set((await bed.until_up(3)).values()) == allowed


async def test_a_daemonset_and_a_job_share_pools(bed: Bed) -> None:
    await bed.has_subnet("10.61.0.0/24")
    await bed.runs(DAEMONSETS, "agent", pool("10.61.0.20..10.61.0.21"))
    assert set((await bed.until_up(2)).values()) == {"10.61.0.20", "10.61.0.21"}
    await bed.runs(JOBS, "work", pool("10.61.0.30"), completions=3, parallelism=2)

    async def done() -> bool:
        finished = [pod for pod in await bed.pods() if pod.status.phase == "Succeeded"]
        given = {pod.annotations.get("ovn.kubernetes.io/ip_address") for pod in finished}
        return len(finished) == 3 and given == {"10.61.0.30"}

    await until(done, "three pods had the one address, one after the other")


@pytest.mark.slow
async def test_the_jobs_of_a_cron_job_share_a_pool(bed: Bed) -> None:
    await bed.has_subnet("10.62.0.0/24")
    await bed.runs(CRONJOBS, "tick", pool("10.62.0.30"))

    async def done() -> bool:
        given = [pod.annotations.get("ovn.kubernetes.io/ip_address") for pod in await bed.pods()]
        return given == ["10.62.0.30"]

    await until(done, "the minute's job has run", within_s=90)


async def test_a_set_keeps_its_addresses_while_it_is_small_and_the_controller_away(bed: Bed) -> None:
    await bed.has_subnet("10.63.0.0/29")
    await bed.runs(STATEFULSETS, "db", {}, replicas=3, podManagementPolicy="Parallel")
    before = await bed.until_up(3)
    macs = {record.name: record.spec.mac_address for record in (await bed.api.list(IPS)).items}
    await bed.scaled(STATEFULSETS, "db", 1)
    for number in range(4):
        await bed.a_pod(f"greedy-{number}")
    await bed.until_told("no free address is left in 10.63.0.0/29")
    bed.chain.kill("controller")
    await bed.api.delete(PODS, "db-0", namespace=bed.namespace)
    bed.chain.start_controller()
    patch = {"spec": {"replicas": 3}}
    await bed.api.patch(STATEFULSETS, "db", patch, namespace=bed.namespace)

    async def back() -> bool:
        found = await bed.addresses()
        return {name: found.get(name) for name in before} == before

    await until(back, "the set has its addresses again")
    after = {record.name: record.spec.mac_address for record in (await bed.api.list(IPS)).items}
    assert {name: after[f"{name}.{bed.namespace}"] for name in before} == {
        name: macs[f"{name}.{bed.namespace}"] for name in before
    }
    assert sum(bool(address) for address in (await bed.addresses()).values()) == 5
    await bed.api.delete(STATEFULSETS, "db", namespace=bed.namespace)

    async def served() -> bool:
        found = await bed.addresses()
        return len(found) == 4 and all(found.values())

    await until(served, "whoever waited has an address of the set that is gone")


async def test_the_ith_pod_of_a_set_has_the_ith_pair(bed: Bed) -> None:
    await bed.has_subnet("10.64.0.0/24,fd64::/112")
    pairs = ["10.64.0.20,fd64::20", "10.64.0.9,fd64::9", "10.64.0.30,fd64::30"]
    await bed.runs(STATEFULSETS, "db", pool(";".join(pairs)), replicas=3)
    expected = {f"db-{number}": pair for number, pair in enumerate(pairs)}
    assert await bed.until_up(3) == expected
    await bed.api.delete(PODS, "db-1", namespace=bed.namespace)

    async def again() -> bool:
        return await bed.addresses() == expected and len(await bed.pods()) == 3

    await until(again, "the new pod has the address of the old one")


@pytest.mark.parametrize("where", ["set", "subnet"])
@pytest.mark.proves("ovn.kubernetes.io/keep_ip")
async def test_an_annotation_makes_the_addresses_of_a_set_random(bed: Bed, where: str) -> None:
    number = 66 if where == "set" else 67
    keep = {"ovn.kubernetes.io/keep_ip": "false"}
    bed.namespace = f"random-by-{where}"
    await bed.has_subnet(f"10.{number}.0.0/16", keep if where == "subnet" else None)
    await bed.runs(STATEFULSETS, "db", {}, replicas=1)
    before = await bed.until_up(1)
    if where == "set":
        await bed.api.patch(STATEFULSETS, "db", {"metadata": {"annotations": keep}}, namespace=bed.namespace)
    await bed.scaled(STATEFULSETS, "db", 0)

    async def freed() -> bool:
        return not await bed.records()

    await until(freed, "the record goes with the pod")
    assert await bed.scaled(STATEFULSETS, "db", 1) != before


async def test_the_controllers_flag_makes_the_addresses_of_sets_random(bed: Bed) -> None:
    await bed.has_subnet("10.68.0.0/16")
    await bed.runs(STATEFULSETS, "db", {}, replicas=1)
    before = await bed.until_up(1)
    await bed.scaled(STATEFULSETS, "db", 0)
    assert await bed.records() == before
    bed.chain.kill("controller")
    bed.chain.start_controller("--keep-statefulset-ip=false")
    try:

        async def freed() -> bool:
            return not await bed.records()

        await until(freed, "what was kept is free")
        assert await bed.scaled(STATEFULSETS, "db", 1) != before
    finally:
        bed.chain.kill("controller")
        bed.chain.start_controller()


@pytest.mark.proves("IPPool.spec.subnet", "IPPool.spec.ips", "IPPool.spec.namespaces")
async def test_an_ippool_serves_its_namespace_and_says_how_much_is_left(bed: Bed) -> None:
    await bed.has_subnet("10.69.0.0/24")
    spec = {
        "subnet": bed.namespace,
        "ips": ["10.69.0.200", "10.69.0.210/31", "10.99.0.1"],
        "namespaces": [bed.namespace],
        "enableAddressSet": True,
    }
    await bed.api.create(IPPOOLS, {"metadata": {"name": "pool-1"}, "spec": spec})
    await bed.runs(DEPLOYMENTS, "web", {}, replicas=3)
    pods = await bed.until_up(3)
    assert set(pods.values()) == {"10.69.0.200", "10.69.0.210", "10.69.0.211"}

    async def said() -> Any:
        status = (await bed.api.get(IPPOOLS, "pool-1")).status
        conditions = {entry.type: entry.status for entry in status.conditions}
        return status if conditions == {"Ready": "True", "Exhausted": "True"} else None

    status = await until(said, "the pool says that it is used up")
    assert (status.v4_using_ips, status.v4_available_ips) == (3, 0)
    assert status.v4_using_ip_range == "10.69.0.200,10.69.0.210-10.69.0.211"
    await bed.a_pod("late", ip_pool="pool-1")
    await bed.until_told("IPPool pool-1")

    async def says(status: str) -> bool:
        late = await bed.api.get(PODS, "late", bed.namespace)
        found = {entry.type: entry.status for entry in late.status.conditions}
        return found.get(ADDRESS_CONDITION) == status

    await until(lambda: says("False"), "the pod says that it waits")
    await bed.api.patch(DEPLOYMENTS, "web", {"spec": {"replicas": 2}}, namespace=bed.namespace)
    await until(lambda: says("True"), "the pod that waited has an address and says so")
    assert (await bed.addresses())["late"] in pods.values()
    nb = await ovsdb.Client.connect(bed.chain.northbound, "OVN_Northbound")
    try:
        columns = ["name", "addresses"]
        (found,) = await nb.transact([operations.select("Address_Set", [("name", "==", "pool.1")], columns)])
    finally:
        await nb.close()
    assert found.rows[0]["addresses"] == frozenset(("10.69.0.200", "10.69.0.210/31"))


async def test_a_record_that_somebody_deletes_frees_nothing_while_its_pod_is_there(bed: Bed) -> None:
    await bed.has_subnet("10.70.0.0/29")
    for number in range(6):
        await bed.a_pod(f"p{number}")
    await bed.until_told("no free address is left")
    before = {name: address for name, address in (await bed.addresses()).items() if address}
    assert len(before) == 5
    victim, other, *_ = before

    async def restored() -> bool:
        return await bed.records() == before

    await bed.api.delete(IPS, f"{victim}.{bed.namespace}")
    await until(restored, "the record is back")
    bed.chain.kill("controller")
    await bed.api.delete(IPS, f"{other}.{bed.namespace}")
    bed.chain.start_controller()
    await until(restored, "the record is back after a restart")
    assert {name: address for name, address in (await bed.addresses()).items() if address} == before


async def test_what_cannot_be_is_refused_where_it_is_written(bed: Bed) -> None:
    await bed.has_subnet("10.71.0.0/24")
    with pytest.raises(ApiError, match=r"spec\.template\.metadata\.annotations.*10\.71\.0\.0/24"):
        await bed.runs(DEPLOYMENTS, "web", pool("10.72.0.15"), replicas=1)
    spec = {"subnet": bed.namespace, "ips": ["10.71"]}
    with pytest.raises(ApiError, match=r"spec\.ips\[0\]"):
        await bed.api.create(IPPOOLS, {"metadata": {"name": "bad"}, "spec": spec})
