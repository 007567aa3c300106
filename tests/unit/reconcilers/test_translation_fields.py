"""Whom rules of translation mean: an IP by its name, or addresses of a VPC, of either family."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from controller.api.annotations import without_effect
from controller.api.kinds import IPS, OVN_EIPS, SUBNETS, VPCS
from controller.api.kubeovn import IP, IPSpec, Subnet, SubnetSpec, Vpc, VpcSpec
from controller.api.names import eip_record
from controller.api.nat import (
    OvnDnatRule,
    OvnDnatRuleSpec,
    OvnEip,
    OvnEipSpec,
    OvnFip,
    OvnFipSpec,
    OvnSnatRule,
    OvnSnatRuleSpec,
)
from controller.engine.settings import Settings
from controller.engine.view import View
from controller.northbound.rows import Row
from controller.reconcilers import dhcp, subnet, translation
from controller.runtime import claims
from tests.unit.reconcilers.objects import meta

OUT4, OUT6 = "172.31.200.7", "fd00:31::7"
IN4, IN6 = "10.9.0.5", "fd00:9::5"
MAC = "0a:00:00:00:00:07"


@pytest.fixture
def view() -> View:
    """A public address of both families, and a pod of VPC red that has both too."""
    view = View()
    networks = {"out": "172.31.0.0/16,fd00:31::/64", "red-net": "10.9.0.0/24,fd00:9::/64"}
    specs: dict[str, dict[str, Any]] = {"out": {"vlan": "v"}, "red-net": {"vpc": "red"}}
    for name, cidr in networks.items():
        view.put(SUBNETS, Subnet(metadata=meta(name), spec=SubnetSpec(cidr_block=cidr, **specs[name])))
    view.put(VPCS, Vpc(metadata=meta("red"), spec=VpcSpec(extra_external_subnets=("out",))))
    view.put(OVN_EIPS, OvnEip(metadata=meta("one"), spec=OvnEipSpec(external_subnet="out")))
    given = {eip_record("one"): (f"{OUT4},{OUT6}", "out"), "a.default": (f"{IN4},{IN6}", "red-net")}
    for name, (addresses, of) in given.items():
        spec = IPSpec(ip_address=addresses, subnet=of, mac_address=MAC)
        view.put(IPS, IP(metadata=meta(name), spec=spec))
    return view


def translated(rows: Iterable[Row]) -> dict[str, str]:
    return {row.columns["external_ip"]: row.columns["logical_ip"] for row in rows if row.key.table == "NAT"}


@pytest.mark.proves("OvnFip.spec.ipType", "OvnFip.spec.vpc", "OvnFip.spec.v4Ip", "OvnFip.spec.v6Ip")
def test_a_floating_address_stands_for_an_ip_or_for_addresses_of_a_vpc(view: View) -> None:
    by_name = OvnFipSpec(ovn_eip="one", ip_type="ip", ip_name="a.default")
    stated = OvnFipSpec(ovn_eip="one", vpc="red", v4_ip="10.9.0.8", v6_ip="fd00:9::8")
    assert translated(translation.floating(OvnFip(metadata=meta("f"), spec=by_name), view).rows) == {
        OUT4: IN4,
        OUT6: IN6,
    }
    assert translated(translation.floating(OvnFip(metadata=meta("f"), spec=stated), view).rows) == {
        OUT4: "10.9.0.8",
        OUT6: "fd00:9::8",
    }


@pytest.mark.proves(
    "OvnSnatRule.spec.ipName",
    "OvnSnatRule.spec.vpc",
    "OvnSnatRule.spec.v4IpCidr",
    "OvnSnatRule.spec.v6IpCidr",
)
def test_an_ip_or_ranges_of_a_vpc_leave_under_a_public_address(view: View) -> None:
    by_name = OvnSnatRuleSpec(ovn_eip="one", ip_name="a.default")
    stated = OvnSnatRuleSpec(ovn_eip="one", vpc="red", v4_ip_cidr="10.9.0.0/28", v6_ip_cidr="fd00:9::/96")
    assert translated(translation.outgoing(OvnSnatRule(metadata=meta("s"), spec=by_name), view).rows) == {
        OUT4: IN4,
        OUT6: IN6,
    }
    assert translated(translation.outgoing(OvnSnatRule(metadata=meta("s"), spec=stated), view).rows) == {
        OUT4: "10.9.0.0/28",
        OUT6: "fd00:9::/96",
    }


@pytest.mark.proves(
    "OvnDnatRule.spec.ipType", "OvnDnatRule.spec.vpc", "OvnDnatRule.spec.v4Ip", "OvnDnatRule.spec.v6Ip"
)
def test_a_port_leads_to_an_ip_or_to_addresses_of_a_vpc(view: View) -> None:
    ports = {"protocol": "tcp", "internal_port": "80", "external_port": "8080"}
    by_name = OvnDnatRuleSpec(ovn_eip="one", ip_type="ip", ip_name="a.default", **ports)
    stated = OvnDnatRuleSpec(ovn_eip="one", vpc="red", v4_ip="10.9.0.8", v6_ip="fd00:9::8", **ports)
    found = [
        next(
            row.columns["vips"]
            for row in translation.incoming(OvnDnatRule(metadata=meta("d"), spec=spec), view).rows
            if row.key.table == "Load_Balancer"
        )
        for spec in (by_name, stated)
    ]
    assert found == [
        {f"{OUT4}:8080": f"{IN4}:80", f"[{OUT6}]:8080": f"[{IN6}]:80"},
        {f"{OUT4}:8080": "10.9.0.8:80", f"[{OUT6}]:8080": "[fd00:9::8]:80"},
    ]


@pytest.mark.proves("OvnEip.spec.v6Ip", "OvnEip.spec.macAddress")
def test_a_public_address_may_be_asked_for_in_both_families_and_with_its_mac() -> None:
    spec = OvnEipSpec(external_subnet="out", v4_ip=OUT4, v6_ip=OUT6, mac_address=MAC.upper())
    claim = claims.of_eip("ovn-eip/one", OvnEip(metadata=meta("one"), spec=spec), Settings())
    assert (claim.subnet, claim.wish.fixed, claim.wish.mac) == ("out", (OUT4, OUT6), MAC)


@pytest.mark.proves("Subnet.spec.logicalGateway", "Subnet.spec.disableGatewayCheck")
def test_an_underlay_subnet_has_a_router_as_its_gateway_only_where_it_says_so() -> None:
    def tables(**more: Any) -> set[str]:
        spec = SubnetSpec(cidr_block="10.1.0.0/24", vlan="v", disable_gateway_check=True, **more)
        fragment = subnet.switch(Subnet(metadata=meta("s"), spec=spec), View())
        assert next(entry for entry in fragment.conditions if entry.type == "Supported").status == "True"
        return {row.key.table for row in fragment.rows}

    assert "Logical_Router_Port" not in tables()
    assert "Logical_Router_Port" in tables(logical_gateway=True)


@pytest.mark.proves("Subnet.spec.dhcpV6Options")
def test_ipv6_has_options_of_its_own() -> None:
    spec = SubnetSpec(cidr_block="fd00:1::/64", enable_dhcp=True, dhcp_v6_options="dns_server=fd00::53")
    (row,) = dhcp.answers(Subnet(metadata=meta("s"), spec=spec), View()).rows
    assert row.columns["options"]["dns_server"] == "fd00::53"


@pytest.mark.proves("ovn.kubernetes.io/routed")
def test_what_only_tells_what_a_plugin_did_asks_for_nothing() -> None:
    assert without_effect({"ovn.kubernetes.io/routed": "true"}) == []
