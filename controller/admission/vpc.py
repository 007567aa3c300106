"""What a VPC may not be: routes that lead nowhere, and gone while subnets are in it."""

from collections.abc import Iterator
from ipaddress import ip_interface

from controller.admission import labels, view
from controller.admission.cause import Cause, duplicate, forbidden, invalid, required, unsupported
from controller.admission.view import View
from controller.api.addresses import InvalidAddress, parse_address, parse_network
from controller.api.kinds import SUBNETS, VPCS
from controller.api.kubeovn import PolicyRoute, Vpc
from controller.api.placement import vpc_of

ACTIONS = ("allow", "drop", "reroute")
POLICIES = ("policyDst", "policySrc")


def create(new: Vpc, others: View) -> Iterator[Cause]:
    """A new VPC."""
    yield from labels.label("metadata.name", new.name)
    yield from _specification(new, others)


def update(new: Vpc, old: Vpc, others: View) -> Iterator[Cause]:
    """Another specification."""
    yield from _specification(new, others)


def delete(old: Vpc, others: View) -> Iterator[Cause]:
    """A VPC stays as long as a subnet is in it."""
    inside = [subnet.name for subnet in view.every(others, SUBNETS) if vpc_of(subnet) == old.name]
    if inside:
        message = (
            f'VPC "{old.name}" cannot be deleted as long as these subnets are in it: {", ".join(inside)}'
        )
        yield forbidden("metadata.name", message)


def _specification(new: Vpc, others: View) -> Iterator[Cause]:
    seen: set[str] = set()
    for position, namespace in enumerate(new.spec.namespaces):
        field = f"spec.namespaces[{position}]"
        yield from labels.label(field, namespace)
        if namespace in seen:
            yield duplicate(field, namespace, "this list")
        seen.add(namespace)
    for other in view.every(others, VPCS):
        if other.name == new.name:
            continue
        for position, namespace in enumerate(new.spec.namespaces):
            if namespace in other.spec.namespaces:
                yield duplicate(f"spec.namespaces[{position}]", namespace, f"VPC {other.name}")
    for position, route in enumerate(new.spec.static_routes):
        yield from _route(f"spec.staticRoutes[{position}]", route.cidr, route.next_hop_ip, route.policy)
    for position, policy in enumerate(new.spec.policy_routes):
        yield from _policy(f"spec.policyRoutes[{position}]", policy)
    yield from _peerings(new)


def _route(field: str, cidr: str, next_hop: str, policy: str) -> Iterator[Cause]:
    versions: set[int] = set()
    try:
        versions.add(parse_network(cidr).version if "/" in cidr else parse_address(cidr).version)
    except InvalidAddress as error:
        yield invalid(f"{field}.cidr", cidr, error.allowed)
    try:
        versions.add(parse_address(next_hop).version)
    except InvalidAddress as error:
        yield invalid(f"{field}.nextHopIP", next_hop, error.allowed)
    if len(versions) > 1:
        yield invalid(f"{field}.nextHopIP", next_hop, f"an address of the family of {cidr}")
    if policy not in POLICIES:
        yield unsupported(f"{field}.policy", policy, POLICIES)


def _policy(field: str, policy: PolicyRoute) -> Iterator[Cause]:
    if not policy.match.strip():
        yield required(f"{field}.match", "an expression of OVN, such as ip4.src == 10.0.0.0/24")
    if policy.action not in ACTIONS:
        yield unsupported(f"{field}.action", policy.action, ACTIONS)
    hops = [hop.strip() for hop in policy.next_hop_ip.split(",") if hop.strip()]
    if policy.action == "reroute" and not hops:
        yield required(f"{field}.nextHopIP", "where to, one or several addresses joined by commas")
    if policy.action != "reroute" and hops:
        yield forbidden(f"{field}.nextHopIP", f"only action reroute leads anywhere, not {policy.action}")
    for hop in hops:
        try:
            parse_address(hop)
        except InvalidAddress as error:
            yield invalid(f"{field}.nextHopIP", hop, error.allowed)


def _peerings(new: Vpc) -> Iterator[Cause]:
    seen: set[str] = set()
    for position, peering in enumerate(new.spec.vpc_peerings):
        field = f"spec.vpcPeerings[{position}]"
        if not peering.remote_vpc or peering.remote_vpc == new.name:
            yield invalid(f"{field}.remoteVpc", peering.remote_vpc, "the name of another VPC")
        elif peering.remote_vpc in seen:
            yield duplicate(f"{field}.remoteVpc", peering.remote_vpc, "this list")
        seen.add(peering.remote_vpc)
        try:
            ip_interface(peering.local_connect_ip)
            unfit = "/" not in peering.local_connect_ip
        except ValueError:
            unfit = True
        if unfit:
            yield invalid(
                f"{field}.localConnectIP",
                peering.local_connect_ip,
                "an address with its prefix, 169.254.0.1/30",
            )
