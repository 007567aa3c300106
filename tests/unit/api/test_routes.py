"""Routes that a pod asks for by itself, as Kube-OVN's users write them."""

import pytest

from controller.api.addresses import InvalidAddress
from controller.api.routes import PodRoute, parse


def test_a_route_leads_to_a_network_and_one_without_a_destination_is_the_default() -> None:
    text = '[{"dst": "192.168.0.0/24", "gw": "10.16.0.254"}, {"gw": "10.16.0.253"}, {"gw": "fd00::1"}]'
    assert parse(text) == (
        PodRoute("192.168.0.0/24", "10.16.0.254"),
        PodRoute("0.0.0.0/0", "10.16.0.253"),
        PodRoute("::/0", "fd00::1"),
    )


def test_an_address_with_a_prefix_length_means_the_network_around_it() -> None:
    assert parse('[{"dst": "192.168.0.101/24", "gw": "10.16.0.254"}]')[0].destination == "192.168.0.0/24"


def test_of_two_routes_to_one_destination_the_later_counts() -> None:
    assert parse('[{"gw": "10.16.0.1"}, {"gw": "10.16.0.2"}]') == (PodRoute("0.0.0.0/0", "10.16.0.2"),)


def test_nothing_asks_for_nothing() -> None:
    assert parse("") == parse("[]") == ()


@pytest.mark.parametrize(
    "text",
    [
        "10.16.0.1",
        "{}",
        '[{"dst": "192.168.0.0/24"}]',
        '[{"gw": "10.16.0.1", "metric": 1}]',
        '[{"gw": "somewhere"}]',
        '[{"dst": "192.168.0.0", "gw": "10.16.0.1"}]',
        '[{"dst": "192.168.0.0/33", "gw": "10.16.0.1"}]',
        '[{"dst": "fd00::/64", "gw": "10.16.0.1"}]',
        '[{"gw": "10.16.0.1; reboot"}]',
        "\ud800",
    ],
)
def test_what_is_no_route_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddress):
        parse(text)
