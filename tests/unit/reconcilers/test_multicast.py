"""What a switch is told of multicast."""

import pytest

from controller.engine.view import View
from controller.reconcilers import multicast, subnet
from controller.reconcilers.macs import gateway_mac, link_local
from tests.unit.reconcilers.objects import a_subnet, rows


def test_by_default_it_is_told_nothing() -> None:
    (switch,) = rows(subnet.switch(a_subnet(), View()), "Logical_Switch")
    assert switch.columns["other_config"] == {}
    assert multicast.told(a_subnet()) == {"mcastQuerierIP": "", "mcastQuerierMAC": ""}


@pytest.mark.proves("Subnet.spec.enableMulticastSnoop")
def test_with_snooping_it_asks_in_the_name_of_the_gateway() -> None:
    both = a_subnet(cidr="10.1.0.0/24,fd00:1::/64", enable_multicast_snoop=True)
    fragment = subnet.switch(both, View())
    (switch,) = rows(fragment, "Logical_Switch")
    mac = gateway_mac("ovn-cluster-blue")
    assert switch.columns["other_config"] == {
        "mcast_snoop": "true",
        "mcast_querier": "true",
        "mcast_eth_src": mac,
        "mcast_ip4_src": "10.1.0.1",
        "mcast_ip6_src": link_local(mac),
    }
    assert (fragment.status["mcastQuerierIP"], fragment.status["mcastQuerierMAC"]) == ("10.1.0.1", mac)


def test_in_a_physical_network_somebody_else_asks() -> None:
    lying = a_subnet(vlan="v", enable_multicast_snoop=True)
    assert multicast.snooping(lying) == {"mcast_snoop": "true", "mcast_querier": "false"}


def test_a_link_local_address_follows_from_the_mac() -> None:
    assert link_local("00:00:5e:00:53:01") == "fe80::200:5eff:fe00:5301"
