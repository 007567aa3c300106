"""A subnet in a VLAN lies in a physical network: its switch has a port there on every node that is attached to it."""

from __future__ import annotations

from controller.api.kinds import SUBNETS, VLANS
from controller.api.kubeovn import Subnet
from controller.api.meta import Condition
from controller.api.names import localnet_port
from controller.api.underlay import Vlan
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Place, Row, RowKey
from controller.reconcilers.not_carried import support

VLAN_KNOWN = "VlanKnown"


@reconciler("localnet", SUBNETS)
def port(subnet: Subnet, view: View) -> Fragment:
    """The port into the provider network of the subnet's VLAN, tagged with its number unless that is 0."""
    if not subnet.spec.vlan:
        return NOTHING
    vlan = view.get(VLANS, subnet.spec.vlan)
    if vlan is None:
        message = f"spec.vlan: found {subnet.spec.vlan!r}, needed: a Vlan that exists"
        return Fragment(
            conditions=(Condition(type=VLAN_KNOWN, status="False", reason="NoVlan", message=message),)
        )
    columns = {
        "type": "localnet",
        "addresses": frozenset(("unknown",)),
        "options": {"network_name": vlan.spec.provider},
        "tag": vlan.spec.id or None,
    }
    row = Row(
        RowKey("Logical_Switch_Port", localnet_port(subnet.name)),
        columns,
        Place("Logical_Switch", subnet.name, "ports"),
    )
    return Fragment(
        rows=(row,), conditions=(Condition(type=VLAN_KNOWN, status="True", reason="LocalnetPortCreated"),)
    )


@reconciler("vlan", VLANS)
def users(vlan: Vlan, view: View) -> Fragment:
    """Which subnets lie in a VLAN, and whether another one has its number in the same physical network."""
    subnets = sorted(subnet.name for subnet in view.all(SUBNETS) if subnet.spec.vlan == vlan.name)
    conflict = any(
        other.name != vlan.name and (other.spec.provider, other.spec.id) == (vlan.spec.provider, vlan.spec.id)
        for other in view.all(VLANS)
    )
    return Fragment(
        status={"subnets": subnets, "conflict": conflict}, conditions=(support(VLANS, vlan.spec),)
    )
