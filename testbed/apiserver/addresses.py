"""Addresses and node ports of services: given at creation, kept as long as the service lives, told apart by all.

Who has which is read from an index that the store keeps with every write, so nothing is recorded twice.
Sources: https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/ and .../dual-stack/
"""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any

from testbed.apiserver.admission import View
from testbed.apiserver.rules.causes import duplicate, invalid
from testbed.apiserver.rules.service import NO_ADDRESS, NODE_PORTS, version
from testbed.apiserver.status import ApiError, Cause

Document = dict[str, Any]

SERVICE_CIDR = "10.96.0.0/12,fd00:10:96::/112"
"""The ranges that Kube-OVN takes by default in a cluster of both families; services get IPv4 unless they ask."""

SMALLEST = 8
"""Addresses that a range of services must have."""

SINGLE, PREFER, REQUIRE = "SingleStack", "PreferDualStack", "RequireDualStack"


class ServiceAddresses:
    """Gives addresses out of ``cidr``: a range, or one of each family joined by a comma, the usual one first.

    The first address of each is kept for the API server's own service, as in Kubernetes. Raises ``ValueError`` for a
    range that is none or too small, or two of one family.
    """

    def __init__(self, view: View, cidr: str = SERVICE_CIDR) -> None:
        networks = [ipaddress.ip_network(text.strip()) for text in cidr.split(",")]
        self._networks = {f"IPv{network.version}": network for network in networks}
        if len(self._networks) < len(networks):
            raise ValueError(f"ranges of services: found {cidr}, allowed one of each family")
        for network in networks:
            if network.num_addresses < SMALLEST:
                raise ValueError(f"range of services: found {network}, allowed at least {SMALLEST} addresses")
        self._rng = random.SystemRandom()
        self._taken = _Owners(view, "cluster addresses", _addresses)
        self._node_ports = _NodePorts(view)

    def assign(self, new: Document, old: Document | None) -> Iterator[Cause]:
        """Completes a service's addresses; tells which of those asked for cannot be had.

        Raises ``ApiError`` 500 when none is left.
        """
        spec, before = new["spec"], (old or {}).get("spec", {})
        own = _path(new)
        if spec["type"] == "ExternalName":
            for member in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
                spec.pop(member, None)
            return
        _shrink(spec, before)
        asked = _asked(spec) or _asked(before)[: 1 if spec.get("ipFamilyPolicy") == SINGLE else 2]
        is_headless = NO_ADDRESS in asked
        causes = [*_contradiction(spec), *self._choose_families(spec, [] if is_headless else asked)]
        yield from causes
        if is_headless:
            addresses = [NO_ADDRESS]
        elif causes:
            addresses = asked
        else:
            yield from self._faults(asked, spec["ipFamilies"], own)
            addresses = asked + [self._free(family) for family in spec["ipFamilies"][len(asked) :]]
        if addresses:
            spec["clusterIP"] = addresses[0]
            spec["clusterIPs"] = addresses
        yield from self._node_ports.assign(new, before, own)

    def _choose_families(self, spec: Document, asked: list[str]) -> Iterator[Cause]:
        """Completes the families in their order, and whether there have to be two."""
        families = list(spec.get("ipFamilies") or (f"IPv{found}" for found in map(version, asked) if found))
        policy = spec.setdefault("ipFamilyPolicy", REQUIRE if max(len(families), len(asked)) > 1 else SINGLE)
        families = families or [next(iter(self._networks))]
        others = [family for family in self._networks if family not in families]
        if policy != SINGLE and len(families) == 1:
            families += others
        spec["ipFamilies"] = families
        for position, family in enumerate(families):
            if family not in self._networks or family in families[:position]:
                allowed = f"each of {', '.join(self._networks)} once"
                yield invalid(f"spec.ipFamilies[{position}]", family, allowed)
        if policy == SINGLE and max(len(families), len(asked)) > 1:
            yield invalid("spec.ipFamilyPolicy", policy, f"{PREFER} or {REQUIRE} with two families")
        if policy == REQUIRE and len(self._networks) == 1:
            yield invalid("spec.ipFamilyPolicy", policy, "SingleStack: services here have one family")

    def _faults(self, addresses: list[str], families: list[str], own: str) -> Iterator[Cause]:
        for position, (address, family) in enumerate(zip(addresses, families, strict=False)):
            path = f"spec.clusterIPs[{position}]" if position else "spec.clusterIP"
            network = self._networks[family]
            if version(address) != network.version or ipaddress.ip_address(address) not in network:
                yield invalid(path, address, f'an address of {network}, or "None"')
            elif self._taken.of(address, own) != own:
                yield duplicate(path, address)

    def _free(self, family: str) -> str:
        network = self._networks[family]
        size = network.num_addresses - 3
        start = self._rng.randrange(size)
        for step in range(size):
            address = str(network[2 + (start + step) % size])
            if address not in self._taken:
                return address
        raise ApiError(500, "InternalError", f"no address is left in the services' range {network}")


