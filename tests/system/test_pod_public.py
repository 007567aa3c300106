"""Public addresses that pods ask for in annotations, judged from the external host."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from controller.api.annotations import EIP, SNAT
from controller.api.kinds import OVN_EIPS, PODS
from controller.kubernetes import Access, ApiError, Client
from testbed.cluster import Cluster
from tests.system.live_pods import a_pod, a_spec, create, run_pods, told, with_cluster
from tests.system.outside import answers, finds, join, leaves_as, serve
from tests.waiting import WITHIN_S

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]

OWN, SHARED = "172.31.200.21", "172.31.200.22"


async def ask(cluster: Cluster, pod: str, annotation: str, address: str | None) -> None:
    """Change what a running pod asks for."""
    async with Client(Access.load(cluster.kubeconfig)) as api:
        patch: dict[str, Any] = {"metadata": {"annotations": {annotation: address}}}
        await api.patch(PODS, pod, patch, namespace="default")


@pytest.mark.proves("ovn.kubernetes.io/eip", "ovn.kubernetes.io/snat")
def test_annotations_give_running_pods_public_addresses_and_take_them_back() -> None:
    def body(cluster: Cluster) -> None:
        serve(cluster)
        asyncio.run(run_pods(cluster, a_pod("a", "node1", eip=OWN), a_pod("b", "node2", snat=SHARED)))
        asyncio.run(told(cluster, "a", "of no external subnet that VPC ovn-cluster reaches"))
        leaves_as(cluster, "a", cluster.nodes[0].tunnel_ip)
        asyncio.run(join(cluster, "ovn-cluster"))
        answers("a", 80, "a")
        answers("b", 80, "b")
        leaves_as(cluster, "a", OWN)
        finds(cluster, OWN, 80, "a")
        leaves_as(cluster, "b", SHARED)
        with pytest.raises(ApiError) as refused:
            asyncio.run(ask(cluster, "b", EIP, OWN))
        assert f"{OWN}.public.kubeovn.io has it" in str(refused.value)
        with pytest.raises(ApiError):
            asyncio.run(create(cluster, OVN_EIPS, "one", externalSubnet="outside", v4Ip=OWN))
        asyncio.run(ask(cluster, "a", EIP, None))
        asyncio.run(ask(cluster, "a", SNAT, SHARED))
        leaves_as(cluster, "a", SHARED)
        asyncio.run(moved(cluster, "b"))
        finds(cluster, OWN, 80, "b")
        leaves_as(cluster, "b", OWN)
        leaves_as(cluster, "a", SHARED)

    assert with_cluster(a_spec(), body) == 0


async def moved(cluster: Cluster, pod: str) -> None:
    """Ask for the address that another pod had until it is free."""
    await ask(cluster, pod, SNAT, None)
    deadline = time.monotonic() + WITHIN_S
    while True:
        try:
            await ask(cluster, pod, EIP, OWN)
        except ApiError as error:
            if error.status != 422 or time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
        else:
            return
