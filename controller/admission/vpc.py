"""What a VPC may not be: routes that lead nowhere, and gone while subnets are in it."""

import re
from collections.abc import Iterator

from controller.admission import choosing, labels, matches, peerings, view
from controller.admission.cause import Cause, duplicate, forbidden, invalid, required, unsupported
from controller.admission.networks import canonical_addresses
from controller.admission.view import View
from controller.api.addresses import InvalidAddress, parse_address, parse_network
from controller.api.kinds import SUBNETS, VPCS
from controller.api.kubeovn import DynamicRouting, PolicyRoute, StaticRoute, Vpc
from controller.api.names import router_port
from controller.api.placement import vpc_of

ECMP_MODE = "ecmp_symmetric_reply"
ACTIONS = ("allow", "drop", "reroute")
POLICIES = ("policyDst", "policySrc")
_DEVICE = re.compile(r"[^/\s]{1,15}")


def create(new: Vpc, others: View) -> Iterator[Cause]:
    """A new VPC."""
    yield from itself(new)
    yield from _beside_others(new, others)


def update(new: Vpc, old: Vpc, others: View) -> Iterator[Cause]:
    """Another specification."""
    yield from itself(new)
    yield from _beside_others(new, others)


def delete(old: Vpc, others: View) -> Iterator[Cause]:
    """A VPC stays as long as a subnet is in it."""
    inside = [subnet.name for subnet in view.every(others, SUBNETS) if vpc_of(subnet) == old.name]
    if inside:
        message = (
            f'VPC "{old.name}" cannot be deleted as long as these subnets are in it: {", ".join(inside)}'
        )
        yield forbidden("metadata.name", message)


def itself(new: Vpc) -> Iterator[Cause]:
    """What speaks against a VPC whatever else there is."""
    spec = new.spec
    yield from labels.label("metadata.name", new.name)
    yield from labels.labels("spec.namespaces", spec.namespaces)
    if spec.default_subnet:
        yield from labels.label("spec.defaultSubnet", spec.default_subnet)
    yield from labels.names("spec.extraExternalSubnets", spec.extra_external_subnets)
    yield from _static_routes(spec.static_routes)
    yield from _policy_routes(spec.policy_routes)
    yield from peerings.stated(new)
    if spec.bfd_port.ip:
        faults: list[Cause] = []
        canonical_addresses("spec.bfdPort.ip", spec.bfd_port.ip, faults)
        yield from faults
    if spec.bfd_port.node_selector is not None:
        yield from choosing.rules("spec.bfdPort.nodeSelector", spec.bfd_port.node_selector)
    yield from _announced(spec.dynamic_routing)


def beside(new: Vpc, other: Vpc) -> Iterator[Cause]:
    """What speaks against a VPC as long as there is that other one."""
    for position, namespace in enumerate(new.spec.namespaces):
        if namespace in other.spec.namespaces:
            yield duplicate(f"spec.namespaces[{position}]", namespace, f"VPC {other.name}")
    yield from peerings.beside(new, other)


def _beside_others(new: Vpc, others: View) -> Iterator[Cause]:
    for other in view.every(others, VPCS):
        if other.name != new.name:
            yield from beside(new, other)
    default = view.get(others, SUBNETS, new.spec.default_subnet) if new.spec.default_subnet else None
    if default is not None and vpc_of(default) != new.name:
        allowed = f"a subnet of VPC {new.name}: this one is of {vpc_of(default)}"
        yield invalid("spec.defaultSubnet", default.name, allowed)
    for position, name in enumerate(new.spec.extra_external_subnets):
        found = view.get(others, SUBNETS, name)
        if found is not None and not found.spec.vlan:
            yield invalid(f"spec.extraExternalSubnets[{position}]", name, "a subnet that lies in a Vlan")
    for position, peering in enumerate(new.spec.vpc_peerings):
        namesake = view.get(others, SUBNETS, peering.remote_vpc)
        if namesake is not None and vpc_of(namesake) == new.name:
            owner = f"subnet {namesake.name}, as router port {router_port(new.name, namesake.name)},"
            yield duplicate(f"spec.vpcPeerings[{position}].remoteVpc", peering.remote_vpc, owner)


def _static_routes(routes: tuple[StaticRoute, ...]) -> Iterator[Cause]:
    seen: set[tuple[str, ...]] = set()
    for position, route in enumerate(routes):
        field = f"spec.staticRoutes[{position}]"
        yield from _route(field, route.cidr, route.next_hop_ip, route.policy)
        if route.ecmp_mode and route.ecmp_mode != ECMP_MODE:
            yield unsupported(f"{field}.ecmpMode", route.ecmp_mode, (ECMP_MODE,))
        for name, text in (("bfdId", route.bfd_id), ("routeTable", route.route_table)):
            yield from labels.word(f"{field}.{name}", text)
        identity = (route.policy, route.route_table, route.cidr, route.next_hop_ip)
        if identity in seen:
            yield duplicate(f"{field}.cidr", route.cidr, "this list")
        seen.add(identity)


def _policy_routes(policies: tuple[PolicyRoute, ...]) -> Iterator[Cause]:
    seen: set[tuple[int, str]] = set()
    for position, policy in enumerate(policies):
        field = f"spec.policyRoutes[{position}]"
        yield from _policy(field, policy)
        if (policy.priority, policy.match) in seen:
            yield duplicate(f"{field}.match", policy.match, "this list, with the same priority,")
        seen.add((policy.priority, policy.match))


def _announced(routing: DynamicRouting) -> Iterator[Cause]:
    if routing.vrf_name and not _DEVICE.fullmatch(routing.vrf_name):
        allowed = 'the name of a device: at most 15 characters, without "/" and blanks'
        yield invalid("spec.dynamicRouting.vrfName", routing.vrf_name, allowed)
    if not 0 <= routing.vrf_id < 2**32:
        yield invalid(
            "spec.dynamicRouting.vrfId", routing.vrf_id, "the number of a routing table, 0 to 4294967295"
        )


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
    yield from matches.match(f"{field}.match", policy.match)
    if policy.action not in ACTIONS:
        yield unsupported(f"{field}.action", policy.action, ACTIONS)
    hops = [hop.strip() for hop in policy.next_hop_ip.split(",") if hop.strip()]
    if policy.action == "reroute" and not hops:
        yield required(f"{field}.nextHopIP", "where to, one or several addresses joined by commas")
    if policy.action in ("allow", "drop") and hops:
        yield forbidden(f"{field}.nextHopIP", f"only action reroute leads anywhere, not {policy.action}")
    version = matches.version(policy.match)
    for hop in hops:
        try:
            found = parse_address(hop).version
        except InvalidAddress as error:
            yield invalid(f"{field}.nextHopIP", hop, error.allowed)
            continue
        if version is not None and found != version:
            yield invalid(f"{field}.nextHopIP", hop, f"an IPv{version} address, as the match says")
        version = version or found
