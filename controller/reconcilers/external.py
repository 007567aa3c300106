"""How a VPC is joined with physical networks: a port of its router in each external subnet, on gateway nodes.

The gateway nodes are those labelled ``ovn.kubernetes.io/external-gw=true``, all nodes where none is. OVN keeps the port
on the first of them that lives, as it does for centralised subnets.
"""

from __future__ import annotations

from collections.abc import Iterator

from controller.api.addresses import version_of
from controller.api.core import Node
from controller.api.kinds import IPS, NODES, SUBNETS, VPCS
from controller.api.kubeovn import IP, Subnet, Vpc
from controller.api.names import DEFAULT_VPC, router_port
from controller.engine.addressing import Addressing, Family
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Member, Place, Row, RowKey, shared
from controller.reconcilers.gateway import policy
from controller.reconcilers.joints import MOST_GATEWAYS, joint, on_first_of, preferred

GATEWAY_LABEL = "ovn.kubernetes.io/external-gw"

TO_EXTERNAL = 29_500
"""Priority of what leaves the default VPC under an address of its own: before what leaves by a node."""


def external_subnets(vpc: Vpc, view: View) -> list[Subnet]:
    """The physical networks that a VPC is joined with, those that exist."""
    names = list(vpc.spec.extra_external_subnets)
    if vpc.spec.enable_external:
        names.insert(0, view.settings.external_gateway_switch)
    found = (view.get(SUBNETS, name) for name in dict.fromkeys(names))
    return [subnet for subnet in found if subnet is not None and subnet.spec.vlan]


@reconciler("external", VPCS)
def attachments(vpc: Vpc, view: View) -> Fragment:
    """The router's port in each external subnet that has an address, and the ways that lead there."""
    rows: list[Row] = []
    for subnet in external_subnets(vpc, view):
        record = view.get(IPS, router_port(vpc.name, subnet.name))
        if record is not None:
            rows += _port(vpc, subnet, record, _gateways(view))
            rows += _ways(vpc, subnet)
    status = {
        "enableExternal": vpc.spec.enable_external,
        "extraExternalSubnets": list(vpc.spec.extra_external_subnets),
    }
    return Fragment(rows=tuple(rows), status=status) if rows or vpc.spec.enable_external else NOTHING


def leaves_by(vpc: str, subnet: Subnet, addresses: list[str]) -> tuple[Member, ...]:
    """What makes these addresses or networks leave the default VPC by an external subnet; others have no other way."""
    if vpc != DEFAULT_VPC:
        return ()
    return tuple(Member(shared(_sources(subnet, version_of(text))), text) for text in addresses)


def _port(vpc: Vpc, subnet: Subnet, record: IP, gateways: list[str]) -> Iterator[Row]:
    prefixes = {family.version: family.network.prefixlen for family in Addressing.of(subnet).families}
    networks = [f"{address}/{prefixes[version_of(address)]}" for address in record.spec.ip_address.split(",")]
    # OVN announces the addresses that are translated when their gateway moves
    yield from joint(vpc.name, subnet.name, networks, mac=record.spec.mac_address, nat_addresses="router")
    yield from on_first_of(vpc.name, subnet.name, gateways)


def _ways(vpc: Vpc, subnet: Subnet) -> Iterator[Row]:
    """In the default VPC a policy for those that have an address out there, in others the route to everywhere."""
    for family in Addressing.of(subnet).families:
        if vpc.name == DEFAULT_VPC:
            sources = _sources(subnet, family.version)
            yield Row(sources, {})
            yield policy(
                f"external/{subnet.name}/{family.version}",
                TO_EXTERNAL,
                f"ip{family.version}.src == ${sources.name}",
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


def _gateways(view: View) -> list[str]:
    nodes = sorted(view.all(NODES), key=lambda node: node.name)
    chosen = [node for node in nodes if _is_gateway(node)] or nodes
    return [node.name for node in preferred(chosen)[:MOST_GATEWAYS]]


def _is_gateway(node: Node) -> bool:
    return node.metadata.labels.get(GATEWAY_LABEL) == "true"
