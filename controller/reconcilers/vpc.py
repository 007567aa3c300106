"""A VPC is one logical router."""

from controller.api.kinds import SUBNETS, VPCS
from controller.api.kubeovn import Vpc
from controller.api.meta import Condition
from controller.api.names import DEFAULT_SUBNET, DEFAULT_VPC
from controller.engine.fragment import Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Row, RowKey
from controller.reconcilers.not_carried import support

READY = Condition(type="Ready", status="True", reason="RouterCreated")


@reconciler("vpc", VPCS)
def router(vpc: Vpc, view: View) -> Fragment:
    """A VPC is one logical router of the same name; which subnets it joins is told in its status."""
    subnets = sorted(
        subnet.name for subnet in view.all(SUBNETS) if (subnet.spec.vpc or DEFAULT_VPC) == vpc.name
    )
    is_default = vpc.name == DEFAULT_VPC
    return Fragment(
        rows=(Row(RowKey("Logical_Router", vpc.name), {}),),
        status={
            "default": is_default,
            "standby": True,
            "router": vpc.name,
            "defaultLogicalSwitch": DEFAULT_SUBNET if is_default else "",
            "subnets": subnets,
        },
        conditions=(READY, support(VPCS, vpc.spec)),
    )
