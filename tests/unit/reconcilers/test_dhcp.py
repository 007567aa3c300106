"""What OVN answers ports that ask for their address."""

from __future__ import annotations

import pytest

from controller.api.dhcp import parse_options
from controller.engine.fragment import NOTHING
from controller.engine.view import View
from controller.northbound.rows import RowKey
from controller.reconcilers import dhcp, macs
from tests.unit.reconcilers.objects import a_subnet


def test_a_subnet_answers_nobody_unless_it_is_told_to() -> None:
    assert dhcp.answers(a_subnet(), View()) is NOTHING
    assert dhcp.columns(a_subnet()) == {"dhcpv4_options": None, "dhcpv6_options": None}


@pytest.mark.proves("Subnet.spec.enableDHCP")
def test_each_family_has_its_answers_and_ports_refer_to_them() -> None:
    subnet = a_subnet(cidr="10.1.0.0/24,fd00:1::/64", enable_dhcp=True)
    four, six = dhcp.answers(subnet, View()).rows
    mac = macs.gateway_mac("ovn-cluster-blue")
    assert four.columns == {
        "cidr": "10.1.0.0/24",
        "options": {
            "lease_time": "3600",
            "router": "10.1.0.1",
            "server_id": "169.254.0.254",
            "server_mac": mac,
        },
    }
    assert six.columns == {"cidr": "fd00:1::/64", "options": {"server_id": mac}}
    assert dhcp.columns(subnet) == {"dhcpv4_options": four.key, "dhcpv6_options": six.key}


def test_a_family_without_answers_is_not_referred_to() -> None:
    assert dhcp.columns(a_subnet(enable_dhcp=True)) == {
        "dhcpv4_options": RowKey("DHCP_Options", "blue/4"),
        "dhcpv6_options": None,
    }


def test_what_people_say_goes_before_what_is_usual() -> None:
    subnet = a_subnet(enable_dhcp=True, dhcp_v4_options="lease_time=60, dns_server=10.96.0.10")
    (row,) = dhcp.answers(subnet, View()).rows
    assert row.columns["options"]["lease_time"] == "60"
    assert row.columns["options"]["dns_server"] == "10.96.0.10"
    assert row.columns["options"]["router"] == "10.1.0.1"


@pytest.mark.parametrize("text", ["lease_time", "=3600", "lease_time=", "a=1,b"])
def test_what_is_no_pair_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=text.rpartition(",")[2]):
        parse_options(text)
