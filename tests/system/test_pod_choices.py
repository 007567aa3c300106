"""What pods choose for themselves: routes, one family, and to be let off port security; judged by packets."""

from __future__ import annotations

import asyncio
import json
import subprocess

import pytest

from controller.api.kinds import SUBNETS
from testbed.cluster import Cluster
from tests.system.live_pods import (
    a_pod,
    a_spec,
    becomes,
    change,
    create,
    enter,
    reaches,
    run_pods,
    with_cluster,
)

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.usefixtures("state_root")]

FAR, FARTHER = "198.51.100.1", "203.0.113.1"


@pytest.mark.proves(
    "ovn.kubernetes.io/routes",
    "ovn.kubernetes.io/port_security",
    "ovn.kubernetes.io/ip_family",
    "Subnet.spec.allowEWTraffic",
    "Subnet.spec.enableMulticastSnoop",
)
def test_pods_have_routes_and_rights_of_their_own() -> None:
    def body(cluster: Cluster) -> None:
        drop = {"direction": "to-lport", "priority": 1002, "match": "ip4 || ip6", "action": "drop"}
        asyncio.run(
            create(
                cluster,
                SUBNETS,
                "red",
                cidrBlock="10.1.0.0/24,fd00:1::/112",
                acls=[drop],
                allowEWTraffic=False,
                enableMulticastSnoop=True,
            )
        )
        fixed = {"free": "10.16.0.50", "bound": "10.16.0.51"}
        routes = [
            {"dst": f"{FAR}/24", "gw": fixed["free"]},
            {"dst": f"{FARTHER}/32", "gw": fixed["bound"]},
        ]
        pods = asyncio.run(
            run_pods(
                cluster,
                a_pod("free", "node1", ip_address=fixed["free"], port_security="false"),
                a_pod("bound", "node1", ip_address=fixed["bound"]),
                a_pod("a", "node2", routes=json.dumps(routes)),
                a_pod("r4", "node1", logical_switch="red", ip_family="ipv4"),
                a_pod("r6", "node1", logical_switch="red", ip_family="ipv6"),
                a_pod("r", "node2", logical_switch="red"),
            )
        )
        for pod, address in (("free", FAR), ("bound", FARTHER)):
            subprocess.run([*enter(pod), "ip", "addr", "add", f"{address}/32", "dev", "lo"], check=True)
        becomes("a", FAR, reached=True)
        assert reaches("a", fixed["bound"])
        assert not reaches("a", FARTHER)

        addresses = {name: [entry.ip for entry in pods[name].status.pod_ips] for name in ("r4", "r6", "r")}
        assert [len(found) for found in addresses.values()] == [1, 1, 2]
        (four,), (six,) = addresses["r4"], addresses["r6"]
        assert (":" in four, ":" in six) == (False, True)
        assert not reaches("r", four)
        asyncio.run(change(cluster, SUBNETS, "red", allowEWTraffic=True))
        for address in (four, six):
            becomes("r", address, reached=True)

    assert with_cluster(a_spec(), body) == 0
