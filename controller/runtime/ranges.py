"""The free and taken addresses of one subnet, in one or two families."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import suppress

from controller.api.kubeovn import IP, Subnet
from controller.engine.addressing import Addressing
from controller.engine.view import Usage
from controller.ipam import AddressTaken, IpamError, OutOfSubnet, Pool


class Ranges:
    """The pools of a subnet, made from its ranges and the records of what was given away."""

    def __init__(self, subnet: Subnet, records: Iterable[IP]) -> None:
        addressing = Addressing.of(subnet)
        self._pools = [
            Pool(str(family.network), [family.gateway, *_of_family(subnet.spec.exclude_ips, family.version)])
            for family in addressing.families
        ]
        self._cidr = addressing.cidr
        self._gateways = addressing.gateway.split(",")
        for record in records:
            self.take(record)

    def draw(self, wanted: str, rng: random.Random) -> tuple[str, ...]:
        """Takes an address of each family: the ``wanted`` ones (joined by a comma) or any.

        Raises an ``IpamError`` that says what is the matter; nothing is taken then.
        """
        if not wanted:
            return self._any(rng)
        taken: list[str] = []
        try:
            for text in wanted.split(","):
                pool = next((pool for pool in self._pools if pool.contains(text)), None)
                if pool is None:
                    raise OutOfSubnet(text, self._cidr)
                if text in self._gateways:
                    raise AddressTaken(text, "the subnet's gateway")
                if not pool.take(text):
                    raise AddressTaken(text, "another port")
                taken.append(text)
        except IpamError:
            self.put_back(tuple(taken))
            raise
        return tuple(taken)

    def put_back(self, addresses: Iterable[str]) -> None:
        """Makes drawn addresses free again."""
        for address in addresses:
            for pool in self._pools:
                if pool.contains(address):
                    pool.release(address)

    def take(self, record: IP) -> None:
        """The record's addresses are not free."""
        for pool, address in self._of(record):
            pool.take(address)

    def release(self, record: IP) -> None:
        """The record's addresses are free."""
        for pool, address in self._of(record):
            pool.release(address)

    @property
    def usage(self) -> Usage:
        """How many addresses are free and taken, by family."""
        counts = {pool.version: (pool.available, pool.used) for pool in self._pools}
        return Usage(*counts.get(4, (0, 0)), *counts.get(6, (0, 0)))

    def _of(self, record: IP) -> Iterator[tuple[Pool, str]]:
        """The record's addresses that are the subnet's; text that is no address takes nothing from anybody."""
        for address in record.spec.ip_address.split(","):
            with suppress(IpamError):
                for pool in self._pools:
                    if pool.contains(address):
                        yield pool, address

    def _any(self, rng: random.Random) -> tuple[str, ...]:
        taken: list[str] = []
        try:
            for pool in self._pools:
                taken.append(pool.allocate(rng))
        except IpamError:
            self.put_back(taken)
            raise
        return tuple(taken)


def _of_family(excluded: Iterable[str], version: int) -> list[str]:
    return [text for text in excluded if (6 if ":" in text else 4) == version]
