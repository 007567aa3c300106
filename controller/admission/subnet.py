"""What a subnet may not be: an unusable range, a neighbour's range, or another one while addresses of it are in use."""

from collections.abc import Iterator, Sequence

import msgspec

from controller.admission import (
    choosing,
    labels,
    leaving,
    matches,
    nat_rules,
    options,
    ports,
    switch,
    view,
    within,
)
from controller.admission.cause import Cause, duplicate, forbidden, invalid, not_found, required, unsupported
from controller.admission.networks import NOT_FOR_PODS, networks
from controller.admission.view import View
from controller.api import names
from controller.api.addresses import BITS, InvalidAddress, Network, parse_network
from controller.api.completion import PROTOCOLS, without_outdated
from controller.api.gateway_links import named_nodes
from controller.api.kinds import SUBNETS, VPCS
from controller.api.kubeovn import Subnet
from controller.api.placement import vpc_of

GATEWAY_TYPES = ("distributed", "centralized")
SMALLEST_MTU = {4: 576, 6: 1280}
"""Bytes that every link must carry in one piece (RFC 791, RFC 8200)."""
LARGEST_MTU = 65_535
SHOWN = 3
"""How many users of a subnet a refusal names."""


def create(new: Subnet, others: View) -> Iterator[Cause]:
    """A subnet that nobody has addresses of yet."""
    yield from switch.keep_ip(new)
    yield from itself(new)
    yield from _beside_others(new, others)


def update(new: Subnet, old: Subnet, others: View) -> Iterator[Cause]:
    """Another specification: range and VPC stay while addresses are in use."""
    yield from switch.keep_ip(new)
    fitting = msgspec.structs.replace(new, spec=without_outdated(new.spec, old.spec))
    yield from itself(fitting)
    yield from _beside_others(fitting, others)
    used = others.index("IP", "spec.subnet").get(new.name, ())
    if used:
        for field, before, after in (
            ("spec.cidrBlock", old.spec.cidr_block, new.spec.cidr_block),
            ("spec.vpc", vpc_of(old), vpc_of(new)),
        ):
            if before != after:
                yield forbidden(
                    field, f'found "{after}", allowed "{before}" as long as {_users(used)} in use'
                )


def delete(old: Subnet, others: View) -> Iterator[Cause]:
    """A subnet stays as long as somebody has an address of it."""
    used = others.index("IP", "spec.subnet").get(old.name, ())
    if used:
        yield forbidden(
            "metadata.name", f'subnet "{old.name}" cannot be deleted as long as {_users(used)} in use'
        )


def itself(new: Subnet) -> Iterator[Cause]:
    """What speaks against a subnet whatever else there is."""
    spec = new.spec
    yield from labels.label("metadata.name", new.name)
    faults: list[Cause] = []
    blocks = _cidr_block(new, faults)
    yield from faults
    if not faults:
        yield from within.addresses(new, blocks)
        yield from _protocol(new, blocks)
        yield from _mtu(new, blocks)
        yield from leaving.ways(new)
        yield from nat_rules.of_subnet(new, blocks)
    if spec.gateway_type and spec.gateway_type not in GATEWAY_TYPES:
        yield unsupported("spec.gatewayType", spec.gateway_type, GATEWAY_TYPES)
    for field, name in (("spec.vpc", spec.vpc), ("spec.vlan", spec.vlan), ("spec.provider", spec.provider)):
        if name:
            yield from labels.name(field, name)
    for node, _ in named_nodes(spec.gateway_node):
        yield from labels.name("spec.gatewayNode", node)
    for field, word in (
        ("spec.routeTable", spec.route_table),
        ("spec.nodeNetwork", spec.node_network),
        ("spec.htbqos", spec.htbqos),
    ):
        yield from labels.word(field, word)
    yield from labels.labels("spec.namespaces", spec.namespaces)
    yield from _acls(new)
    yield from options.of_subnet(new)
    yield from choosing.selectors("spec.namespaceSelectors", spec.namespace_selectors)
    yield from choosing.selectors("spec.gatewayNodeSelectors", spec.gateway_node_selectors)
    if spec.logical_gateway and spec.u2o_interconnection:
        yield forbidden("spec.u2oInterconnection", "logicalGateway and u2oInterconnection exclude each other")


