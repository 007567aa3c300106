"""Which subnet serves a namespace is told on the namespace, where people look for it."""

from controller.api import annotations
from controller.api.core import Namespace
from controller.api.kinds import NAMESPACES, SUBNETS, VPCS
from controller.api.names import DEFAULT_SUBNET
from controller.engine.addressing import Addressing
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View


def serving_subnet(namespace: str, view: View) -> str:
    """The subnet that names the namespace; else the default one of the VPC that does; else that of the cluster.

    Of several the first by name serves.
    """
    serving = sorted(subnet.name for subnet in view.all(SUBNETS) if namespace in subnet.spec.namespaces)
    if serving:
        return serving[0]
    of_vpc = sorted(
        vpc.spec.default_subnet
        for vpc in view.all(VPCS)
        if namespace in vpc.spec.namespaces and vpc.spec.default_subnet
    )
    return of_vpc[0] if of_vpc else DEFAULT_SUBNET


@reconciler("namespace", NAMESPACES)
def placement(namespace: Namespace, view: View) -> Fragment:
    """The namespace says its switch and the range that its pods' addresses come from."""
    name = serving_subnet(namespace.name, view)
    subnet = view.get(SUBNETS, name)
    if subnet is None:
        return NOTHING
    return Fragment(
        annotations={
            annotations.LOGICAL_SWITCH: name,
            annotations.CIDR: Addressing.of(subnet).cidr,
            annotations.EXCLUDE_IPS: ",".join(subnet.spec.exclude_ips) or None,
        }
    )
