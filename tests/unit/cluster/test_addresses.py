"""Machines have addresses of their own on both networks, up to the largest cluster."""

from testbed.cluster.fabric import MANAGEMENT_NETWORK, UNDERLAY_NETWORK, management_address, underlay_address
from testbed.cluster.spec import MAX_NODES

NUMBERS = [1, *range(11, MAX_NODES + 11)]


def test_no_address_is_given_twice() -> None:
    assert len({management_address(number) for number in NUMBERS}) == len(NUMBERS)
    assert len({underlay_address(number) for number in NUMBERS}) == len(NUMBERS)


def test_the_networks_do_not_overlap() -> None:
    assert not MANAGEMENT_NETWORK.overlaps(UNDERLAY_NETWORK)