def _beside_others(new: Subnet, others: View) -> Iterator[Cause]:
    """What speaks against a subnet in view of the others."""
    vpc = vpc_of(new)
    if vpc != names.DEFAULT_VPC and labels.is_name(vpc) and others.get(VPCS.name, vpc) is None:
        yield not_found("spec.vpc", vpc, f"a VPC that exists, or {names.DEFAULT_VPC}")
    for other in view.every(others, SUBNETS):
        if other.name != new.name:
            yield from beside(new, other)
    yield from ports.of_subnet(new, others)


def _cidr_block(new: Subnet, faults: list[Cause]) -> list[Network]:
    field = "spec.cidrBlock"
    if not new.spec.cidr_block:
        faults.append(
            required(field, "one network in CIDR notation, or an IPv4 and an IPv6 one joined by a comma")
        )
        return []
    blocks: list[Network] = []
    for text in new.spec.cidr_block.split(","):
        try:
            network = parse_network(text)
        except InvalidAddress as error:
            faults.append(invalid(field, text, error.allowed))
            continue
        if any(network.version == block.version for block in blocks):
            faults.append(invalid(field, new.spec.cidr_block, "one network of each family"))
        elif network.prefix > BITS[network.version] - 2:
            faults.append(
                invalid(field, text, f"at least 4 addresses: /{BITS[network.version] - 2} or shorter")
            )
        elif taboo := next((taboo for taboo in NOT_FOR_PODS if taboo.overlaps(network)), None):
            faults.append(invalid(field, text, f"a network that is routed: not within {taboo}"))
        else:
            blocks.append(network)
    return blocks


def _protocol(new: Subnet, blocks: list[Network]) -> Iterator[Cause]:
    said = new.spec.protocol
    fitting = PROTOCOLS[tuple(sorted(block.version for block in blocks))]
    if said and said not in PROTOCOLS.values():
        yield unsupported("spec.protocol", said, tuple(PROTOCOLS.values()))
    elif said and said != fitting:
        yield invalid("spec.protocol", said, f"{fitting}, for cidrBlock is {new.spec.cidr_block}")


def _mtu(new: Subnet, blocks: list[Network]) -> Iterator[Cause]:
    least = max(SMALLEST_MTU[block.version] for block in blocks)
    if new.spec.mtu and not least <= new.spec.mtu <= LARGEST_MTU:
        yield invalid(
            "spec.mtu", new.spec.mtu, f"{least} to {LARGEST_MTU} bytes, or 0 for what the underlay leaves"
        )


def _acls(new: Subnet) -> Iterator[Cause]:
    for position, acl in enumerate(new.spec.acls):
        field = f"spec.acls[{position}]"
        if not acl.direction:
            yield required(f"{field}.direction", "from-lport or to-lport")
        yield from matches.match(f"{field}.match", acl.match)
        if not acl.action:
            yield required(f"{field}.action", "allow-related, allow-stateless, allow, drop or reject")


def beside(new: Subnet, other: Subnet) -> Iterator[Cause]:
    """What speaks against a subnet as long as there is that other one."""
    if names.JOIN_SUBNET in (new.name, other.name) or vpc_of(new) == vpc_of(other):
        for block in networks(new):
            for theirs in networks(other):
                if block.overlaps(theirs):
                    allowed = f"a network that does not overlap {theirs} of subnet {other.name}"
                    yield invalid("spec.cidrBlock", str(block), allowed)
    for position, namespace in enumerate(new.spec.namespaces):
        if namespace in other.spec.namespaces:
            yield duplicate(f"spec.namespaces[{position}]", namespace, f"subnet {other.name}")
    yield from ports.beside(new, other)


def _users(used: Sequence[str]) -> str:
    shown = ", ".join(used[:SHOWN]) + (", ..." if len(used) > SHOWN else "")
    return f"{len(used)} of its addresses ({shown}) {'is' if len(used) == 1 else 'are'}"
