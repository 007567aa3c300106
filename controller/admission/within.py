"""What addresses a subnet may not state: those that are not of its own networks, or not of their families."""

from collections.abc import Iterator, Sequence

from controller.admission.cause import Cause, duplicate, invalid
from controller.admission.networks import is_host
from controller.api.addresses import InvalidAddress, Network, parse_address, parse_network, parse_range
from controller.api.kubeovn import Subnet


def addresses(new: Subnet, blocks: Sequence[Network]) -> Iterator[Cause]:
    """What speaks against the addresses that a subnet states; ``blocks`` are its networks."""
    yield from _hosts("spec.gateway", new.spec.gateway, new, blocks)
    yield from _hosts("spec.u2oInterconnectionIP", new.spec.u2o_interconnection_ip, new, blocks)
    yield from _exclusions(new, blocks)
    for position, text in enumerate(new.spec.vips):
        yield from _hosts(f"spec.vips[{position}]", text, new, blocks)
    yield from _allow_subnets(new, blocks)


def _hosts(field: str, stated: str, new: Subnet, blocks: Sequence[Network]) -> Iterator[Cause]:
    """At most one host of each network, joined by a comma."""
    seen: set[Network] = set()
    for text in stated.split(",") if stated else ():
        try:
            address = parse_address(text)
        except InvalidAddress as error:
            yield invalid(field, text, error.allowed)
            continue
        home = next((block for block in blocks if is_host(block, address)), None)
        if home is None:
            yield invalid(field, text, f"a host of {new.spec.cidr_block}")
        elif home in seen:
            yield invalid(field, stated, "one address in each network")
        elif str(address) != text:
            yield invalid(field, text, f"the same address as {address}")
        else:
            seen.add(home)


def _exclusions(new: Subnet, blocks: Sequence[Network]) -> Iterator[Cause]:
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


def _allow_subnets(new: Subnet, blocks: Sequence[Network]) -> Iterator[Cause]:
    """Networks whose hosts could ever speak with one of the subnet."""
    seen: set[str] = set()
    for position, text in enumerate(new.spec.allow_subnets):
        field = f"spec.allowSubnets[{position}]"
        try:
            network = parse_network(text)
        except InvalidAddress as error:
            yield invalid(field, text, error.allowed)
            continue
        if all(network.version != block.version for block in blocks):
            yield invalid(field, text, f"a network of a family of {new.spec.cidr_block}")
        if text in seen:
            yield duplicate(field, text, "this list")
        seen.add(text)
