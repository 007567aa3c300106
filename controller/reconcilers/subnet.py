"""A subnet is one logical switch, spread over all nodes, and a port of its VPC's router as the pods' gateway."""

from controller.api.kinds import SUBNETS
from controller.api.kubeovn import Subnet
from controller.api.meta import Condition
from controller.api.names import DEFAULT_VPC
from controller.api.underlays import is_overlay
from controller.engine.addressing import Addressing
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Row, RowKey
from controller.reconcilers.exhaustion import exhaustion
from controller.reconcilers.joints import joint
from controller.reconcilers.not_carried import support

READY = Condition(type="Ready", status="True", reason="LogicalSwitchCreated")


@reconciler("subnet", SUBNETS)
def switch(subnet: Subnet, view: View) -> Fragment:
    """The switch, the router's port that is its gateway, and the switch's port towards the router.

    In an underlay subnet the gateway is out there, and the switch is all that there is.
    """
    rows = [Row(RowKey("Logical_Switch", subnet.name), {})]
    if is_overlay(subnet):
        gateways = Addressing.of(subnet).gateway_networks
        rows += joint(subnet.spec.vpc or DEFAULT_VPC, subnet.name, gateways)
    return Fragment(rows=tuple(rows), conditions=(READY, support(SUBNETS, subnet.spec)))


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
