"""How a centralised subnet leaves the cluster: by the first of its gateway nodes that lives.

Which one that is OVN decides by itself, on the nodes, by BFD between their tunnels: neither the controller nor a
database has a part in a failover. The order is the one in which the subnet lists them, with those last that are
cordoned or drained: the priorities change in place while both nodes live, so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from controller.api.gateway_links import Link, gateway_nodes, is_centralised, is_gateway, links
from controller.api.kinds import NODES, SUBNETS
from controller.api.kubeovn import Subnet
from controller.api.meta import Condition
from controller.api.names import DEFAULT_VPC
from controller.engine.addressing import Addressing
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Place, Row, RowKey
from controller.reconcilers.gateway import OUT, policy
from controller.reconcilers.joints import MOST_GATEWAYS, joint, on_first_of, preferred

GATEWAY_READY = "GatewayReady"


@reconciler("central-gateway", SUBNETS)
def by_the_named_nodes(subnet: Subnet, view: View) -> Fragment:
    """The link to the gateway nodes, their order, and the policy that sends the subnet's packets there."""
    if not is_centralised(subnet):
        return NOTHING
    named = gateway_nodes(subnet) or _selected(subnet, view)
    found = preferred(node for name in named if (node := view.get(NODES, name)) is not None)
    nodes = [node.name for node in found]
    if not nodes:
        return Fragment(status={"activateGateway": ""}, conditions=(_unready(named),))
    link = links(view.all(SUBNETS))[subnet.name]
    return Fragment(
        rows=(
            Row(RowKey("Logical_Switch", link.name), {}),
            *joint(DEFAULT_VPC, link.name, (link.router(4), link.router(6))),
            *on_first_of(DEFAULT_VPC, link.name, nodes),
            _nodes_end(link),
            *_policies(subnet, link),
        ),
        status={"activateGateway": next((node.name for node in found if node.is_living), nodes[0])},
        conditions=(_ready(named, nodes),),
    )


def _selected(subnet: Subnet, view: View) -> tuple[str, ...]:
    """The nodes that the subnet's selectors mean, by name, and no more than OVN has use for."""
    if not subnet.spec.gateway_node_selectors:
        return ()
    meant = (node.name for node in view.all(NODES) if is_gateway(subnet, node.name, node.metadata.labels))
    return tuple(sorted(meant)[:MOST_GATEWAYS])


def _nodes_end(link: Link) -> Row:
    """The port that every node has by itself."""
    return Row(
        RowKey("Logical_Switch_Port", link.name),
        {"type": "localport", "addresses": frozenset((f"{link.mac} {link.node(4)} {link.node(6)}",))},
        Place("Logical_Switch", link.name, "ports"),
    )


def _policies(subnet: Subnet, link: Link) -> Iterator[Row]:
    for family in Addressing.of(subnet).families:
        version = family.version
        yield policy(
            f"central/{subnet.name}/{version}",
            OUT,
            f"ip{version}.src == {family.network}",
            link.node(version),
        )


def _ready(named: tuple[str, ...], nodes: list[str]) -> Condition:
    missing = [name for name in named if name not in nodes]
    message = f"no such nodes: {', '.join(missing)}" if missing else ""
    return Condition(type=GATEWAY_READY, status="True", reason="GatewayNodesKnown", message=message)


def _unready(named: tuple[str, ...]) -> Condition:
    message = (
        f"spec.gatewayNode: found {', '.join(named) or 'nothing'}, needed: the name of at least one node, "
        "or gatewayNodeSelectors that one has the labels of"
    )
    return Condition(type=GATEWAY_READY, status="False", reason="NoGatewayNode", message=message)
