"""A subnet whose ports may ask for their addresses: OVN answers by itself, no server runs anywhere."""

from __future__ import annotations

from controller.api.dhcp import v4_options, v6_options
from controller.api.kinds import SUBNETS
from controller.api.kubeovn import Subnet
from controller.api.names import router_port
from controller.api.placement import vpc_of
from controller.engine.addressing import Addressing, Family
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Row, RowKey
from controller.reconcilers.macs import gateway_mac

LEASE_TIME_S = 3_600
SERVER = "169.254.0.254"
"""The address from which IPv4 is answered, Kube-OVN's: link-local, so that it is nobody's."""

COLUMNS = {4: "dhcpv4_options", 6: "dhcpv6_options"}


@reconciler("dhcp", SUBNETS)
def answers(subnet: Subnet, view: View) -> Fragment:
    """What a port of the subnet is answered, a row for each family."""
    if not subnet.spec.enable_dhcp:
        return NOTHING
    rows = [
        Row(row_key(subnet.name, family.version), _columns(subnet, family))
        for family in Addressing.of(subnet).families
    ]
    return Fragment(rows=tuple(rows))


def columns(subnet: Subnet) -> dict[str, RowKey | None]:
    """What a port of the subnet refers to."""
    versions = {family.version for family in Addressing.of(subnet).families if subnet.spec.enable_dhcp}
    return {
        column: row_key(subnet.name, version) if version in versions else None
        for version, column in COLUMNS.items()
    }


def row_key(subnet: str, version: int) -> RowKey:
    """The row of a family's answers."""
    return RowKey("DHCP_Options", f"{subnet}/{version}")


def _columns(subnet: Subnet, family: Family) -> dict[str, object]:
    mac = gateway_mac(router_port(vpc_of(subnet), subnet.name))
    if family.version == 6:
        found = {"server_id": mac} | v6_options(subnet.spec.dhcp_v6_options)
    else:
        found = {
            "lease_time": str(LEASE_TIME_S),
            "router": family.gateway,
            "server_id": SERVER,
            "server_mac": mac,
        } | v4_options(subnet.spec.dhcp_v4_options)
    return {"cidr": str(family.network), "options": found}
