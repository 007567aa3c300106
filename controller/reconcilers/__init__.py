"""One module a concern: pure functions from an object to what it needs."""

from controller.engine.reconciler import Reconciler
from controller.reconcilers import (
    address,
    central_gateway,
    dhcp,
    external,
    gateway,
    ippool,
    isolation,
    namespace,
    nat_rules,
    node,
    not_carried,
    pod,
    public,
    subnet,
    underlay,
    vpc,
)

RECONCILERS: tuple[Reconciler, ...] = (
    vpc.router,
    subnet.switch,
    subnet.usage,
    underlay.port,
    underlay.users,
    isolation.rules,
    dhcp.answers,
    nat_rules.in_force,
    namespace.placement,
    node.port,
    gateway.stays_inside,
    gateway.default_route,
    gateway.by_the_own_node,
    central_gateway.by_the_named_nodes,
    external.attachments,
    public.eip,
    public.floating,
    public.outgoing,
    public.incoming,
    pod.port,
    address.record,
    ippool.division,
    ippool.usage,
    *not_carried.STATEMENTS,
)
"""Everyone who is asked, whatever is asked about."""
