"""How a VPC is joined with physical networks: a port of its router in each external subnet, on gateway nodes.

The gateway nodes are those labelled ``ovn.kubernetes.io/external-gw=true``, all nodes where none is. OVN keeps the port
on the first of them that lives, as it does for centralised subnets. The ConfigMap ``ovn-external-gw-config`` joins the
default VPC with the cluster's external subnet as well, and may name the nodes and the port's address.
"""

from __future__ import annotations

from collections.abc import Iterator

from controller.api import external_gateway
from controller.api.addresses import version_of
from controller.api.core import ConfigMap, Node
from controller.api.external_gateway import ExternalGateway
from controller.api.kinds import CONFIG_MAPS, IPS, NODES, SUBNETS, VPCS
from controller.api.kubeovn import IP, Subnet, Vpc
from controller.api.meta import Condition
from controller.api.names import DEFAULT_VPC, router_port
from controller.engine.addressing import Addressing, Family
from controller.engine.fragment import Fragment, Notice
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Member, Place, Row, RowKey, shared
from controller.reconcilers import matches
from controller.reconcilers.gateway import policy
from controller.reconcilers.joints import MOST_GATEWAYS, joint, on_first_of, preferred

JOINED = "ExternalJoined"
"""The condition of a VPC that is to reach physical networks."""
NOT_JOINED = "ExternalGatewayNotReady"
"""Reason of the event on the cluster's configuration of that."""

GATEWAY_LABEL = "ovn.kubernetes.io/external-gw"

TO_EXTERNAL = 29_500
"""Priority of what leaves the default VPC under an address of its own: before what leaves by a node."""


def external_subnets(vpc: Vpc, view: View) -> list[Subnet]:
    """The physical networks that a VPC is joined with, those that exist."""
    found = (view.get(SUBNETS, name) for name in _named(vpc, view))
    return [subnet for subnet in found if subnet is not None and subnet.spec.vlan]


def gateway_of(vpc: str, view: View) -> ExternalGateway:
    """What the cluster says of the way of the default VPC to the external subnet; nothing of other VPCs."""
    found = view.get(CONFIG_MAPS, external_gateway.PATH) if vpc == DEFAULT_VPC else None
    return external_gateway.read(found.data) if found is not None else ExternalGateway()


def _named(vpc: Vpc, view: View) -> list[str]:
    names = list(vpc.spec.extra_external_subnets)
    if vpc.spec.enable_external or gateway_of(vpc.name, view).is_enabled:
        names.insert(0, view.settings.external_gateway_switch)
    return list(dict.fromkeys(names))


def reached_by(vpc: str, view: View) -> list[Subnet]:
    """The physical networks that the VPC of that name is joined with; none while there is no such VPC."""
    found = view.get(VPCS, vpc)
    return external_subnets(found, view) if found is not None else []


@reconciler("external", VPCS)
def attachments(vpc: Vpc, view: View) -> Fragment:
    """The router's port in each external subnet that has an address, and the ways that lead there."""
    rows: list[Row] = []
    for subnet in external_subnets(vpc, view):
        record = view.get(IPS, router_port(vpc.name, subnet.name))
        if record is not None:
            rows += _port(vpc, subnet, record, _gateways(vpc, view))
            rows += _ways(vpc, subnet)
    names = _named(vpc, view)
    status = {
        "enableExternal": view.settings.external_gateway_switch in names,
        "extraExternalSubnets": list(vpc.spec.extra_external_subnets),
    }
    if not names:
        return Fragment(status=status)
    return Fragment(rows=tuple(rows), status=status, conditions=(_joined(names, vpc, view),))


def _joined(names: list[str], vpc: Vpc, view: View) -> Condition:
    there = {subnet.name for subnet in external_subnets(vpc, view)}
    missing = [name for name in names if name not in there]
    if not missing:
        return Condition(type=JOINED, status="True", reason="ExternalSubnetsJoined")
    message = f"no subnets that lie in a Vlan: {', '.join(missing)}"
    return Condition(type=JOINED, status="False", reason="NoExternalSubnet", message=message)


@reconciler("external-gateway", CONFIG_MAPS)
def configured(said: ConfigMap, view: View) -> Fragment:
    """What of the cluster's configuration cannot be, told where it stands."""
    found = external_gateway.read(said.data)
    name = view.settings.external_gateway_switch
    subnet = view.get(SUBNETS, name)
    why = [f"{key}: {fault}" for key, fault in found.faults]
    if found.is_enabled and (subnet is None or not subnet.spec.vlan):
        why.append(f"{external_gateway.ENABLED}: there is no subnet {name!r} that lies in a Vlan: make one")
    missing = [node for node in found.nodes if view.get(NODES, node) is None]
    if missing:
        why.append(f"external-gw-nodes: no such nodes: {', '.join(missing)}")
    return Fragment(notices=tuple(Notice("Warning", NOT_JOINED, entry) for entry in why))


def leaves_by(vpc: str, subnet: Subnet, addresses: list[str]) -> tuple[Member, ...]:
    """What makes these addresses or networks leave the default VPC by an external subnet; others have no other way."""
    if vpc != DEFAULT_VPC:
        return ()
    return tuple(Member(shared(_sources(subnet, version_of(text))), text) for text in addresses)


def _port(vpc: Vpc, subnet: Subnet, record: IP, gateways: list[str]) -> Iterator[Row]:
    prefixes = {family.version: family.network.prefixlen for family in Addressing.of(subnet).families}
    networks = [f"{address}/{prefixes[version_of(address)]}" for address in record.addresses]
    # OVN announces the addresses that are translated when their gateway moves
    yield from joint(vpc.name, subnet.name, networks, mac=record.spec.mac_address, nat_addresses="router")
    yield from on_first_of(router_port(vpc.name, subnet.name), gateways)


def _ways(vpc: Vpc, subnet: Subnet) -> Iterator[Row]:
    """In the default VPC a policy for those that have an address out there, in others the route to everywhere."""
    for family in Addressing.of(subnet).families:
        if vpc.name == DEFAULT_VPC:
            sources = _sources(subnet, family.version)
            yield Row(sources, {})
            yield policy(
                f"external/{subnet.name}/{family.version}",
                TO_EXTERNAL,
                matches.from_set(sources.name, family.version),
                family.gateway,
            )
        elif not _states_default(vpc, family):
            yield Row(
                RowKey("Logical_Router_Static_Route", f"external/{vpc.name}/{subnet.name}/{family.version}"),
                {"ip_prefix": family.everywhere, "nexthop": family.gateway, "policy": "dst-ip"},
                Place("Logical_Router", vpc.name, "static_routes"),
            )


def _states_default(vpc: Vpc, family: Family) -> bool:
    return any(route.cidr == family.everywhere for route in vpc.spec.static_routes)


def _sources(subnet: Subnet, version: int) -> RowKey:
    return RowKey("Address_Set", f"external.{subnet.name.replace('-', '_')}.ip{version}")


def _gateways(vpc: Vpc, view: View) -> list[str]:
    nodes = sorted(view.all(NODES), key=lambda node: node.name)
    named = gateway_of(vpc.name, view).nodes
    chosen = [node for name in named for node in nodes if node.name == name]
    chosen = chosen or [node for node in nodes if _is_gateway(node)] or nodes
    return [node.name for node in preferred(chosen)[:MOST_GATEWAYS]]


def _is_gateway(node: Node) -> bool:
    return node.metadata.labels.get(GATEWAY_LABEL) == "true"
