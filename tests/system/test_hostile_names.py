"""The oddest names that Kubernetes allows, on real OVN: every pod gets its port, and no daemon finds a fault."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from controller.api import kinds
from controller.api.core import Pod
from controller.kubernetes import Access, ApiError, Client
from testbed.cluster import Cluster
from tests.system.live_pods import a_pod, a_spec, with_cluster
from tests.waiting import until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]

NAMESPACE, SUBNET, VPC = "0" + "-" * 61 + "x", "0x1--drop", "ip4"
PODS = ("0.1.2.3", "ip4.src.drop", "a--b.0x1", "node-node1", ".".join("x" * 63 for _ in range(2)), "true")
FAULTS = ("error parsing", "parsing expression", "Syntax error", "invalid", "Invalid")


async def start(cluster: Cluster) -> dict[str, Pod]:
    """The pods, once all of them run; the hostile match has been refused before."""
    async with Client(Access.load(cluster.kubeconfig)) as api:
        await api.create(kinds.NAMESPACES, {"metadata": {"name": NAMESPACE}})
        await api.create(kinds.VPCS, {"metadata": {"name": VPC}})
        rule = {"direction": "to-lport", "priority": 5, "action": "drop"}
        spec: dict[str, Any] = {
            "cidrBlock": "10.77.0.0/24,fd00:77::/64",
            "namespaces": [NAMESPACE],
            "private": True,
            "gatewayType": "centralized",
            "gatewayNode": "node1",
            "enableDHCP": True,
            "dhcpV4Options": "dns_server={10.96.0.10;10.96.0.11},domain_name=a.b",
            "acls": [{**rule, "match": f'inport == "{PODS[0]}.{NAMESPACE}"'}],
        }
        hostile = {**spec, "acls": [{**rule, "match": "ip4) || (1"}]}
        with pytest.raises(ApiError, match=r"spec\.acls\[0\]\.match: found .*, allowed an expression of OVN"):
            await api.create(kinds.SUBNETS, {"metadata": {"name": SUBNET}, "spec": hostile})
        await api.create(kinds.SUBNETS, {"metadata": {"name": SUBNET}, "spec": spec})
        of_vpc = {"cidrBlock": "10.78.0.0/24", "vpc": VPC}
        await api.create(kinds.SUBNETS, {"metadata": {"name": "node"}, "spec": of_vpc})
        for name in PODS:
            pod = a_pod(name, "node1")
            pod["metadata"]["namespace"] = NAMESPACE
            await api.create(kinds.PODS, pod, namespace=NAMESPACE)

        async def running() -> dict[str, Pod] | None:
            found = {pod.name: pod for pod in (await api.list(kinds.PODS, namespace=NAMESPACE)).items}
            return found if all(pod.status.phase == "Running" for pod in found.values()) else None

        return await until(running, "all pods run")


def faults(directory: Path) -> list[str]:
    """What OVN's daemons found fault with."""
    return [
        line
        for log in directory.rglob("*.log")
        if "ovn" in log.name or "northd" in log.name
        for line in log.read_text(errors="replace").splitlines()
        if "|WARN|" in line and any(fault in line for fault in FAULTS)
    ]


def test_pods_of_the_oddest_names_are_reached_and_ovn_finds_no_fault() -> None:
    def body(cluster: Cluster) -> None:
        pods = asyncio.run(start(cluster))
        assert set(pods) == set(PODS)
        for pod in pods.values():
            done = cluster.nodes[0].run(["ping", "-c3", "-i0.2", "-W2", pod.status.pod_ip])
            is_silenced = pod.name == PODS[0]
            assert (done.returncode != 0) is is_silenced, (pod.name, done.stdout)
        assert faults(cluster.directory) == []

    assert with_cluster(a_spec(nodes=1), body) == 0
