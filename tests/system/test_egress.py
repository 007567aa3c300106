"""Packets that leave the cluster, judged by who the external host sees."""

from __future__ import annotations

import asyncio

import pytest

from controller.api.kinds import NODES, SUBNETS
from controller.kubernetes import Access, Client
from testbed.cluster import Cluster
from tests.system.live_pods import a_pod, a_spec, change, create, run_pods, with_cluster
from tests.system.outside import leaves_as, serve
from tests.waiting import until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]


def test_a_pod_leaves_by_its_own_node_and_under_its_address() -> None:
    def body(cluster: Cluster) -> None:
        serve(cluster)
        asyncio.run(run_pods(cluster, a_pod("a", "node1", "live"), a_pod("b", "node2", "live")))
        for pod, node in (("a", cluster.nodes[0]), ("b", cluster.nodes[1])):
            leaves_as(cluster, pod, node.tunnel_ip)

    assert with_cluster(a_spec(), body) == 0


@pytest.mark.proves("Subnet.spec.natOutgoing")
def test_nat_is_switched_off_while_the_pod_runs() -> None:
    def body(cluster: Cluster) -> None:
        serve(cluster)
        pods = asyncio.run(run_pods(cluster, a_pod("a", "node1", "live")))
        address = pods["a"].status.pod_ip
        leaves_as(cluster, "a", cluster.nodes[0].tunnel_ip)
        cluster.external.ip([f"route add {address}/32 via {cluster.nodes[0].tunnel_ip}"])
        asyncio.run(change(cluster, SUBNETS, "ovn-default", natOutgoing=False))
        leaves_as(cluster, "a", address)
        asyncio.run(change(cluster, SUBNETS, "ovn-default", natOutgoing=True))
        leaves_as(cluster, "a", cluster.nodes[0].tunnel_ip)

    assert with_cluster(a_spec(), body) == 0


@pytest.mark.proves("Subnet.spec.gatewayType", "Subnet.spec.gatewayNode")
def test_a_centralised_subnet_leaves_by_the_first_of_its_nodes_and_by_the_next_when_that_is_lost() -> None:
    def body(cluster: Cluster) -> None:
        serve(cluster)
        first, second, own = cluster.nodes
        asyncio.run(
            create(
                cluster,
                SUBNETS,
                "red",
                cidrBlock="10.1.0.0/24",
                gatewayType="centralized",
                gatewayNode=f"{second.name},{first.name}",
                natOutgoing=True,
            )
        )
        asyncio.run(run_pods(cluster, a_pod("red", own.name, "live", logical_switch="red")))
        leaves_as(cluster, "red", second.tunnel_ip)
        second.ip([f"link set {second.name}-eth1 down"])
        leaves_as(cluster, "red", first.tunnel_ip)
        second.ip([f"link set {second.name}-eth1 up"])
        leaves_as(cluster, "red", second.tunnel_ip)
        asyncio.run(change(cluster, SUBNETS, "red", gatewayType="distributed"))
        leaves_as(cluster, "red", own.tunnel_ip)

    assert with_cluster(a_spec(nodes=3), body) == 0


async def cordon(cluster: Cluster, node: str, unschedulable: bool) -> None:
    """What `kubectl cordon` and `kubectl uncordon` write."""
    async with Client(Access.load(cluster.kubeconfig)) as api:
        await api.patch(NODES, node, {"spec": {"unschedulable": unschedulable}})


async def is_active(cluster: Cluster, subnet: str, node: str) -> None:
    """Wait until the subnet says that it leaves by the node."""
    async with Client(Access.load(cluster.kubeconfig)) as api:

        async def says_so() -> bool:
            return (await api.get(SUBNETS, subnet)).status.activate_gateway == node

        await until(says_so, f"subnet {subnet} leaves by {node}")


def test_without_nat_a_centralised_pod_is_seen_as_itself_and_a_drained_gateway_hands_over() -> None:
    def body(cluster: Cluster) -> None:
        serve(cluster)
        first, second, own = cluster.nodes
        gateways = {"gatewayType": "centralized", "gatewayNode": f"{first.name},{second.name}"}
        asyncio.run(create(cluster, SUBNETS, "red", cidrBlock="10.1.0.0/24", natOutgoing=False, **gateways))
        pods = asyncio.run(run_pods(cluster, a_pod("red", own.name, "live", logical_switch="red")))
        address = pods["red"].status.pod_ip
        cluster.external.ip([f"route replace 10.1.0.0/24 via {first.tunnel_ip}"])
        leaves_as(cluster, "red", address)
        asyncio.run(change(cluster, SUBNETS, "red", natOutgoing=True))
        leaves_as(cluster, "red", first.tunnel_ip)
        asyncio.run(cordon(cluster, first.name, True))
        leaves_as(cluster, "red", second.tunnel_ip)
        asyncio.run(is_active(cluster, "red", second.name))
        asyncio.run(cordon(cluster, first.name, False))
        leaves_as(cluster, "red", first.tunnel_ip)
        asyncio.run(is_active(cluster, "red", first.name))

    assert with_cluster(a_spec(nodes=3), body) == 0
