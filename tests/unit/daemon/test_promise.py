"""The promise in the annotations is read once and checked before anything is done to a node."""

from __future__ import annotations

import pytest

from controller.daemon.errors import Refused
from controller.daemon.promise import read
from controller.daemon.veth import pod_device

GOOD = {
    "ovn.kubernetes.io/allocated": "true",
    "ovn.kubernetes.io/ip_address": "10.16.0.5",
    "ovn.kubernetes.io/mac_address": "00:00:00:AA:BB:CC",
    "ovn.kubernetes.io/cidr": "10.16.0.0/16",
    "ovn.kubernetes.io/gateway": "10.16.0.1",
}


def test_a_promise_is_what_the_annotations_say() -> None:
    promise = read(GOOD, 1400)
    assert promise
    assert (promise.ip, promise.cidr, promise.gateway) == ("10.16.0.5", "10.16.0.0/16", "10.16.0.1")
    assert (promise.mac, promise.mtu) == ("00:00:00:aa:bb:cc", 1400)


def test_there_is_no_promise_until_it_says_so() -> None:
    assert read({**GOOD, "ovn.kubernetes.io/allocated": "false"}, 1400) is None
    assert read({}, 1400) is None


def test_a_dual_stack_promise_has_two_addresses() -> None:
    both = {
        "ovn.kubernetes.io/ip_address": "10.16.0.5,fd00::5",
        "ovn.kubernetes.io/cidr": "10.16.0.0/16,fd00::/112",
        "ovn.kubernetes.io/gateway": "10.16.0.1,fd00::1",
    }
    promise = read(GOOD | both, 1400)
    assert promise
    assert promise.ip == "10.16.0.5,fd00::5"
    assert promise.gateway == "10.16.0.1,fd00::1"


def test_an_mtu_of_its_own_comes_before_the_default() -> None:
    promise = read({**GOOD, "ovn.kubernetes.io/mtu": "1300"}, 1400)
    assert promise
    assert promise.mtu == 1300


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ip_address", "10.16.0"),
        ("ip_address", "10.17.0.5"),
        ("ip_address", ""),
        ("mac_address", "00:00"),
        ("mac_address", "00:00:00:00:00:00; reboot"),
        ("cidr", "10.16.0.0/40"),
        ("cidr", "10.16.0.0/16,fd00::/112"),
        ("gateway", "router"),
        ("mtu", "9"),
        ("mtu", "many"),
        ("routes", "10.16.0.254"),
    ],
)
def test_a_broken_promise_names_the_annotation(name: str, value: str) -> None:
    annotation = f"ovn.kubernetes.io/{name}"
    with pytest.raises(Refused) as refused:
        read({**GOOD, annotation: value}, 1400)
    assert refused.value.status == 422
    if value:
        assert "annotation ovn.kubernetes.io/" in refused.value.reason
        assert "allowed:" in refused.value.reason


def test_a_pod_may_bring_routes_of_its_own_which_come_before_the_subnets() -> None:
    text = '[{"dst": "192.168.0.101/24", "gw": "10.16.0.254"}, {"gw": "10.16.0.253"}]'
    promise = read({**GOOD, "ovn.kubernetes.io/routes": text}, 1400)
    assert promise
    assert {(str(network), str(gateway)) for network, gateway in pod_device(promise).routes} == {
        ("192.168.0.0/24", "10.16.0.254"),
        ("0.0.0.0/0", "10.16.0.253"),
    }
