"""Which subnet serves a namespace is told on the namespace, where people look for it."""

from controller.api import annotations
from controller.api.core import Namespace
from controller.api.kinds import IPPOOLS, NAMESPACES, SUBNETS, VPCS
from controller.api.placement import serving_subnet as serving
from controller.engine.addressing import Addressing
from controller.engine.asking import BY_LABELS, SERVING
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View


def serving_subnet(namespace: str, view: View) -> str:
    """The name of the subnet that serves the namespace: found among those that ask for it, not among hundreds."""
    found = view.get(NAMESPACES, namespace) or Namespace()
    asking = {*view.asking(SERVING, namespace), *view.asking(SERVING, BY_LABELS)}
    subnets = [subnet for _, name in asking if (subnet := view.get(SUBNETS, name)) is not None]
    return serving(namespace, found.metadata.labels, subnets, view.all(VPCS))


@reconciler("namespace", NAMESPACES)
def placement(namespace: Namespace, view: View) -> Fragment:
    """The namespace says its switch, the range that its pods' addresses come from, and the pools within that."""
    name = serving_subnet(namespace.name, view)
    subnet = view.get(SUBNETS, name)
    if subnet is None:
        return NOTHING
    pools = sorted(
        pool.name
        for pool in view.all(IPPOOLS)
        if namespace.name in pool.spec.namespaces and pool.spec.subnet == name
    )
    return Fragment(
        annotations={
            annotations.LOGICAL_SWITCH: name,
            annotations.CIDR: Addressing.of(subnet).cidr,
            annotations.EXCLUDE_IPS: ",".join(subnet.spec.exclude_ips) or None,
            annotations.IP_POOL: ",".join(pools) or None,
        }
    )
