"""How packets leave the cluster: out through the own node of each pod, where a subnet has nothing else in mind.

One policy a node sends what comes from the addresses in a set to that node's port on the join network, whose kernel
forwards it. A pod that comes or goes changes the set alone, which northd and ovn-controller take incrementally
whatever the release; policies change with nodes and subnets. The priorities are Kube-OVN's.
"""

from __future__ import annotations

from controller.api.addresses import version_of
from controller.api.core import Node
from controller.api.kinds import IPS, NODES, SUBNETS
from controller.api.kubeovn import IP, Subnet
from controller.api.names import DEFAULT_VPC, JOIN_SUBNET, egress_set, node_port
from controller.api.placement import is_routed_by_default
from controller.engine.addressing import Addressing
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Member, Place, Row, RowKey, shared
from controller.reconcilers import matches

INSIDE, TO_NODE, OUT = 31_000, 30_000, 29_000
"""What is meant for a subnet stays inside, what is meant for a node goes there, the rest leaves by the gateway."""

POLICIES = Place("Logical_Router", DEFAULT_VPC, "policies")


@reconciler("inside", SUBNETS)
def stays_inside(subnet: Subnet, view: View) -> Fragment:
    """What is sent to a subnet of the default VPC is routed to it, whatever policies say of its source."""
    if not is_routed_by_default(subnet):
        return NOTHING
    return Fragment(
        rows=tuple(
            policy(
                f"inside/{subnet.name}/{family.version}",
                INSIDE,
                matches.destination(family.network),
            )
            for family in Addressing.of(subnet).families
        )
    )


@reconciler("beyond", SUBNETS)
def default_route(subnet: Subnet, view: View) -> Fragment:
    """The default VPC has a route to everywhere, over the join network: OVN asks policies only of what has a route."""
    if subnet.name != JOIN_SUBNET:
        return NOTHING
    return Fragment(
        rows=tuple(
            Row(
                RowKey("Logical_Router_Static_Route", f"beyond/{family.version}"),
                {"ip_prefix": family.everywhere, "nexthop": family.gateway},
                Place("Logical_Router", DEFAULT_VPC, "static_routes"),
            )
            for family in Addressing.of(subnet).families
        )
    )


@reconciler("egress", NODES)
def by_the_own_node(node: Node, view: View) -> Fragment:
    """The set of the addresses that leave by a node, the policy that sends them there, and the way to the node."""
    join = view.get(IPS, node_port(node.name))
    if join is None:
        return NOTHING
    rows: list[Row] = []
    for address in join.addresses:
        version = version_of(address)
        addresses = RowKey("Address_Set", egress_set(node.name, version))
        rows += [
            Row(addresses, {}),
            policy(f"egress/{node.name}/{version}", OUT, matches.from_set(addresses.name, version), address),
        ]
        rows += [
            policy(f"node/{node.name}/{found}", TO_NODE, matches.to_address(found), address)
            for found in node.internal_addresses
            if version_of(found) == version
        ]
    return Fragment(rows=tuple(rows))


def memberships(address: IP, subnet: Subnet, view: View) -> tuple[Member, ...]:
    """What makes a pod leave by its own node, if its subnet has it so and the node has a port to leave by."""
    is_distributed = subnet.spec.gateway_type in ("", "distributed")
    if not is_distributed or not is_routed_by_default(subnet) or subnet.name == JOIN_SUBNET:
        return ()
    node = address.spec.node_name
    join = view.get(IPS, node_port(node))
    if join is None or view.get(NODES, node) is None:
        return ()
    versions = {version_of(found) for found in join.addresses}
    return tuple(
        Member(shared(RowKey("Address_Set", egress_set(node, version))), found)
        for found in address.addresses
        if (version := version_of(found)) in versions
    )


def policy(name: str, priority: int, match: str, *nexthops: str) -> Row:
    """A policy of the default VPC's router: what matches goes to one of ``nexthops``, or by its route without any."""
    columns = {
        "priority": priority,
        "match": match,
        "action": "reroute" if nexthops else "allow",
        "nexthops": frozenset(nexthops),
    }
    return Row(RowKey("Logical_Router_Policy", name), columns, POLICIES)
