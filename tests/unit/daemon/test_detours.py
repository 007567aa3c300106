"""Which gateways beyond the node lead out, and under which addresses: what subnets say, as a node reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from ipaddress import ip_address, ip_network
from typing import Any

from controller.api.kubeovn import Subnet, SubnetSpec
from controller.api.meta import ObjectMeta
from controller.daemon.detours import Detour
from controller.daemon.subnets import Subnets
from controller.kubernetes import Change, Client

RED = "10.1.0.0/24,fd00:1::/64"
BEYOND: dict[str, Any] = {
    "external_egress_gateway": "192.168.0.1,fd00:9::1",
    "policy_routing_table_id": 1000,
    "policy_routing_priority": 1500,
}


class _Told:
    """An API that tells of these subnets."""

    def __init__(self, *specs: SubnetSpec) -> None:
        self._specs = specs

    async def follow(self, kind: object) -> AsyncIterator[Change[Subnet]]:
        for number, spec in enumerate(self._specs):
            subnet = Subnet(metadata=ObjectMeta(name=f"s{number}"), spec=spec)
            yield Change("ADDED", subnet, None, 1)


async def told(cidr: str = RED, **spec: Any) -> Subnets:
    subnets = Subnets()
    client: Client = _Told(SubnetSpec(cidr_block=cidr, **spec))  # type: ignore[assignment]
    await subnets.run(client)
    return subnets


async def test_each_family_is_led_to_the_gateway_of_its_own() -> None:
    subnets = await told(**BEYOND)
    assert subnets.detours("n1", {}) == {
        Detour(ip_network("10.1.0.0/24"), ip_address("192.168.0.1"), 1000, 1500),
        Detour(ip_network("fd00:1::/64"), ip_address("fd00:9::1"), 1000, 1500),
    }


async def test_a_centralised_subnet_is_led_on_by_its_gateway_nodes_alone() -> None:
    subnets = await told(gateway_type="centralized", gateway_node="n1:192.168.0.2,n2", **BEYOND)
    assert [len(subnets.detours(node, {})) for node in ("n1", "n2", "n3")] == [2, 2, 0]


async def test_what_cannot_be_leads_nowhere() -> None:
    assert not (await told(nat_outgoing=True, **BEYOND)).detours("n1", {})
    assert not (await told(**{**BEYOND, "policy_routing_table_id": 254})).detours("n1", {})
    assert not (await told(**{**BEYOND, "policy_routing_priority": 0})).detours("n1", {})
    assert not (await told(**{**BEYOND, "external_egress_gateway": "somewhere"})).detours("n1", {})


async def test_a_network_leaves_under_the_address_that_is_named_beside_the_node() -> None:
    nodes = "n1:192.168.0.2, n1:fd00:9::2,n2:192.168.0.3,n3"
    subnets = await told(gateway_type="centralized", gateway_node=nodes, nat_outgoing=True)
    assert subnets.sources("n1") == {
        ip_network("10.1.0.0/24"): "192.168.0.2",
        ip_network("fd00:1::/64"): "fd00:9::2",
    }
    assert subnets.sources("n2") == {ip_network("10.1.0.0/24"): "192.168.0.3"}
    assert subnets.sources("n3") == {}


async def test_only_what_is_an_address_reaches_the_rules() -> None:
    hostile = await told(
        gateway_type="centralized", gateway_node="n1:192.168.0.2 } accept; #", nat_outgoing=True
    )
    assert hostile.sources("n1") == {}


async def test_a_link_is_made_only_where_one_node_at_a_time_is_the_gateway() -> None:
    one = await told(gateway_type="centralized", gateway_node="n1,n2")
    all_at_once = await told(gateway_type="centralized", gateway_node="n1,n2", enable_ecmp=True)
    assert (len(one.links_of("n1", {})), len(all_at_once.links_of("n1", {}))) == (1, 0)
