"""IPv6 and both families together, proved by packets: inside, and out under the address of the node."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import pytest

from controller.api.kinds import SUBNETS
from testbed.cluster import Cluster
from tests.system.live_pods import a_pod, a_spec, becomes, create, enter, run_pods, with_cluster

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]

PORT = 8000
WITHIN_S = 60.0

SERVER = f"""
import socket
server = socket.create_server(("::", {PORT}), family=socket.AF_INET6, dualstack_ipv6=True)
print("listening", flush=True)
while True:
    connection, peer = server.accept()
    connection.sendall(peer[0].removeprefix("::ffff:").encode())
    connection.close()
"""
CLIENT = """
import socket, sys
print(socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2).recv(100).decode())
"""


def is_seen_as(pod: str, outside: str, address: str) -> None:
    """Wait until the host outside, met at one of its addresses, sees the pod under this one."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        done = subprocess.run(
            [*enter(pod), sys.executable, "-c", CLIENT, outside, str(PORT)], capture_output=True, text=True
        )
        if done.stdout.strip() == address:
            return
        assert time.monotonic() < deadline, done.stdout + done.stderr


@pytest.mark.proves(
    "Subnet.spec.cidrBlock",
    "Subnet.spec.natOutgoing",
    "ovn.kubernetes.io/logical_switch",
    "ovn.kubernetes.io/gateway",
    "ovn.kubernetes.io/cidr",
)
def test_pods_of_both_families_and_of_ipv6_alone_meet_and_leave_by_their_node() -> None:

    def body(cluster: Cluster) -> None:
        server = cluster.external.popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        assert server.stdout.readline() == "listening\n"
        subnets = {"both": "10.1.0.0/24,fd00:1::/64", "six": "fd00:6::/64"}
        for name, cidr in subnets.items():
            asyncio.run(create(cluster, SUBNETS, name, cidrBlock=cidr, natOutgoing=True))
        pods = asyncio.run(
            run_pods(
                cluster,
                *(a_pod(f"{net}{n}", f"node{n}", logical_switch=net) for net in subnets for n in (1, 2)),
            )
        )
        found = {name: [entry.ip for entry in pod.status.pod_ips] for name, pod in pods.items()}
        assert [len(found[name]) for name in ("both1", "six1")] == [2, 1]
        for address in found["both2"]:
            becomes("both1", address, reached=True)
        becomes("six1", found["six2"][0], reached=True)
        becomes("six1", found["both2"][1], reached=True)
        node, outside = cluster.nodes[1], cluster.external
        is_seen_as("both2", outside.address, node.tunnel_ip)
        is_seen_as("both2", outside.address6, node.underlay_ip6)
        is_seen_as("six2", outside.address6, node.underlay_ip6)

    assert with_cluster(a_spec(), body) == 0
