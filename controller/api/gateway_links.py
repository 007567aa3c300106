"""How the router of the default VPC is joined with the kernels of a centralised subnet's gateway nodes.

Each such subnet has a switch of its own with two ports: the router's, which OVN keeps on one of the gateway nodes, and
one that every node has by itself (a *localport*), with the same MAC and addresses everywhere. So what the router sends
there comes out on the node that the router's port is on, and moves with it. Controller and daemon both know the
addresses from here; neither has to tell the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from controller.api.kubeovn import Subnet
from controller.api.names import DEFAULT_VPC
from controller.api.placement import vpc_of
from controller.api.selectors import any_matches

CENTRALIZED = "centralized"

SLOTS = 2**13
"""As many links as there are: the upper half of IPv4's link-local range (RFC 3927) in networks of four addresses."""
_FIRST = {4: IPv4Address("169.254.128.0"), 6: IPv6Address("fd69:254::")}
_PREFIX = {4: 30, 6: 126}


@dataclass(frozen=True)
class Link:
    """Names and addresses of one link; ``router`` and ``node`` are by version of IP."""

    subnet: str
    slot: int

    @property
    def name(self) -> str:
        """The switch, and the port on it that every node has."""
        return f"egress-{self.subnet}"

    @property
    def device(self) -> str:
        """The device on a gateway node; the kernel takes 15 characters."""
        return f"egr{_digest(self.subnet, 5).hex()}"

    @property
    def mac(self) -> str:
        """The MAC of the nodes' end, the same on all of them."""
        return ":".join(f"{byte:02x}" for byte in (0x0A, *_digest(f"node/{self.subnet}", 5)))

    def router(self, version: int) -> str:
        """The router's address with its prefix length."""
        return f"{self._address(version, 1)}/{_PREFIX[version]}"

    def node(self, version: int) -> str:
        """The nodes' address."""
        return self._address(version, 2)

    def node_network(self, version: int) -> str:
        """The nodes' address with its prefix length."""
        return f"{self.node(version)}/{_PREFIX[version]}"

    def _address(self, version: int, host: int) -> str:
        return str(_FIRST[version] + 4 * self.slot + host)


def is_centralised(subnet: Subnet) -> bool:
    """Whether the subnet leaves the default VPC by nodes that it names."""
    return subnet.spec.gateway_type == CENTRALIZED and vpc_of(subnet) == DEFAULT_VPC


def is_gateway(subnet: Subnet, node: str, labels: Mapping[str, str]) -> bool:
    """Whether the subnet leaves by this node: it is named, or, where none is, selected by its labels."""
    named = gateway_nodes(subnet)
    return node in named if named else any_matches(subnet.spec.gateway_node_selectors, labels)


def gateway_nodes(subnet: Subnet) -> tuple[str, ...]:
    """The nodes that the subnet names, the first of which that lives is its gateway."""
    return tuple(dict.fromkeys(name.strip() for name in subnet.spec.gateway_node.split(",") if name.strip()))


def links(subnets: Iterable[Subnet]) -> dict[str, Link]:
    """The link of each centralised subnet.

    A name leads to a place by itself; of two that lead to one the later by name takes the next.
    """
    found: dict[str, Link] = {}
    taken: set[int] = set()
    for name in sorted(subnet.name for subnet in subnets if is_centralised(subnet)):
        slot = int.from_bytes(_digest(name, 4)) % SLOTS
        while slot in taken:
            slot = (slot + 1) % SLOTS
        taken.add(slot)
        found[name] = Link(name, slot)
    return found


def _digest(text: str, size: int) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=size).digest()
