"""The world beyond a cluster, played by its external host: as whom it sees pods, whom it finds behind an address."""

from __future__ import annotations

import subprocess
import sys
import time

from controller.api.addresses import version_of
from controller.api.kinds import SUBNETS, VLANS, VPCS
from testbed.cluster import Cluster
from tests.system.live_pods import change, create, enter
from tests.waiting import WITHIN_S

PORT = 8000
"""On which the external host answers."""
EXTERNAL = "172.31.0.0/16"

MIRROR = f"""
import socket
server = socket.create_server(("::", {PORT}), family=socket.AF_INET6, dualstack_ipv6=True)
print("listening", flush=True)
while True:
    connection, peer = server.accept()
    connection.sendall(peer[0].removeprefix("::ffff:").encode())
    connection.close()
"""
NAMED = """
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


def serve(cluster: Cluster) -> None:
    """The external host tells everyone who connects under which address it sees him."""
    server = cluster.external.popen([sys.executable, "-c", MIRROR], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    assert server.stdout.readline() == "listening\n"


def leaves_as(cluster: Cluster, pod: str, address: str) -> None:
    """Wait until the external host, met by the same version of IP, sees the pod under the address."""
    host = cluster.external.address6 if version_of(address) == 6 else cluster.external.address
    command = [*enter(pod), sys.executable, "-c", CLIENT, host, str(PORT)]
    deadline = time.monotonic() + WITHIN_S
    while (found := subprocess.run(command, capture_output=True, text=True).stdout.strip()) != address:
        assert time.monotonic() < deadline, f"{pod} is seen as {found!r}, not {address}"


def answers(pod: str, port: int, name: str) -> None:
    """Have a pod answer with a name to whoever connects."""
    command = [*enter(pod), sys.executable, "-c", NAMED, str(port), name]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
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
