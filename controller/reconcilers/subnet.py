"""A subnet is one logical switch, spread over all nodes, and a port of its VPC's router as the pods' gateway."""

from controller.api.kinds import SUBNETS
from controller.api.kubeovn import Subnet
from controller.api.meta import Condition
from controller.api.names import DEFAULT_VPC, router_port, switch_port
from controller.api.underlays import is_overlay
from controller.engine.addressing import Addressing
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Place, Row, RowKey
from controller.reconcilers.exhaustion import exhaustion
from controller.reconcilers.macs import gateway_mac
from controller.reconcilers.not_carried import support

READY = Condition(type="Ready", status="True", reason="LogicalSwitchCreated")


@reconciler("subnet", SUBNETS)
def switch(subnet: Subnet, view: View) -> Fragment:
    """The switch, the router's port that is its gateway, and the switch's port towards the router.

    In an underlay subnet the gateway is out there, and the switch is all that there is.
    """
    logical_switch = Row(RowKey("Logical_Switch", subnet.name), {})
    conditions = (READY, support(SUBNETS, subnet.spec))
    if not is_overlay(subnet):
        return Fragment(rows=(logical_switch,), conditions=conditions)
    addressing = Addressing.of(subnet)
    vpc = subnet.spec.vpc or DEFAULT_VPC
    towards_switch = router_port(vpc, subnet.name)
    towards_router = switch_port(subnet.name, vpc)
    return Fragment(
        rows=(
            logical_switch,
            Row(
                RowKey("Logical_Router_Port", towards_switch),
                {"mac": gateway_mac(towards_switch), "networks": frozenset(addressing.gateway_networks)},
                Place("Logical_Router", vpc, "ports"),
            ),
            Row(
                RowKey("Logical_Switch_Port", towards_router),
                {
                    "type": "router",
                    "addresses": frozenset(("router",)),
                    "options": {"router-port": towards_switch},
                },
                Place("Logical_Switch", subnet.name, "ports"),
            ),
        ),
        conditions=conditions,
    )


@reconciler("subnet-usage", SUBNETS)
def usage(subnet: Subnet, view: View) -> Fragment:
    """How many addresses are free and taken: told apart from the switch, since it changes with every pod."""
    used = view.usage(subnet.name)
    if used is None:
        return NOTHING
    return Fragment(
        status={
            "v4availableIPs": float(used.v4_available),
            "v4usingIPs": float(used.v4_used),
            "v6availableIPs": float(used.v6_available),
            "v6usingIPs": float(used.v6_used),
        },
        conditions=(exhaustion(used),),
    )