class _Owners:
    """Which service has which of something, kept by the store like any index."""

    def __init__(self, view: View, name: str, values: Callable[[Document], Iterable[Hashable]]) -> None:
        self._values = values
        self._of: dict[str, list[Hashable]] = {}
        self._owner: dict[Hashable, str] = {}
        view.keep("Service", name, self)

    def update(self, path: str, document: Document | None) -> None:
        """The service at ``path`` is now ``document``, or gone."""
        for value in self._of.pop(path, ()):
            if self._owner.get(value) == path:
                del self._owner[value]
        values = list(self._values(document)) if document is not None else []
        if values:
            self._of[path] = values
            self._owner.update(dict.fromkeys(values, path))

    def of(self, value: Hashable, otherwise: str) -> str:
        """The path of the service that has it; ``otherwise`` if none has."""
        return self._owner.get(value, otherwise)

    def __contains__(self, value: Hashable) -> bool:
        return value in self._owner


class _NodePorts:
    """The ports of all nodes."""

    def __init__(self, view: View) -> None:
        self._rng = random.SystemRandom()
        self._taken = _Owners(view, "node ports", _numbers)

    def assign(self, new: Document, before: Document, own: str) -> Iterator[Cause]:
        """Completes node ports where the type has them; a port keeps the one that it had."""
        spec = new["spec"]
        had = {(port["protocol"], port["port"]): port.get("nodePort") for port in before.get("ports") or ()}
        wanted = spec["type"] == "NodePort" or (
            spec["type"] == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts", True)
        )
        given: set[int] = set()
        for position, port in enumerate(spec.get("ports") or ()):
            number = port.get("nodePort") or (had.get((port["protocol"], port["port"])) if wanted else None)
            if number and self._taken.of(number, own) != own:
                yield duplicate(f"spec.ports[{position}].nodePort", number)
            if wanted and not number:
                number = self._free(given)
            if number:
                port["nodePort"] = number
                given.add(number)

    def _free(self, given: set[int]) -> int:
        start = self._rng.randrange(len(NODE_PORTS))
        for step in range(len(NODE_PORTS)):
            number = NODE_PORTS[(start + step) % len(NODE_PORTS)]
            if number not in self._taken and number not in given:
                return number
        raise ApiError(500, "InternalError", "no node port is left")


def _shrink(spec: Document, before: Document) -> None:
    """A service that is to have one family from now on keeps its first, without having to say which."""
    if spec.get("ipFamilyPolicy") != SINGLE or before.get("ipFamilyPolicy", SINGLE) == SINGLE:
        return
    for member in ("clusterIPs", "ipFamilies"):
        if member in spec and spec[member] == before.get(member):
            spec[member] = spec[member][:1]


def _contradiction(spec: Document) -> Iterator[Cause]:
    first, every = spec.get("clusterIP"), spec.get("clusterIPs")
    if first and every and every[0] != first:
        yield invalid("spec.clusterIPs[0]", every[0], f"{first}, as spec.clusterIP says")


def _asked(spec: Document) -> list[str]:
    addresses = spec.get("clusterIPs") or [spec.get("clusterIP")]
    return [address for address in addresses if address]


def _addresses(document: Document) -> Iterable[str]:
    return [address for address in _asked(document.get("spec", {})) if address != NO_ADDRESS]


def _numbers(document: Document) -> Iterable[int]:
    ports = document.get("spec", {}).get("ports") or ()
    return [port["nodePort"] for port in ports if port.get("nodePort")]


def _path(document: Document) -> str:
    meta = document["metadata"]
    return f"{meta.get('namespace', '')}/{meta.get('name', '')}"
