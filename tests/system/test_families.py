"""IPv6 and both families together, proved by packets: inside, and out under the address of the node."""

from __future__ import annotations

import asyncio

import pytest

from controller.api.kinds import SUBNETS
from testbed.cluster import Cluster
from tests.system.live_pods import a_pod, a_spec, becomes, create, run_pods, with_cluster
from tests.system.outside import leaves_as, serve

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]


@pytest.mark.proves(
    "Subnet.spec.cidrBlock",
    "Subnet.spec.natOutgoing",
    "ovn.kubernetes.io/logical_switch",
    "ovn.kubernetes.io/gateway",
    "ovn.kubernetes.io/cidr",
)
def test_pods_of_both_families_and_of_ipv6_alone_meet_and_leave_by_their_node() -> None:
    def body(cluster: Cluster) -> None:
        serve(cluster)
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
        node = cluster.nodes[1]
        leaves_as(cluster, "both2", node.tunnel_ip)
        leaves_as(cluster, "both2", node.underlay_ip6)
        leaves_as(cluster, "six2", node.underlay_ip6)

    assert with_cluster(a_spec(), body) == 0
