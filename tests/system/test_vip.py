"""Virtual addresses of live pods: who may use one, who has it, and how it is reached from beyond the cluster."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from controller.api.kinds import OVN_DNAT_RULES, OVN_EIPS, OVN_FIPS, VIPS
from controller.kubernetes import Access, Client
from testbed.cluster import Cluster
from tests.system.live_pods import (
    a_pod,
    a_spec,
    becomes,
    create,
    enter,
    reaches,
    run_pods,
    told,
    with_cluster,
)
from tests.system.outside import answers, finds, join
from tests.waiting import until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]

SHARED = "10.16.0.200"

ANNOUNCE = """
import socket, sys
address = socket.inet_aton(sys.argv[1])
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("eth0", 0))
mac = link.getsockname()[4]
arp = b"\\0\\x01\\x08\\0\\x06\\x04\\0\\x02" + mac + address + mac + address
link.send(b"\\xff" * 6 + mac + b"\\x08\\x06" + arp)
"""
"""A gratuitous ARP: what keepalived sends when an address comes to it (RFC 5227, 1.1)."""


def take(pod: str) -> None:
    """The pod has the shared address from now on, and says so."""
    subprocess.run([*enter(pod), "ip", "addr", "add", f"{SHARED}/32", "dev", "eth0"], check=True)
    subprocess.run([*enter(pod), sys.executable, "-c", ANNOUNCE, SHARED], check=True)


def give_up(pod: str) -> None:
    subprocess.run([*enter(pod), "ip", "addr", "del", f"{SHARED}/32", "dev", "eth0"], check=True)


def speaks_as(pod: str, source: str, address: str) -> bool:
    """Whether one echo request of the pod from this source is answered."""
    done = subprocess.run(
        [*enter(pod), "ping", "-c1", "-W1", "-I", source, address], capture_output=True, text=True
    )
    return done.returncode == 0


async def ready(cluster: Cluster, name: str) -> str:
    """The address that was set aside."""
    async with Client(Access.load(cluster.kubeconfig)) as api:

        async def address() -> str | None:
            found = (await api.get(VIPS, name)).status
            return found.v4ip if found.ready else None

        return await until(address, f"Vip {name} is ready")


def a_member(name: str, node: str) -> dict[str, object]:
    pod = a_pod(name, node, aaps="shared")
    pod["metadata"]["labels"] = {"app": "web"}
    return pod


@pytest.mark.proves(
    "ovn.kubernetes.io/aaps",
    "Vip.spec.subnet",
    "Vip.spec.v4ip",
    "Vip.spec.namespace",
    "Vip.spec.selector",
    "OvnFip.spec.ipType",
    "OvnDnatRule.spec.ipType",
)
def test_an_address_moves_between_the_pods_that_may_use_it_and_is_nobody_elses() -> None:
    def body(cluster: Cluster) -> None:
        spec = {"subnet": "ovn-default", "v4ip": SHARED, "namespace": "default", "selector": ["app: web"]}
        asyncio.run(create(cluster, VIPS, "shared", **spec))
        assert asyncio.run(ready(cluster, "shared")) == SHARED
        asyncio.run(join(cluster, "ovn-cluster"))
        pods = asyncio.run(
            run_pods(
                cluster,
                a_member("a", "node1"),
                a_member("b", "node2"),
                a_pod("c", "node2"),
                a_pod("d", "node1", aaps="shared"),
            )
        )
        for name, eip in (("both-ways", "172.31.200.7"), ("a-port", "172.31.200.8")):
            asyncio.run(create(cluster, OVN_EIPS, name, externalSubnet="outside", v4Ip=eip))
        inner = {"ipType": "vip", "ipName": "shared"}
        asyncio.run(create(cluster, OVN_FIPS, "f", ovnEip="both-ways", **inner))
        ports = {"protocol": "tcp", "externalPort": "8080", "internalPort": "80"}
        asyncio.run(create(cluster, OVN_DNAT_RULES, "d", ovnEip="a-port", **inner, **ports))
        assert "is for pods with the labels app: web" in asyncio.run(told(cluster, "d", "VipNotUsable"))
        for pod in ("a", "b"):
            answers(pod, 80, pod)

        take("a")
        becomes("c", SHARED, reached=True)
        finds(cluster, "172.31.200.7", 80, "a")
        finds(cluster, "172.31.200.8", 8080, "a")
        give_up("a")
        take("b")
        finds(cluster, "172.31.200.7", 80, "b")
        finds(cluster, "172.31.200.8", 8080, "b")
        becomes("a", SHARED, reached=True)

        give_up("b")
        take("c")
        assert reaches("c", str(pods["a"].status.pod_ip))
        assert not speaks_as("c", SHARED, str(pods["a"].status.pod_ip))

    assert with_cluster(a_spec(), body) == 0
