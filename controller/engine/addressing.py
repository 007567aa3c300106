"""What the address fields of a subnet amount to: one network per family, its gateway, what is kept out of the pool.

Subnets leave most of it unsaid; whoever needs it asks here, so that allocation, router port and pods agree.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from controller.api.addresses import version_of
from controller.api.kubeovn import Subnet

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Family:
    """One network of a subnet and the gateway in it."""

    network: Network
    gateway: str

    @property
    def version(self) -> int:
        """4 or 6."""
        return self.network.version

    @property
    def everywhere(self) -> str:
        """The destination of the family's default route."""
        return "::/0" if self.version == 6 else "0.0.0.0/0"


@dataclass(frozen=True)
class Addressing:
    """The networks of a subnet, IPv4 before IPv6."""

    families: tuple[Family, ...]

    @classmethod
    def of(cls, subnet: Subnet) -> Addressing:
        """Reads a subnet that admission let pass. The gateway is the network's first address unless said otherwise."""
        return _read(subnet.spec.cidr_block, subnet.spec.gateway)

    def of_addresses(self, addresses: Sequence[str]) -> Addressing:
        """Those of its networks that one of the addresses, at most one of each family, is in."""
        if len(addresses) == len(self.families):
            return self
        versions = {version_of(text) for text in addresses}
        return Addressing(tuple(family for family in self.families if family.version in versions))

    @cached_property
    def cidr(self) -> str:
        """The networks as Kube-OVN writes them: joined by a comma."""
        return ",".join(str(family.network) for family in self.families)

    @cached_property
    def gateway(self) -> str:
        """The gateways as Kube-OVN writes them: joined by a comma."""
        return ",".join(family.gateway for family in self.families)

    @property
    def gateway_networks(self) -> Iterator[str]:
        """The gateways with their prefix lengths, as a router port's ``networks``."""
        return (f"{family.gateway}/{family.network.prefixlen}" for family in self.families)


@lru_cache(maxsize=4_096)
def _read(cidr_block: str, gateway: str) -> Addressing:
    """Kept, since every pod of a subnet asks."""
    networks = [ipaddress.ip_network(text.strip()) for text in cidr_block.split(",")]
    gateways = [ipaddress.ip_address(text.strip()) for text in gateway.split(",") if text.strip()]
    return Addressing(
        tuple(
            Family(
                network,
                str(next((entry for entry in gateways if entry in network), network.network_address + 1)),
            )
            for network in sorted(networks, key=lambda entry: entry.version)
        )
    )
