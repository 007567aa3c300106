"""Public addresses, judged from the external host in both directions."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from typing import Any

import pytest

from controller.api.kinds import OVN_DNAT_RULES, OVN_EIPS, OVN_FIPS, OVN_SNAT_RULES, SUBNETS, VLANS, VPCS
from controller.kubernetes import Access, Client
from testbed.cluster import Cluster
from tests.system.live_pods import a_pod, a_spec, change, create, enter, run_pods, with_cluster
from tests.system.test_egress import becomes, serve

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]

WITHIN_S = 30.0
EXTERNAL = "172.31.0.0/16"
FIRST, LAST = "172.31.200.1", "172.31.200.250"

SERVER = """
import socket, sys
server = socket.create_server(("0.0.0.0", int(sys.argv[1])))
print("listening", flush=True)
while True:
    connection, _ = server.accept()
    connection.sendall(sys.argv[2].encode())
    connection.close()
"""
CLIENT = """
import socket, sys
print(socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2).recv(100).decode())
"""


async def join(cluster: Cluster, *vpcs: str) -> None:
    """An external subnet on the underlay, out of the machines' way, and VPCs that reach it."""
    await create(cluster, VLANS, "vlan0", id=0, provider="external")
    await create(
        cluster,
        SUBNETS,
        "outside",
        cidrBlock=EXTERNAL,
        gateway=cluster.external.address,
        vlan="vlan0",
        excludeIps=["172.31.0.1..172.31.199.255", "172.31.201.0..172.31.255.254"],
    )
    for vpc in vpcs:
        await change(cluster, VPCS, vpc, extraExternalSubnets=["outside"])


def answers(cluster: Cluster, pod: str, port: int, name: str) -> None:
    """Have a pod answer with a name to whoever connects."""
    server = subprocess.Popen(
        [*enter(pod), sys.executable, "-c", SERVER, str(port), name], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "listening\n"


def finds(cluster: Cluster, address: str, port: int, name: str) -> None:
    """Wait until the external host finds the pod of that name at an address."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        done = cluster.external.run([sys.executable, "-c", CLIENT, address, str(port)])
        if done.stdout.strip() == name:
            return
        assert time.monotonic() < deadline, done.stdout + done.stderr


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
            answers(cluster, pod, 80, pod)
        asyncio.run(create(cluster, OVN_EIPS, "one", externalSubnet="outside", v4Ip="172.31.200.7"))
        asyncio.run(create(cluster, OVN_FIPS, "one", ovnEip="one", ipName="a.default", type=type_))
        finds(cluster, "172.31.200.7", 80, "a")
        becomes(cluster, "a", "172.31.200.7")
        becomes(cluster, "b", cluster.nodes[1].tunnel_ip)
        asyncio.run(change(cluster, OVN_FIPS, "one", ipName="b.default"))
        finds(cluster, "172.31.200.7", 80, "b")
        becomes(cluster, "b", "172.31.200.7")
        becomes(cluster, "a", cluster.nodes[0].tunnel_ip)

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
        answers(cluster, "a", 80, "a")
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
        becomes(cluster, "a", addresses["out"])
        finds(cluster, addresses["in"], 8080, "a")

    assert with_cluster(a_spec(), body) == 0


async def given(cluster: Cluster, *eips: str) -> dict[str, str]:
    """The public addresses that were given out."""
    found: dict[str, str] = {}
    deadline = time.monotonic() + WITHIN_S
    async with Client(Access.load(cluster.kubeconfig)) as api:
        while len(found) < len(eips):
            assert time.monotonic() < deadline, found
            for name in eips:
                eip = await api.get(OVN_EIPS, name)
                if eip.status.ready:
                    found[name] = eip.status.v4_ip
            await asyncio.sleep(0.05)
    return found
