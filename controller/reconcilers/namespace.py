"""Which subnet serves a namespace is told on the namespace, where people look for it."""

from controller.api import annotations
from controller.api.core import Namespace
from controller.api.kinds import NAMESPACES, SUBNETS
from controller.api.names import DEFAULT_SUBNET
from controller.engine.addressing import Addressing
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View


def serving_subnet(namespace: str, view: View) -> str:
    """The subnet that names the namespace, the default subnet for all others. Of several the first by name serves."""
    serving = sorted(subnet.name for subnet in view.all(SUBNETS) if namespace in subnet.spec.namespaces)
    return serving[0] if serving else DEFAULT_SUBNET


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
