"""Which addresses an IPPool is of."""

import pytest

from controller.api.addresses import Address, InvalidAddress, parse_network, parse_range
from controller.api.kubeovn import Subnet, SubnetSpec
from controller.api.meta import ObjectMeta
from controller.api.pools import common, effective, parse_entry, serving
from controller.api.reservations import IPPool, IPPoolSpec


def a_pool(name: str, *ips: str, subnet: str = "s") -> IPPool:
    return IPPool(metadata=ObjectMeta(name=name), spec=IPPoolSpec(subnet=subnet, ips=ips))


SUBNET = Subnet(metadata=ObjectMeta(name="s"), spec=SubnetSpec(cidr_block="10.16.0.0/16,fd00::/112"))


@pytest.mark.parametrize(
    ("text", "range"),
    [
        ("10.16.0.201", "10.16.0.201"),
        ("10.16.0.220..10.16.0.230", "10.16.0.220..10.16.0.230"),
        ("10.16.0.208/30", "10.16.0.208..10.16.0.211"),
        ("10.16.0.210/30", "10.16.0.208..10.16.0.211"),
        ("fd00::/126", "fd00::..fd00::3"),
    ],
)
def test_an_entry_is_an_address_a_range_or_the_network_around_an_address(text: str, range: str) -> None:
    assert parse_entry(text) == parse_range(range)


@pytest.mark.parametrize("text", ["10.16", "10.16.0.1/33", "10.16.0.1/", "10.16.0.1/-1", "pool", "a/8", ""])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddress):
        parse_entry(text)


def test_what_counts_is_in_both_the_pool_and_the_subnet_and_merged() -> None:
    networks = (parse_network("10.16.0.0/24"), parse_network("fd00::/112"))
    pool = a_pool("p", "10.16.0.4", "10.16.0.5..10.16.0.9", "10.16.0.8..10.17.0.0", "fd00::1", "192.168.0.1")
    assert effective(pool, networks) == [parse_range("10.16.0.4..10.16.0.255"), parse_range("fd00::1")]


def test_the_first_address_that_two_have_in_common_is_named() -> None:
    some, others = [parse_range("10.0.0.1..10.0.0.9")], [parse_range("10.0.0.7"), parse_range("fd00::1")]
    assert common(some, others) == Address(4, (10 << 24) + 7)
    assert common(some, others[1:]) is None


def test_of_two_pools_that_share_an_address_the_first_by_name_serves() -> None:
    pools = [a_pool("b", "10.16.0.1..10.16.0.9"), a_pool("a", "10.16.0.9"), a_pool("c", "10.16.1.0/24")]
    assert list(serving(SUBNET, [*pools, a_pool("d", "10.16.2.1", subnet="other")])) == ["a", "c"]
