"""Networks of their own: who is in another VPC is not there, until a route and a link say otherwise."""

from __future__ import annotations

import asyncio

import pytest

from controller.api.kinds import SUBNETS, VPCS
from testbed.cluster import Cluster
from tests.system.live_pods import a_pod, a_spec, becomes, change, create, reaches, run_pods, with_cluster

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]


@pytest.mark.proves("Subnet.spec.vpc", "ovn.kubernetes.io/ip_address")
def test_two_vpcs_may_have_the_same_addresses_and_do_not_meet() -> None:
    def body(cluster: Cluster) -> None:
        for vpc in ("red", "blue"):
            asyncio.run(create(cluster, VPCS, vpc))
            asyncio.run(create(cluster, SUBNETS, f"{vpc}-net", cidrBlock="10.9.0.0/24", vpc=vpc))
        asyncio.run(
            run_pods(
                cluster,
                a_pod("red1", "node1", logical_switch="red-net", ip_address="10.9.0.5"),
                a_pod("red2", "node2", logical_switch="red-net", ip_address="10.9.0.6"),
                a_pod("blue1", "node1", logical_switch="blue-net", ip_address="10.9.0.5"),
            )
        )
        becomes("red2", "10.9.0.5", reached=True)
        assert not reaches("blue1", "10.9.0.6")

    assert with_cluster(a_spec(), body) == 0


@pytest.mark.proves("Vpc.spec.vpcPeerings", "Vpc.spec.staticRoutes", "Vpc.spec.policyRoutes")
def test_peered_vpcs_meet_by_their_routes_and_a_policy_parts_them() -> None:
    def body(cluster: Cluster) -> None:
        networks = {"red": "10.8.0.0/24", "blue": "10.9.0.0/24"}
        ends = {"red": "169.254.0.1", "blue": "169.254.0.2"}
        for vpc, other in (("red", "blue"), ("blue", "red")):
            asyncio.run(
                create(
                    cluster,
                    VPCS,
                    vpc,
                    vpcPeerings=[{"remoteVpc": other, "localConnectIP": f"{ends[vpc]}/30"}],
                    staticRoutes=[{"cidr": networks[other], "nextHopIP": ends[other], "policy": "policyDst"}],
                )
            )
            asyncio.run(create(cluster, SUBNETS, f"{vpc}-net", cidrBlock=networks[vpc], vpc=vpc))
        pods = asyncio.run(
            run_pods(
                cluster,
                a_pod("red", "node1", logical_switch="red-net"),
                a_pod("blue", "node2", logical_switch="blue-net"),
            )
        )
        blue = pods["blue"].status.pod_ip
        becomes("red", blue, reached=True)
        policy = {"priority": 100, "match": f"ip4.dst == {blue}", "action": "drop"}
        asyncio.run(change(cluster, VPCS, "red", policyRoutes=[policy]))
        becomes("red", blue, reached=False)
        asyncio.run(change(cluster, VPCS, "red", policyRoutes=[]))
        becomes("red", blue, reached=True)

    assert with_cluster(a_spec(), body) == 0
