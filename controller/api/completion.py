"""What a subnet leaves unsaid follows from what it says; Kube-OVN writes that into the object, and so is it done here.

People and their tools look for it there: the columns of ``kubectl get subnet``, the gateway of a script.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from controller.api.addresses import (
    Address,
    InvalidAddress,
    Network,
    parse_address,
    parse_network,
    parse_range,
)
from controller.api.kubeovn import SubnetSpec

PROTOCOLS = {(4,): "IPv4", (6,): "IPv6", (4, 6): "Dual"}
"""What the protocol of a subnet is called, by the versions of IP of its networks."""


def completed(spec: SubnetSpec) -> dict[str, Any]:
    """The fields that ought to say more or something else, by wire names; none of a subnet whose range is none."""
    try:
        networks = [parse_network(text.strip()) for text in spec.cidr_block.split(",")]
    except InvalidAddress:
        return {}
    protocol = PROTOCOLS.get(tuple(sorted(network.version for network in networks)), spec.protocol)
    gateways = _gateways(spec, networks)
    named = {text.strip() for text in spec.gateway.split(",")}
    gateway = spec.gateway if named == set(gateways) else ",".join(gateways)
    excluded = _excluded(spec, networks, gateways)
    wanted = {"protocol": protocol, "gateway": gateway, "excludeIps": excluded}
    present = {"protocol": spec.protocol, "gateway": spec.gateway, "excludeIps": list(spec.exclude_ips)}
    return {name: value for name, value in wanted.items() if present[name] != value}


def complete(spec: SubnetSpec) -> SubnetSpec:
    """The specification with all that it leaves unsaid."""
    return msgspec.convert(msgspec.to_builtins(spec) | completed(spec), SubnetSpec)


def first_host(network: Network) -> Address:
    """The gateway of a network of which nothing else is said."""
    return Address(network.version, network.first + 1)


def without_outdated(new: SubnetSpec, old: SubnetSpec) -> SubnetSpec:
    """A specification with another range, without what was only completed for the one before and does not fit now."""
    if new.cidr_block == old.cidr_block:
        return new
    try:
        before = [parse_network(text.strip()) for text in old.cidr_block.split(",")]
        after = [parse_network(text.strip()) for text in new.cidr_block.split(",")]
    except InvalidAddress:
        return new
    derived = {
        str(first_host(network))
        for network in before
        if not any(other.holds(first_host(network)) for other in after)
    }
    protocol = "" if new.protocol == old.protocol else new.protocol
    gateways = [text for text in new.gateway.split(",") if text.strip() not in derived]
    excluded = tuple(text for text in new.exclude_ips if text not in derived)
    return msgspec.structs.replace(new, protocol=protocol, gateway=",".join(gateways), exclude_ips=excluded)


def _gateways(spec: SubnetSpec, networks: Sequence[Network]) -> list[str]:
    named: list[Address] = []
    for text in spec.gateway.split(","):
        try:
            named.append(parse_address(text.strip()))
        except InvalidAddress:
            continue
    return [
        str(next((entry for entry in named if network.holds(entry)), first_host(network)))
        for network in networks
    ]


def _excluded(spec: SubnetSpec, networks: Sequence[Network], gateways: Sequence[str]) -> list[str]:
    """What is kept out of the pool: what was named and is in a network, and the gateways."""
    kept, ranges = [], []
    for text in spec.exclude_ips:
        try:
            found = parse_range(text)
        except InvalidAddress:
            continue
        if any(network.holds(Address(found.version, found.first)) for network in networks):
            kept.append(text)
            ranges.append(found)
    missing = (text for text in gateways if not any(found.holds(parse_address(text)) for found in ranges))
    return [*kept, *missing]
