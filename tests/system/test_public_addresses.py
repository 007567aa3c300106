"""Public addresses, judged from the external host in both directions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from controller.api.kinds import OVN_DNAT_RULES, OVN_EIPS, OVN_FIPS, OVN_SNAT_RULES, SUBNETS, VPCS
from controller.kubernetes import Access, Client
from testbed.cluster import Cluster
from tests.system.live_pods import a_pod, a_spec, change, create, run_pods, with_cluster
from tests.system.outside import answers, finds, join, leaves_as, serve
from tests.waiting import until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]

FIRST, LAST = "172.31.200.1", "172.31.200.250"


@pytest.mark.parametrize("type_", ["centralized", "distributed"])
@pytest.mark.proves(
    "OvnEip.spec.externalSubnet",
    "OvnEip.spec.v4Ip",
    "OvnFip.spec.ovnEip",
    "OvnFip.spec.ipName",
    "OvnFip.spec.type",
    "Vpc.spec.extraExternalSubnets",
    "Subnet.spec.vlan",
    "Subnet.spec.excludeIps",
    "Vlan.spec.id",
    "Vlan.spec.provider",
)
def test_a_public_address_is_bound_and_moved_while_pods_run(type_: str) -> None:
    def body(cluster: Cluster) -> None:
        serve(cluster)
        asyncio.run(join(cluster, "ovn-cluster"))
        asyncio.run(run_pods(cluster, a_pod("a", "node1"), a_pod("b", "node2")))
        for pod in ("a", "b"):
            answers(pod, 80, pod)
        asyncio.run(create(cluster, OVN_EIPS, "one", externalSubnet="outside", v4Ip="172.31.200.7"))
        asyncio.run(create(cluster, OVN_FIPS, "one", ovnEip="one", ipName="a.default", type=type_))
        finds(cluster, "172.31.200.7", 80, "a")
        leaves_as(cluster, "a", "172.31.200.7")
        leaves_as(cluster, "b", cluster.nodes[1].tunnel_ip)
        asyncio.run(change(cluster, OVN_FIPS, "one", ipName="b.default"))
        finds(cluster, "172.31.200.7", 80, "b")
        leaves_as(cluster, "b", "172.31.200.7")
        leaves_as(cluster, "a", cluster.nodes[0].tunnel_ip)

    assert with_cluster(a_spec(), body) == 0


@pytest.mark.proves(
    "OvnEip.spec.type",
    "OvnSnatRule.spec.ovnEip",
    "OvnSnatRule.spec.vpcSubnet",
    "OvnDnatRule.spec.ovnEip",
    "OvnDnatRule.spec.ipName",
    "OvnDnatRule.spec.protocol",
    "OvnDnatRule.spec.internalPort",
    "OvnDnatRule.spec.externalPort",
)
def test_a_vpc_leaves_under_a_public_address_and_is_reached_by_a_port_of_it() -> None:
    def body(cluster: Cluster) -> None:
        serve(cluster)
        asyncio.run(create(cluster, VPCS, "red"))
        asyncio.run(join(cluster, "red"))
        asyncio.run(create(cluster, SUBNETS, "red-net", cidrBlock="10.9.0.0/24", vpc="red"))
        asyncio.run(run_pods(cluster, a_pod("a", "node1", logical_switch="red-net")))
        answers("a", 80, "a")
        rules: list[tuple[Any, dict[str, Any]]] = [
            (OVN_SNAT_RULES, {"ovnEip": "out", "vpcSubnet": "red-net"}),
            (
                OVN_DNAT_RULES,
                {
                    "ovnEip": "in",
                    "ipName": "a.default",
                    "protocol": "tcp",
                    "internalPort": "80",
                    "externalPort": "8080",
                },
            ),
        ]
        for name in ("out", "in"):
            asyncio.run(create(cluster, OVN_EIPS, name, externalSubnet="outside", type="nat"))
        for kind, spec in rules:
            asyncio.run(create(cluster, kind, "rule", **spec))
        addresses = asyncio.run(given(cluster, "out", "in"))
        leaves_as(cluster, "a", addresses["out"])
        finds(cluster, addresses["in"], 8080, "a")

    assert with_cluster(a_spec(), body) == 0


async def given(cluster: Cluster, *eips: str) -> dict[str, str]:
    """The public addresses that were given out."""
    async with Client(Access.load(cluster.kubeconfig)) as api:

        async def ready() -> dict[str, str] | None:
            found = [await api.get(OVN_EIPS, name) for name in eips]
            are_ready = all(eip.status.ready for eip in found)
            return {eip.name: eip.status.v4_ip for eip in found} if are_ready else None

        return await until(ready, f"addresses are given to {', '.join(eips)}")
