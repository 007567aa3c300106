"""What a subnet leaves unsaid, as Kube-OVN writes it into the object."""

from typing import Any

import pytest

from controller.api.completion import complete, completed, without_outdated
from controller.api.kubeovn import SubnetSpec


def a_spec(cidr: str = "10.1.0.0/24", **more: Any) -> SubnetSpec:
    return SubnetSpec(cidr_block=cidr, **more)


def test_protocol_gateway_and_what_is_kept_out_follow_from_the_range() -> None:
    assert completed(a_spec()) == {
        "protocol": "IPv4",
        "gateway": "10.1.0.1",
        "excludeIps": ["10.1.0.1"],
    }


def test_a_dual_stack_subnet_has_a_gateway_in_each_network() -> None:
    assert completed(a_spec("10.1.0.0/24,fd00:1::/112", gateway="10.1.0.9")) == {
        "protocol": "Dual",
        "gateway": "10.1.0.9,fd00:1::1",
        "excludeIps": ["10.1.0.9", "fd00:1::1"],
    }


def test_what_says_all_is_left_alone() -> None:
    spec = a_spec(
        "10.1.0.0/24,fd00:1::/112",
        gateway="fd00:1::1,10.1.0.1",
        protocol="Dual",
        exclude_ips=("10.1.0.0..10.1.0.9", "fd00:1::1"),
    )
    assert completed(spec) == {}
    assert completed(complete(a_spec())) == {}


def test_a_range_that_is_none_is_not_completed() -> None:
    assert completed(a_spec("10.1.0.0")) == {}


CIDR = "10.2.0.0/24"


@pytest.mark.parametrize("cidr", [CIDR, "10.2.0.0/24,fd00:2::/112", "fd00:2::/112"])
def test_another_range_is_completed_anew(cidr: str) -> None:
    before = complete(a_spec())
    changed = complete(a_spec(gateway="10.1.0.1", protocol="IPv4", exclude_ips=("10.1.0.1",)))
    assert changed == before
    moved = SubnetSpec(
        cidr_block=cidr, gateway=before.gateway, protocol=before.protocol, exclude_ips=before.exclude_ips
    )
    fitting = without_outdated(moved, before)
    assert (fitting.gateway, fitting.protocol, fitting.exclude_ips) == ("", "", ())
    assert complete(moved) == complete(a_spec(cidr))


def test_a_family_more_leaves_the_gateway_that_there_is() -> None:
    before = complete(a_spec())
    wider = SubnetSpec(cidr_block="10.1.0.0/24,fd00:1::/112", gateway="10.1.0.1", protocol="IPv4")
    assert without_outdated(wider, before).gateway == "10.1.0.1"
    assert complete(wider).gateway == "10.1.0.1,fd00:1::1"


def test_what_people_said_themselves_stays_to_be_judged() -> None:
    before = a_spec(gateway="10.1.0.7", exclude_ips=("10.1.0.20..10.1.0.30",))
    moved = a_spec(CIDR, gateway="10.1.0.7", exclude_ips=("10.1.0.20..10.1.0.30",))
    assert without_outdated(moved, before) == moved


def test_the_same_range_is_judged_as_it_stands() -> None:
    assert without_outdated(a_spec(protocol="IPv6"), a_spec(protocol="IPv6")).protocol == "IPv6"
