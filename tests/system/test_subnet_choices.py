"""Whom a subnet serves and by whom its pods leave, chosen by labels and rules, proved by packets."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from controller.api.kind import Kind
from controller.api.kinds import NAMESPACES, NODES, SUBNETS
from controller.kubernetes import Access, Client
from testbed.cluster import Cluster
from tests.system.live_pods import a_pod, a_spec, becomes, change, create, enter, run_pods, told, with_cluster
from tests.system.outside import leaves_as, serve
from tests.waiting import until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]

SOLICITS = Path(__file__).with_name("router_solicit.py")


async def label(cluster: Cluster, kind: Kind[Any], name: str, **labels: str | None) -> None:
    async with Client(Access.load(cluster.kubeconfig)) as api:
        await api.patch(kind, name, {"metadata": {"labels": labels}})


@pytest.mark.proves(
    "Subnet.spec.namespaceSelectors", "Subnet.spec.gatewayNodeSelectors", "Subnet.spec.natOutgoingPolicyRules"
)
def test_labels_choose_the_namespaces_that_a_subnet_serves_and_the_nodes_by_which_it_leaves() -> None:
    def body(cluster: Cluster) -> None:
        serve(cluster)
        first, second = cluster.nodes
        team = [{"matchLabels": {"team": "blue"}}]
        spec: dict[str, Any] = {"natOutgoing": True, "namespaceSelectors": team, "gatewayNodeSelectors": team}
        asyncio.run(create(cluster, SUBNETS, "blue", cidrBlock="10.1.0.0/24", **spec))
        asyncio.run(label(cluster, NAMESPACES, "default", team="blue"))
        asyncio.run(serves(cluster, "default", "blue"))
        address = asyncio.run(run_pods(cluster, a_pod("a", first.name)))["a"].status.pod_ip
        assert address.startswith("10.1.0.")
        leaves_as(cluster, "a", first.tunnel_ip)

        cluster.external.ip([f"route add {address}/32 via {first.tunnel_ip}"])
        rules = [
            {"action": "forward", "match": {"srcIPs": address, "dstIPs": cluster.external.address}},
            {"action": "nat", "match": {"srcIPs": "10.1.0.0/24"}},
        ]
        asyncio.run(change(cluster, SUBNETS, "blue", natOutgoingPolicyRules=rules))
        leaves_as(cluster, "a", address)
        rules[0]["match"] = {"srcIPs": address, "dstIPs": "192.0.2.1"}
        asyncio.run(change(cluster, SUBNETS, "blue", natOutgoingPolicyRules=rules))
        leaves_as(cluster, "a", first.tunnel_ip)

        asyncio.run(change(cluster, SUBNETS, "blue", gatewayType="centralized"))
        asyncio.run(label(cluster, NODES, second.name, team="blue"))
        leaves_as(cluster, "a", second.tunnel_ip)
        asyncio.run(label(cluster, NODES, first.name, team="blue"))
        asyncio.run(label(cluster, NODES, second.name, team=None))
        leaves_as(cluster, "a", first.tunnel_ip)

    assert with_cluster(a_spec(), body) == 0


async def serves(cluster: Cluster, namespace: str, subnet: str) -> None:
    """Wait until the namespace says that the subnet serves it."""
    async with Client(Access.load(cluster.kubeconfig)) as api:

        async def says_so() -> bool:
            said = (await api.get(NAMESPACES, namespace)).annotations
            return said.get("ovn.kubernetes.io/logical_switch") == subnet

        await until(says_so, f"namespace {namespace} is served by {subnet}")


@pytest.mark.proves("Subnet.spec.enableIPv6RA", "Subnet.spec.ipv6RAConfigs", "Subnet.spec.gateway")
def test_a_router_announces_itself_and_moves_and_pods_are_told_what_they_cannot_follow() -> None:
    def body(cluster: Cluster) -> None:
        spec: dict[str, Any] = {"enableIPv6RA": True, "ipv6RAConfigs": "address_mode=slaac,mtu=1380"}
        asyncio.run(create(cluster, SUBNETS, "blue", cidrBlock="10.1.0.0/24,fd00:1::/64", **spec))
        asyncio.run(run_pods(cluster, a_pod("a", "node1", logical_switch="blue")))
        done = subprocess.run(
            [*enter("a"), sys.executable, str(SOLICITS), "eth0"], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"managed": False, "mtu": 1380, "prefix": "fd00:1::/64"}

        becomes("a", "10.1.0.1", reached=True)
        asyncio.run(change(cluster, SUBNETS, "blue", gateway="10.1.0.254,fd00:1::fe"))
        becomes("a", "10.1.0.254", reached=True)
        becomes("a", "10.1.0.1", reached=False)
        assert "gateway of the subnet is 10.1.0.254,fd00:1::fe now" in asyncio.run(
            told(cluster, "a", "SubnetChanged")
        )

    assert with_cluster(a_spec(nodes=1), body) == 0
