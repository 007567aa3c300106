"""Addresses that pods keep, judged by packets: who comes after somebody is reached where that one was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest

from controller.api.core import Pod
from controller.api.kinds import PODS, SUBNETS
from controller.kubernetes import Access, Client
from testbed.cluster import Cluster
from testbed.workloads.objects import DEPLOYMENTS, STATEFULSETS
from tests.system.live_pods import a_pod, a_spec, assert_ping, becomes, create, run_pods, with_cluster
from tests.waiting import until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]

PAIRS = (("10.30.0.50", "fd30::50"), ("10.30.0.60", "fd30::60"))


def a_workload(name: str, pool: str, **spec: Any) -> dict[str, Any]:
    said = {
        "testbed/kind": "live",
        "ovn.kubernetes.io/logical_switch": "dual",
        "ovn.kubernetes.io/ip_pool": pool,
    }
    template = {
        "metadata": {"labels": {"app": name}, "annotations": said},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [{"name": "main", "image": "none"}]},
    }
    body = {"selector": {"matchLabels": {"app": name}}, "template": template} | spec
    return {"metadata": {"name": name, "namespace": "default"}, "spec": body}


async def pods_until(cluster: Cluster, is_so: Callable[[dict[str, Pod]], bool]) -> dict[str, Pod]:
    async with Client(Access.load(cluster.kubeconfig)) as api:

        async def check() -> dict[str, Pod] | None:
            found = {pod.name: pod for pod in (await api.list(PODS)).items}
            return found if is_so(found) else None

        return await until(check, "the pods are as they should be")


def test_who_comes_after_a_pod_is_reached_at_its_address() -> None:
    """A set keeps addresses by name though a pod comes again, a Deployment keeps to its pool though it is updated."""

    async def start(cluster: Cluster) -> None:
        await create(cluster, SUBNETS, "dual", cidrBlock="10.30.0.0/24,fd30::/112")
        async with Client(Access.load(cluster.kubeconfig)) as api:
            await api.create(STATEFULSETS, a_workload("db", ";".join(map(",".join, PAIRS)), replicas=2))
            await api.create(DEPLOYMENTS, a_workload("web", "10.30.0.70..10.30.0.71", replicas=1))
        await run_pods(cluster, a_pod("asker", "node2", logical_switch="dual"))

    async def replace(cluster: Cluster) -> dict[str, tuple[str, ...]]:
        before = await pods_until(cluster, all_ready(4))
        async with Client(Access.load(cluster.kubeconfig)) as api:
            await api.delete(PODS, "db-0", namespace="default")
            patch = {"spec": {"template": {"metadata": {"annotations": {"version": "2"}}}}}
            await api.patch(DEPLOYMENTS, "web", patch, namespace="default")
        uids = {pod.metadata.uid for name, pod in before.items() if name.startswith(("db-0", "web"))}
        after = await pods_until(
            cluster,
            lambda found: all_ready(4)(found) and not uids & {pod.metadata.uid for pod in found.values()},
        )
        return {name: tuple(entry.ip for entry in pod.status.pod_ips) for name, pod in after.items()}

    def body(cluster: Cluster) -> None:
        asyncio.run(start(cluster))
        for address in chain.from_iterable(PAIRS):
            becomes("asker", address, reached=True)
        addresses = asyncio.run(replace(cluster))
        assert (addresses["db-0"], addresses["db-1"]) == PAIRS
        (web,) = (found for name, found in addresses.items() if name.startswith("web"))
        assert web[0] in ("10.30.0.70", "10.30.0.71")
        for address in (*chain.from_iterable(PAIRS), *web):
            becomes("asker", address, reached=True)
        for address in addresses["asker"]:
            assert_ping("db-0", address)

    assert with_cluster(a_spec(), body) == 0


def all_ready(count: int) -> Callable[[dict[str, Pod]], bool]:
    return lambda found: (
        len(found) == count and all(pod.is_ready and not pod.is_being_deleted for pod in found.values())
    )
