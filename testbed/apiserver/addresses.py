"""Addresses and node ports of services: given at creation, kept as long as the service lives, told apart by all.

Who has which is read from an index that the store keeps with every write, so nothing is recorded twice.
Source: https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
"""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterator
from typing import Any

from testbed.apiserver.admission import View
from testbed.apiserver.rules.causes import duplicate, invalid
from testbed.apiserver.rules.service import NO_ADDRESS, NODE_PORTS, version
from testbed.apiserver.status import ApiError, Cause

Document = dict[str, Any]

SERVICE_CIDR = "10.96.0.0/12"
"""The range that kubeadm and Kube-OVN take by default."""

SMALLEST = 8
"""Addresses that a range of services must have."""

_KIND, _PATH = "Service", "spec.clusterIP"


class ServiceAddresses:
    """Gives addresses out of ``cidr``; its first one is kept for the API server's own service, as in Kubernetes.

    Raises ``ValueError`` for a range that is none or too small.
    """

    def __init__(self, view: View, cidr: str = SERVICE_CIDR) -> None:
        self._view = view
        self._network = ipaddress.ip_network(cidr)
        if self._network.num_addresses < SMALLEST:
            raise ValueError(f"range of services: found {cidr}, allowed at least {SMALLEST} addresses")
        self._rng = random.SystemRandom()
        self._node_ports = _NodePorts(view)

    def assign(self, new: Document, old: Document | None) -> Iterator[Cause]:
        """Completes a service's addresses; tells which of those asked for cannot be had.

        Raises ``ApiError`` 500 when none is left.
        """
        spec = new["spec"]
        own = _path(new)
        if spec["type"] == "ExternalName":
            for member in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
                spec.pop(member, None)
            return
        before = (old or {}).get("spec", {})
        asked = spec.get("clusterIP") or (spec.get("clusterIPs") or [""])[0] or before.get("clusterIP", "")
        if asked == NO_ADDRESS:
            address = NO_ADDRESS
        elif asked:
            address = asked
            yield from self._faults(address, own)
        else:
            address = self._free()
        spec["clusterIP"] = address
        spec["clusterIPs"] = [address]
        spec.setdefault("ipFamilies", [f"IPv{self._network.version}"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        yield from self._node_ports.assign(new, before, own)

    def _faults(self, address: str, own: str) -> Iterator[Cause]:
        if version(address) != self._network.version or ipaddress.ip_address(address) not in self._network:
            yield invalid(_PATH, address, f'an address of {self._network}, or "None"')
        elif any(path != own for path in self._taken().get(address, ())):
            yield duplicate(_PATH, address)

    def _free(self) -> str:
        taken = self._taken()
        size = self._network.num_addresses - 3
        start = self._rng.randrange(size)
        for step in range(size):
            address = str(self._network[2 + (start + step) % size])
            if address not in taken:
                return address
        raise ApiError(500, "InternalError", f"no address is left in the services' range {self._network}")

    def _taken(self) -> Any:
        return self._view.index(_KIND, _PATH)


class _NodePorts:
    """Which service has which port of all nodes, kept by the store like any index."""

    def __init__(self, view: View) -> None:
        self._rng = random.SystemRandom()
        self._of: dict[str, list[int]] = {}
        self._owner: dict[int, str] = {}
        view.keep(_KIND, "node ports", self)

    def update(self, path: str, document: Document | None) -> None:
        """The service at ``path`` is now ``document``, or gone."""
        for number in self._of.pop(path, ()):
            if self._owner.get(number) == path:
                del self._owner[number]
        ports = [port.get("nodePort", 0) for port in (document or {}).get("spec", {}).get("ports") or ()]
        numbers = [number for number in ports if number]
        if numbers:
            self._of[path] = numbers
            self._owner.update(dict.fromkeys(numbers, path))

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
            if number and self._owner.get(number, own) != own:
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
            if number not in self._owner and number not in given:
                return number
        raise ApiError(500, "InternalError", "no node port is left")


def _path(document: Document) -> str:
    meta = document["metadata"]
    return f"{meta.get('namespace', '')}/{meta.get('name', '')}"
