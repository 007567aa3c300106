"""One module a concern: pure functions from an object to what it needs."""

from controller.engine.reconciler import Reconciler
from controller.reconcilers import (
    address,
    central_gateway,
    dhcp,
    gateway,
    ippool,
    isolation,
    namespace,
    node,
    not_carried,
    pod,
    subnet,
    vpc,
)

RECONCILERS: tuple[Reconciler, ...] = (
    vpc.router,
    subnet.switch,
    subnet.usage,
    isolation.rules,
    dhcp.answers,
    namespace.placement,
    node.port,
    gateway.stays_inside,
    gateway.default_route,
    gateway.by_the_own_node,
    central_gateway.by_the_named_nodes,
    pod.port,
    address.record,
    ippool.division,
    ippool.usage,
    *not_carried.STATEMENTS,
)
"""Everyone who is asked, whatever is asked about."""
