"""What a subnet says of its pods, proved by who reaches whom."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from controller.api.kinds import SUBNETS
from controller.api.kubeovn import Subnet
from controller.kubernetes import Access, Client
from testbed.cluster import Cluster
from tests.system.live_pods import a_pod, a_spec, becomes, change, create, enter, run_pods, with_cluster

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]

DHCP_CLIENT = Path(__file__).with_name("dhcp_discover.py")


async def subnet(cluster: Cluster, name: str) -> Subnet:
    async with Client(Access.load(cluster.kubeconfig)) as api:
        return await api.get(SUBNETS, name)


@pytest.mark.proves("Subnet.spec.private", "Subnet.spec.allowSubnets")
def test_a_private_subnet_is_reached_by_its_own_its_node_and_whom_it_allows() -> None:
    def body(cluster: Cluster) -> None:
        for name, cidr in (("red", "10.1.0.0/24"), ("blue", "10.2.0.0/24")):
            asyncio.run(create(cluster, SUBNETS, name, cidrBlock=cidr))
        pods = asyncio.run(
            run_pods(
                cluster,
                a_pod("red1", "node1", logical_switch="red"),
                a_pod("red2", "node2", logical_switch="red"),
                a_pod("blue", "node2", logical_switch="blue"),
                a_pod("other", "node1"),
            )
        )
        red1 = pods["red1"].status.pod_ip
        for pod in ("red2", "blue", "other"):
            becomes(pod, red1, reached=True)
        asyncio.run(change(cluster, SUBNETS, "red", private=True, allowSubnets=["10.2.0.0/24"]))
        becomes("other", red1, reached=False)
        becomes("red2", red1, reached=True)
        becomes("blue", red1, reached=True)
        assert cluster.nodes[0].run(["ping", "-c3", "-i0.2", "-W1", red1]).returncode == 0
        assert cluster.nodes[1].run(["ping", "-c3", "-i0.2", "-W1", red1]).returncode == 0
        asyncio.run(change(cluster, SUBNETS, "red", allowSubnets=[]))
        becomes("blue", red1, reached=False)
        asyncio.run(change(cluster, SUBNETS, "red", private=False))
        becomes("other", red1, reached=True)

    assert with_cluster(a_spec(), body) == 0


@pytest.mark.proves("Subnet.spec.acls")
def test_a_rule_that_a_subnet_states_is_obeyed_and_can_be_taken_back() -> None:
    def body(cluster: Cluster) -> None:
        asyncio.run(create(cluster, SUBNETS, "red", cidrBlock="10.1.0.0/24"))
        pods = asyncio.run(
            run_pods(cluster, a_pod("red", "node1", logical_switch="red"), a_pod("other", "node1"))
        )
        red, other = (pods[name].status.pod_ip for name in ("red", "other"))
        becomes("other", red, reached=True)
        rule: dict[str, Any] = {
            "direction": "to-lport",
            "priority": 1200,
            "match": f"ip4.src == {other} && icmp4",
            "action": "drop",
        }
        asyncio.run(change(cluster, SUBNETS, "red", acls=[rule]))
        becomes("other", red, reached=False)
        asyncio.run(change(cluster, SUBNETS, "red", acls=[]))
        becomes("other", red, reached=True)
        (supported,) = (
            condition
            for condition in asyncio.run(subnet(cluster, "red")).status.conditions
            if condition.type == "Supported"
        )
        assert supported.status == "True"

    assert with_cluster(a_spec(nodes=1), body) == 0


@pytest.mark.proves("Subnet.spec.mtu", "ovn.kubernetes.io/mtu")
def test_pods_get_the_mtu_of_their_subnet() -> None:
    def body(cluster: Cluster) -> None:
        asyncio.run(create(cluster, SUBNETS, "red", cidrBlock="10.1.0.0/24", mtu=1300))
        asyncio.run(run_pods(cluster, a_pod("red", "node1", logical_switch="red")))
        link = subprocess.run([*enter("red"), "ip", "link", "show", "eth0"], capture_output=True, text=True)
        assert "mtu 1300" in link.stdout

    assert with_cluster(a_spec(nodes=1), body) == 0


@pytest.mark.proves("Subnet.spec.enableDHCP", "Subnet.spec.dhcpV4Options")
def test_a_pod_that_asks_by_dhcp_is_offered_its_own_address_and_what_its_subnet_says() -> None:
    def body(cluster: Cluster) -> None:
        asyncio.run(
            create(
                cluster,
                SUBNETS,
                "red",
                cidrBlock="10.1.0.0/24",
                enableDHCP=True,
                dhcpV4Options="lease_time=7200,dns_server=10.96.0.10",
            )
        )
        pods = asyncio.run(run_pods(cluster, a_pod("red", "node1", logical_switch="red")))
        done = subprocess.run(
            [*enter("red"), sys.executable, str(DHCP_CLIENT), "eth0"], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {
            "address": pods["red"].status.pod_ip,
            "router": "10.1.0.1",
            "lease_s": 7200,
            "dns": "10.96.0.10",
        }

    assert with_cluster(a_spec(nodes=1), body) == 0
