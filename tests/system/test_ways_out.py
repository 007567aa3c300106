"""The further ways out of the cluster that a subnet may choose, judged by who the host beyond sees."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from controller.api.kinds import SUBNETS
from testbed.cluster import Cluster
from testbed.cluster.node import TUNNEL_DEVICE
from tests.system.live_pods import a_pod, a_spec, change, create, enter, run_pods, with_cluster
from tests.system.outside import CLIENT, PORT, leaves_as, serve
from tests.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.usefixtures("state_root")]

FAR = "198.51.100.1"
"""An address that no node has a route to (RFC 5737)."""


def seen_as(pod: str, address: str) -> str:
    """Under which address the host beyond sees a pod that asks it at this address of its; empty if it does not."""
    command = [*enter(pod), sys.executable, "-c", CLIENT, address, str(PORT)]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


NAMED = {"node1": "172.31.210.1", "node2": "172.31.210.2"}


@pytest.mark.proves(
    "Subnet.spec.gatewayNode",
    "Subnet.spec.enableEcmp",
    "Subnet.spec.externalEgressGateway",
    "Subnet.spec.policyRoutingTableID",
    "Subnet.spec.policyRoutingPriority",
)
def test_a_subnet_leaves_under_named_addresses_by_all_its_nodes_or_by_a_gateway_beyond() -> None:
    def body(cluster: Cluster) -> None:
        serve(cluster)
        for node in cluster.nodes[:2]:
            node.ip([f"addr add {NAMED[node.name]}/16 dev {TUNNEL_DEVICE}"])
        asyncio.run(
            create(
                cluster,
                SUBNETS,
                "red",
                cidrBlock="10.1.0.0/24",
                gatewayType="centralized",
                gatewayNode=f"node1:{NAMED['node1']}, node2:{NAMED['node2']}",
                natOutgoing=True,
            )
        )
        pods = asyncio.run(run_pods(cluster, a_pod("red", "node3", logical_switch="red")))
        leaves_as(cluster, "red", NAMED["node1"])

        asyncio.run(change(cluster, SUBNETS, "red", enableEcmp=True))
        seen: set[str] = set()

        def both() -> bool:
            seen.add(seen_as("red", cluster.external.address))
            return set(NAMED.values()) <= seen

        wait_until(both, "it leaves by both nodes")

        address = str(pods["red"].status.pod_ip)
        cluster.external.ip([f"addr add {FAR}/32 dev lo", f"route add {address}/32 via {NAMED['node2']}"])
        beyond = {
            "externalEgressGateway": cluster.external.address,
            "policyRoutingTableID": 1000,
            "policyRoutingPriority": 1500,
        }
        asyncio.run(
            change(
                cluster,
                SUBNETS,
                "red",
                enableEcmp=False,
                gatewayNode="node2",
                natOutgoing=False,
            )
        )
        leaves_as(cluster, "red", address)
        assert seen_as("red", FAR) == ""
        asyncio.run(change(cluster, SUBNETS, "red", **beyond))
        wait_until(lambda: seen_as("red", FAR) == address, "it leaves by the gateway beyond its node")
        asyncio.run(change(cluster, SUBNETS, "red", externalEgressGateway=None))
        wait_until(lambda: seen_as("red", FAR) == "", "the gateway beyond is not used any more")

    assert with_cluster(a_spec(nodes=3), body) == 0
