"""What a subnet may not be: an unusable range, a neighbour's range, or another one while addresses of it are in use."""

from collections.abc import Iterator, Sequence

from controller.admission import choosing, labels, switch, view
from controller.admission.cause import Cause, duplicate, forbidden, invalid, not_found, required, unsupported
from controller.admission.networks import NOT_FOR_PODS, is_host, networks
from controller.admission.view import View
from controller.api import names
from controller.api.addresses import BITS, InvalidAddress, Network, parse_address, parse_network, parse_range
from controller.api.dhcp import parse_options
from controller.api.kinds import SUBNETS, VPCS
from controller.api.kubeovn import Subnet
from controller.api.placement import vpc_of

PROTOCOLS = {(4,): "IPv4", (6,): "IPv6", (4, 6): "Dual"}
GATEWAY_TYPES = ("distributed", "centralized")
SMALLEST_MTU = {4: 576, 6: 1280}
"""Bytes that every link must carry in one piece (RFC 791, RFC 8200)."""
LARGEST_MTU = 65_535
SHOWN = 3
"""How many users of a subnet a refusal names."""


def create(new: Subnet, others: View) -> Iterator[Cause]:
    """A subnet that nobody has addresses of yet."""
    yield from labels.label("metadata.name", new.name)
    yield from switch.keep_ip(new)
    yield from _specification(new, others)


def update(new: Subnet, old: Subnet, others: View) -> Iterator[Cause]:
    """Another specification: range and VPC stay while addresses are in use."""
    yield from switch.keep_ip(new)
    yield from _specification(new, others)
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


def _specification(new: Subnet, others: View) -> Iterator[Cause]:
    faults: list[Cause] = []
    blocks = _cidr_block(new, faults)
    yield from faults
    if not faults:
        yield from _gateway(new, blocks)
        yield from _exclusions(new, blocks)
        yield from _protocol(new, blocks)
        yield from _mtu(new, blocks)
    if new.spec.gateway_type and new.spec.gateway_type not in GATEWAY_TYPES:
        yield unsupported("spec.gatewayType", new.spec.gateway_type, GATEWAY_TYPES)
    if vpc_of(new) != names.DEFAULT_VPC and others.get(VPCS.name, vpc_of(new)) is None:
        yield not_found("spec.vpc", vpc_of(new), f"a VPC that exists, or {names.DEFAULT_VPC}")
    yield from _own_namespaces(new)
    yield from _allow_subnets(new)
    yield from _acls(new)
    yield from _dhcp(new)
    yield from choosing.selectors("spec.namespaceSelectors", new.spec.namespace_selectors)
    yield from choosing.selectors("spec.gatewayNodeSelectors", new.spec.gateway_node_selectors)
    yield from _nat_rules(new)
    for other in view.every(others, SUBNETS):
        if other.name != new.name:
            yield from _beside(new, blocks, other)


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


def _gateway(new: Subnet, blocks: list[Network]) -> Iterator[Cause]:
    field = "spec.gateway"
    seen: set[Network] = set()
    for text in new.spec.gateway.split(",") if new.spec.gateway else ():
        try:
            address = parse_address(text)
        except InvalidAddress as error:
            yield invalid(field, text, error.allowed)
            continue
        home = next((block for block in blocks if is_host(block, address)), None)
        if home is None:
            yield invalid(field, text, f"a host of {new.spec.cidr_block}")
        elif home in seen:
            yield invalid(field, new.spec.gateway, "one gateway in each network")
        elif str(address) != text:
            yield invalid(field, text, f"the same address as {address}")
        else:
            seen.add(home)


def _exclusions(new: Subnet, blocks: list[Network]) -> Iterator[Cause]:
    for position, text in enumerate(new.spec.exclude_ips):
        field = f"spec.excludeIps[{position}]"
        try:
            version, first, last = parse_range(text)
        except InvalidAddress as error:
            yield invalid(field, text, error.allowed)
            continue
        if not any(
            version == block.version and block.first <= first and last <= block.last for block in blocks
        ):
            yield invalid(field, text, f"addresses within {new.spec.cidr_block}")


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


def _own_namespaces(new: Subnet) -> Iterator[Cause]:
    seen: set[str] = set()
    for position, namespace in enumerate(new.spec.namespaces):
        field = f"spec.namespaces[{position}]"
        yield from labels.label(field, namespace)
        if namespace in seen:
            yield duplicate(field, namespace, "this list")
        seen.add(namespace)


def _allow_subnets(new: Subnet) -> Iterator[Cause]:
    for position, text in enumerate(new.spec.allow_subnets):
        try:
            parse_network(text)
        except InvalidAddress as error:
            yield invalid(f"spec.allowSubnets[{position}]", text, error.allowed)


def _acls(new: Subnet) -> Iterator[Cause]:
    for position, acl in enumerate(new.spec.acls):
        field = f"spec.acls[{position}]"
        if not acl.direction:
            yield required(f"{field}.direction", "from-lport or to-lport")
        if not acl.match.strip():
            yield required(f"{field}.match", "an expression of OVN, such as ip4.src == 10.0.0.0/24")
        if not acl.action:
            yield required(f"{field}.action", "allow-related, allow-stateless, allow, drop or reject")


def _dhcp(new: Subnet) -> Iterator[Cause]:
    for field, text in (
        ("spec.dhcpV4Options", new.spec.dhcp_v4_options),
        ("spec.dhcpV6Options", new.spec.dhcp_v6_options),
        ("spec.ipv6RAConfigs", new.spec.ipv6_ra_configs),
    ):
        try:
            parse_options(text)
        except ValueError as error:
            yield invalid(field, str(error), "OPTION=VALUE pairs joined by commas")


def _nat_rules(new: Subnet) -> Iterator[Cause]:
    for position, rule in enumerate(new.spec.nat_outgoing_policy_rules):
        field = f"spec.natOutgoingPolicyRules[{position}]"
        if not rule.action:
            yield required(f"{field}.action", "nat or forward")
        for end, text in (("srcIPs", rule.match.src_ips), ("dstIPs", rule.match.dst_ips)):
            for part in filter(None, (entry.strip() for entry in text.split(","))):
                try:
                    parse_network(part) if "/" in part else parse_address(part)
                except InvalidAddress as error:
                    yield invalid(f"{field}.match.{end}", part, error.allowed)


def _beside(new: Subnet, blocks: list[Network], other: Subnet) -> Iterator[Cause]:
    if names.JOIN_SUBNET in (new.name, other.name) or vpc_of(new) == vpc_of(other):
        for block in blocks:
            for theirs in networks(other):
                if block.overlaps(theirs):
                    allowed = f"a network that does not overlap {theirs} of subnet {other.name}"
                    yield invalid("spec.cidrBlock", str(block), allowed)
    for position, namespace in enumerate(new.spec.namespaces):
        if namespace in other.spec.namespaces:
            yield duplicate(f"spec.namespaces[{position}]", namespace, f"subnet {other.name}")
    port = names.router_port(vpc_of(new), new.name)
    if port == names.router_port(vpc_of(other), other.name):
        yield duplicate(
            "metadata.name", new.name, f"subnet {other.name} of VPC {vpc_of(other)}, as router port {port},"
        )


def _users(used: Sequence[str]) -> str:
    shown = ", ".join(used[:SHOWN]) + (", ..." if len(used) > SHOWN else "")
    return f"{len(used)} of its addresses ({shown}) {'is' if len(used) == 1 else 'are'}"
