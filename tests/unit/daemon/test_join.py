"""A node reaches every other network of the default VPC by the gateway of its port in the join network."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network

from controller.api.kubeovn import Subnet, SubnetSpec
from controller.api.meta import ObjectMeta
from controller.daemon.join import join_device
from controller.daemon.promise import Promise
from controller.daemon.subnets import Subnets
from controller.daemon.veth import pod_device
from controller.kubernetes import Change, Client

PROMISE = Promise(
    (ip_interface("100.64.0.2/16"), ip_interface("fd00:100::2/112")),
    (ip_address("100.64.0.1"), ip_address("fd00:100::1")),
    "00:00:00:00:00:01",
    1400,
)


def test_other_networks_are_routed_and_its_own_is_not() -> None:
    networks = frozenset(map(ip_network, ("100.64.0.0/16", "10.16.0.0/16", "fd00:10::/112")))
    assert join_device(PROMISE, networks).routes == {
        (ip_network("10.16.0.0/16"), ip_address("100.64.0.1")),
        (ip_network("fd00:10::/112"), ip_address("fd00:100::1")),
    }


def test_a_pod_has_one_default_route_for_each_version_of_ip() -> None:
    assert pod_device(PROMISE).routes == {
        (ip_network("0.0.0.0/0"), ip_address("100.64.0.1")),
        (ip_network("::/0"), ip_address("fd00:100::1")),
    }


class _Told:
    """An API that tells of these subnets."""

    def __init__(self, *changes: tuple[str, str, str, str]) -> None:
        self._changes = changes

    async def follow(self, _kind: object):  # type: ignore[no-untyped-def]
        for change, name, cidr, vpc in self._changes:
            subnet = Subnet(metadata=ObjectMeta(name=name), spec=SubnetSpec(cidr_block=cidr, vpc=vpc))
            yield Change(change, subnet, None, 1)  # type: ignore[arg-type]


async def told(*changes: tuple[str, str, str, str]) -> tuple[set[str], int]:
    subnets, calls = Subnets(), []
    subnets.subscribe(lambda: calls.append(1))
    client: Client = _Told(*changes)  # type: ignore[assignment]
    await subnets.run(client)
    return {str(network) for network in subnets.networks}, len(calls)


async def test_networks_are_those_of_the_default_vpc() -> None:
    networks, _ = await told(
        ("ADDED", "a", "10.1.0.0/16,fd00:1::/112", ""),
        ("ADDED", "b", "10.2.0.0/16", "ovn-cluster"),
        ("ADDED", "c", "10.3.0.0/16", "tenant"),
        ("ADDED", "d", "10.4.0.0/16", ""),
        ("DELETED", "d", "10.4.0.0/16", ""),
    )
    assert networks == {"10.1.0.0/16", "fd00:1::/112", "10.2.0.0/16"}


async def test_only_a_change_of_networks_is_told() -> None:
    _, calls = await told(("ADDED", "a", "10.1.0.0/16", ""), ("MODIFIED", "a", "10.1.0.0/16", ""))
    assert calls == 1
