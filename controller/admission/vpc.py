"""What a VPC may not be: routes that lead nowhere, and gone while subnets are in it."""

from collections.abc import Iterator

from controller.admission import labels, view
from controller.admission.cause import Cause, duplicate, forbidden, invalid, unsupported
from controller.admission.view import View
from controller.api import names
from controller.api.addresses import InvalidAddress, parse_address, parse_network
from controller.api.kinds import SUBNETS, VPCS
from controller.api.kubeovn import Vpc

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
    inside = [
        subnet.name
        for subnet in view.every(others, SUBNETS)
        if (subnet.spec.vpc or names.DEFAULT_VPC) == old.name
    ]
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
