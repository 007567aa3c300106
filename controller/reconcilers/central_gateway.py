"""How a centralised subnet leaves the cluster: by the first of its gateway nodes that lives.

Each of them has a door of the router. When a node is lost OVN puts its door on the next one, by itself, on the nodes,
by BFD between their tunnels: neither the controller nor a database has a part in a failover. What the controller says
is by which door the subnet leaves: that of the first node, in the subnet's order with those last that are cordoned or
drained, whose door is at home. A planned move, and the return of a node, are then one policy that changes in place on
the pods' nodes while both doors pass on what they get, so that nothing is lost.

With ``enableEcmp`` connections are spread over all gateway nodes instead, by their ports in the join network. Which of
them are meant is then decided by what their kubelets say, and a lost one takes along what it carried until they do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from controller.api.addresses import version_of
from controller.api.core import Node
from controller.api.gateway_links import (
    DOORS,
    SLOTS,
    Link,
    doors,
    gateway_nodes,
    is_centralised,
    is_gateway,
    is_spread,
    links,
)
from controller.api.kinds import IPS, NODES, SUBNETS
from controller.api.kubeovn import Subnet
from controller.api.meta import Condition
from controller.api.names import DEFAULT_VPC, node_port, router_port
from controller.engine.addressing import Addressing
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Place, Row, RowKey
from controller.reconcilers import matches
from controller.reconcilers.gateway import OUT, policy
from controller.reconcilers.joints import MOST_GATEWAYS, joint, on_first_of, preferred

GATEWAY_READY = "GatewayReady"


@reconciler("central-gateway", SUBNETS)
def by_the_named_nodes(subnet: Subnet, view: View) -> Fragment:
    """The link to the gateway nodes, a door for each, and the policy that sends the subnet's packets to one of them."""
    if not is_centralised(subnet):
        return NOTHING
    named = gateway_nodes(subnet) or _selected(subnet, view)
    found = preferred(node for name in named if (node := view.get(NODES, name)) is not None)
    nodes = [node.name for node in found]
    if not nodes:
        return Fragment(status={"activateGateway": ""}, conditions=(_unready(named),))
    if is_spread(subnet):
        return _spread(subnet, found, _ready(named, nodes), view)
    link = links(view.all(SUBNETS)).get(subnet.name)
    if link is None:
        return Fragment(status={"activateGateway": ""}, conditions=(_crowded(),))
    numbers = doors(name for name in [name for name in named if name in nodes][:DOORS])
    at = {name: view.host_of(_door(link, number)) for name, number in numbers.items()}
    chosen = _chosen([name for name in nodes if name in numbers], at, _active(subnet, view))
    living = next((node.name for node in found if node.is_living), nodes[0])
    return Fragment(
        rows=(
            Row(RowKey("Logical_Switch", link.name), {}),
            *(row for name, number in numbers.items() for row in _rows_of_door(link, number, name, nodes)),
            _nodes_end(link, numbers.values()),
            *_policies(subnet, link, numbers[chosen]),
        ),
        status={"activateGateway": at[chosen] or (living if at[chosen] is None else chosen)},
        conditions=(_ready(named, nodes),),
    )


def _chosen(nodes: list[str], at: Mapping[str, str | None], active: str) -> str:
    """The node by whose door the subnet leaves: the first at home.

    While none is, the one that is active, since it may only be doubted: of a node that comes back and hears by BFD some
    of the others but not that one, each of them thinks that it ought to have the door.
    """
    for name in nodes:
        if at[name] == name:
            return name
    is_known = any(host is not None for host in at.values())
    return active if is_known and active in nodes else nodes[0]


def _active(subnet: Subnet, view: View) -> str:
    stated = view.stated(SUBNETS, subnet.name)
    return str(stated.status.get("activateGateway", "")) if stated is not None else ""


def _rows_of_door(link: Link, number: int, home: str, nodes: list[str]) -> Iterator[Row]:
    """A door, which is on its node, and while that is lost on the first of the others that lives."""
    networks = (link.router(4, number), link.router(6, number))
    yield from joint(DEFAULT_VPC, link.name, networks, suffix=_suffix(number))
    yield from on_first_of(_door(link, number), [home, *(name for name in nodes if name != home)])


def _door(link: Link, number: int) -> str:
    return router_port(DEFAULT_VPC, link.name) + _suffix(number)


def _suffix(number: int) -> str:
    """No subnet's name can end so."""
    return f"/{number}"


def _selected(subnet: Subnet, view: View) -> tuple[str, ...]:
    """The nodes that the subnet's selectors mean, by name, and no more than OVN has use for."""
    if not subnet.spec.gateway_node_selectors:
        return ()
    meant = (node.name for node in view.all(NODES) if is_gateway(subnet, node.name, node.metadata.labels))
    return tuple(sorted(meant)[:MOST_GATEWAYS])


def _nodes_end(link: Link, numbers: Iterable[int]) -> Row:
    """The port that every node has by itself, with an address beyond each door, so that the router need not ask."""
    addresses = (link.node(version, number) for number in sorted(numbers) for version in (4, 6))
    return Row(
        RowKey("Logical_Switch_Port", link.name),
        {"type": "localport", "addresses": frozenset((" ".join((link.mac, *addresses)),))},
        Place("Logical_Switch", link.name, "ports"),
    )


def _policies(subnet: Subnet, link: Link, number: int) -> Iterator[Row]:
    for family in Addressing.of(subnet).families:
        version = family.version
        yield policy(
            f"central/{subnet.name}/{version}",
            OUT,
            matches.source(family.network),
            link.node(version, number),
        )


def _spread(subnet: Subnet, found: list[Node], ready: Condition, view: View) -> Fragment:
    """The policies towards the ports of all nodes that live and take pods; of all, where none does."""
    serving = [node for node in found if node.is_living and not node.spec.unschedulable] or found
    records = [view.get(IPS, node_port(node.name)) for node in serving]
    ports = [text for record in records if record is not None for text in record.addresses]
    rows: list[Row] = []
    for family in Addressing.of(subnet).families:
        version = family.version
        nexthops = [text for text in ports if version_of(text) == version]
        if nexthops:
            match = matches.source(family.network)
            rows.append(policy(f"central/{subnet.name}/{version}", OUT, match, *nexthops))
    status = {"activateGateway": ",".join(node.name for node in serving)}
    return Fragment(rows=tuple(rows), status=status, conditions=(ready,))


def _ready(named: tuple[str, ...], nodes: list[str]) -> Condition:
    missing = [name for name in named if name not in nodes]
    message = f"no such nodes: {', '.join(missing)}" if missing else ""
    return Condition(type=GATEWAY_READY, status="True", reason="GatewayNodesKnown", message=message)


def _crowded() -> Condition:
    message = f"spec.gatewayType: more than {SLOTS} subnets are centralized"
    return Condition(type=GATEWAY_READY, status="False", reason="TooManyGateways", message=message)


def _unready(named: tuple[str, ...]) -> Condition:
    message = (
        f"spec.gatewayNode: found {', '.join(named) or 'nothing'}, needed: the name of at least one node, "
        "or gatewayNodeSelectors that one has the labels of"
    )
    return Condition(type=GATEWAY_READY, status="False", reason="NoGatewayNode", message=message)
