"""How the router of the default VPC is joined with the kernels of a centralised subnet's gateway nodes.

Each such subnet has a switch of its own with a *door* of the router for each gateway node, which OVN keeps on that node
while it lives and else on another, and with a port that every node has by itself (a *localport*), with the same MAC and
addresses everywhere. So what the router sends out by a door comes out on the node that the door is on, and moves with
it. Controller and daemon both know the addresses from here; neither has to tell the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from controller.api.kubeovn import Subnet
from controller.api.names import DEFAULT_VPC, gateway_link
from controller.api.placement import vpc_of
from controller.api.selectors import any_matches

CENTRALIZED = "centralized"

KERNELS_OWN = (0, 253, 254, 255)
"""The routing tables that the kernel has of its own: none, default, main, local; a detour needs another."""

DOORS = 8
"""As many doors as a link has room for; further gateway nodes are there for when those of the doors are lost."""
SLOTS = 2**10
"""As many links as there are: the upper half of IPv4's link-local range (RFC 3927) in networks of four addresses."""
_FIRST = {4: IPv4Address("169.254.128.0"), 6: IPv6Address("fd69:254::")}
_PREFIX = {4: 30, 6: 126}


@dataclass(frozen=True)
class Link:
    """Names and addresses of one link; ``router`` and ``node`` are by version of IP, and by door."""

    subnet: str
    slot: int

    @property
    def name(self) -> str:
        """The switch, and the port on it that every node has."""
        return gateway_link(self.subnet)

    @property
    def device(self) -> str:
        """The device on a gateway node; the kernel takes 15 characters."""
        return f"egr{_digest(self.subnet, 5).hex()}"

    @property
    def mac(self) -> str:
        """The MAC of the nodes' end, the same on all of them."""
        return ":".join(f"{byte:02x}" for byte in (0x0A, *_digest(f"node/{self.subnet}", 5)))

    def router(self, version: int, door: int = 0) -> str:
        """The router's address with its prefix length."""
        return f"{self._address(version, door, 1)}/{_PREFIX[version]}"

    def node(self, version: int, door: int = 0) -> str:
        """The nodes' address beyond a door."""
        return self._address(version, door, 2)

    def node_network(self, version: int) -> str:
        """The nodes' address beyond the first door, with its prefix length: what their device has of them."""
        return f"{self.node(version)}/{_PREFIX[version]}"

    def _address(self, version: int, door: int, host: int) -> str:
        return str(_FIRST[version] + 4 * (DOORS * self.slot + door) + host)


def is_centralised(subnet: Subnet) -> bool:
    """Whether the subnet leaves the default VPC by nodes that it names."""
    return subnet.spec.gateway_type == CENTRALIZED and vpc_of(subnet) == DEFAULT_VPC


def is_spread(subnet: Subnet) -> bool:
    """Whether a centralised subnet leaves by all of its gateway nodes at once, over their ports in the join network."""
    return is_centralised(subnet) and subnet.spec.enable_ecmp


def is_gateway(subnet: Subnet, node: str, labels: Mapping[str, str]) -> bool:
    """Whether the subnet leaves by this node: it is named, or, where none is, selected by its labels."""
    named = gateway_nodes(subnet)
    return node in named if named else any_matches(subnet.spec.gateway_node_selectors, labels)


def gateway_nodes(subnet: Subnet) -> tuple[str, ...]:
    """The nodes that the subnet names, the first of which that lives is its gateway."""
    return tuple(dict.fromkeys(name for name, _ in named_nodes(subnet.spec.gateway_node)))


def source_addresses(subnet: Subnet, node: str) -> tuple[str, ...]:
    """The addresses under which a centralised subnet leaves by a node, where it names some: ``NODE:ADDRESS``."""
    if not is_centralised(subnet):
        return ()
    found = named_nodes(subnet.spec.gateway_node)
    return tuple(address for name, address in found if name == node and address)


def named_nodes(text: str) -> Iterator[tuple[str, str]]:
    """The entries of ``gatewayNode``: nodes, each with the address after its colon, or none."""
    for entry in text.split(","):
        name, _, address = entry.partition(":")
        if name.strip():
            yield name.strip(), address.strip()


def links(subnets: Iterable[Subnet]) -> dict[str, Link]:
    """The link of each centralised subnet, as far as there is room."""
    names = (subnet.name for subnet in subnets if is_centralised(subnet))
    return {name: Link(name, slot) for name, slot in _places(names, SLOTS).items()}


def doors(nodes: Iterable[str]) -> dict[str, int]:
    """The number of the door of each gateway node, as far as there is room."""
    return _places(nodes, DOORS)


def _places(names: Iterable[str], room: int) -> dict[str, int]:
    """A name leads to a place by itself; of two that lead to one the later by name takes the next."""
    found: dict[str, int] = {}
    taken: set[int] = set()
    for name in sorted(names)[:room]:
        place = int.from_bytes(_digest(name, 4)) % room
        while place in taken:
            place = (place + 1) % room
        taken.add(place)
        found[name] = place
    return found


def _digest(text: str, size: int) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=size).digest()
