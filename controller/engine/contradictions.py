"""Which subnets and VPCs stand in each other's way: seen when one of them comes, although admission let neither wait.

Two that were written at the same moment, or past admission, may want the same range or the same namespace. Nobody can
say which of them is meant, so both stay in force and both say so.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

from controller.admission import Cause, subnet, vpc
from controller.admission.networks import networks
from controller.api.addresses import BITS
from controller.api.kind import Kind
from controller.api.kinds import SUBNETS, VPCS
from controller.api.kubeovn import Subnet, Vpc
from controller.api.meta import Resource
from controller.api.names import JOIN_SUBNET, gateway_link, router_port
from controller.api.placement import vpc_of

BUCKET = {4: 16, 6: 48}
"""Prefix lengths: networks that overlap have a bucket of that size in common, or one of them spans several."""
WIDE = "wide"
"""Where those are that would be in too many places: they are held against everyone."""


def _places_of_subnet(found: Subnet) -> Iterator[Hashable]:
    yield from (("namespace", name) for name in found.spec.namespaces)
    yield "port", router_port(vpc_of(found), found.name)
    yield "switch", found.name
    yield "switch", gateway_link(found.name)
    for network in networks(found):
        size = BUCKET[network.version]
        is_wide = network.prefix < size or found.name == JOIN_SUBNET
        yield WIDE if is_wide else (vpc_of(found), network.first >> (BITS[network.version] - size))


def _places_of_vpc(found: Vpc) -> Iterator[Hashable]:
    yield from (("namespace", name) for name in found.spec.namespaces)
    yield from (frozenset((found.name, peering.remote_vpc)) for peering in found.spec.vpc_peerings)


_RULES: Mapping[str, tuple[Callable[[Any], Iterator[Hashable]], Callable[[Any, Any], Iterator[Cause]]]] = {
    SUBNETS.name: (_places_of_subnet, subnet.beside),
    VPCS.name: (_places_of_vpc, vpc.beside),
}
"""Where objects of a kind meet that may contradict each other, and what speaks against one beside another."""


class Contradictions:
    """Whose way each object is in. One that changes is held against those that it meets somewhere, not against all."""

    def __init__(self) -> None:
        self._rivals: dict[str, dict[str, set[str]]] = {name: {} for name in _RULES}
        self._met: dict[str, dict[Hashable, set[str]]] = {name: {} for name in _RULES}

    def changed(
        self,
        kind: Kind[Any],
        path: str,
        before: Resource | None,
        after: Resource | None,
        objects: Mapping[str, Resource],
    ) -> set[str]:
        """An object came, changed or went; returns the paths of all others whose contradictions are others now."""
        if kind.name not in _RULES:
            return set()
        rivals, met = self._rivals[kind.name], self._met[kind.name]
        places, beside = _RULES[kind.name]
        former = rivals.pop(path, set())
        for name in former:
            rivals[name].discard(path)
        for place in places(before) if before is not None else ():
            met.get(place, set()).discard(path)
        if after is None:
            return former
        candidates = set(objects) if WIDE in (own := set(places(after))) else set(met.get(WIDE, ()))
        for place in own:
            candidates |= met.setdefault(place, set())
            met[place].add(path)
        present = {
            name
            for name in candidates - {path}
            if any(beside(after, objects[name])) or any(beside(objects[name], after))
        }
        for name in present:
            rivals.setdefault(path, set()).add(name)
            rivals.setdefault(name, set()).add(path)
        return former | present

    def of(self, kind: Kind[Any], path: str, objects: Mapping[str, Resource]) -> tuple[Cause, ...]:
        """What speaks against an object as long as there are the others."""
        rivals = self._rivals.get(kind.name, {}).get(path)
        if not rivals or path not in objects:
            return ()
        beside = _RULES[kind.name][1]
        return tuple(cause for name in sorted(rivals) for cause in beside(objects[path], objects[name]))
