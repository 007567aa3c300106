"""Who gets which address: the one decision of the controller that is not a function of the objects.

It comes before all reconcilers, and its outcome is the ``IP`` object, which they read. That object is the only record:
the pools here are made from it, so a controller that starts anew knows what its predecessor gave away.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from controller.api.addresses import InvalidAddress, parse_mac
from controller.api.annotations import IP_ADDRESS, LOGICAL_SWITCH, MAC_ADDRESS
from controller.api.kinds import IPS, NODES, PODS, SUBNETS
from controller.api.kubeovn import IP, IPSpec, Subnet
from controller.api.meta import ObjectMeta
from controller.api.names import JOIN_SUBNET, node_port, pod_port
from controller.engine.engine import Engine
from controller.engine.view import View
from controller.ipam import IpamError, MacRegistry
from controller.kubernetes import ApiError, Backoff, Client, Unreachable
from controller.reconcilers import namespace, node, pod
from controller.runtime.ranges import Ranges

FAILED = "AcquireAddressFailed"
"""Reason of the event on a pod that has no address, as Kube-OVN names it."""

TRIES = 3
"""How often another address is drawn when the API refuses one, before the pod is told."""


@dataclass(frozen=True)
class Claim:
    """Somebody who needs an address: the port that will have it, where from, and what was asked for."""

    owner: str
    port: str
    subnet: str
    wanted_address: str
    wanted_mac: str
    name: str
    namespace: str
    node: str


class NoAddress(Exception):
    """Why a claim got no address, as a sentence for people."""


class Allocation:
    """Gives addresses to pods and nodes that need one.

    Follows subnets and IP objects by ``subnet_changed``, ``recorded`` and ``released``.
    """

    def __init__(self, view: View, engine: Engine, client: Client, rng: random.Random) -> None:
        self._view = view
        self._engine = engine
        self._client = client
        self._rng = rng
        self._ranges: dict[str, Ranges] = {}
        self._records: dict[str, dict[str, IP]] = {}
        self._macs = MacRegistry()
        self._hungry: dict[str, set[str]] = {}
        self._moved: set[str] = set()

    def subnet_changed(self, name: str) -> None:
        """The subnet came, went or has other ranges now: its pool is made anew from the records."""
        self._ranges.pop(name, None)
        self._feed(name)
        if self._view.get(SUBNETS, name) is not None:
            self._moved.add(name)

    def recorded(self, record: IP) -> None:
        """An IP object is there: its addresses are taken."""
        spec = record.spec
        before = self._records.setdefault(spec.subnet, {}).get(record.name)
        if before is not None and before.spec == spec:
            return
        self._records[spec.subnet][record.name] = record
        with suppress(IpamError):  # Text that is no MAC takes none from anybody.
            self._macs.take(spec.mac_address, record.name)
        ranges = self._ranges.get(spec.subnet)
        if ranges is not None:
            ranges.take(record)
        self._moved.add(spec.subnet)

    def released(self, record: IP) -> None:
        """An IP object is gone: its addresses are free, and somebody may have waited for one."""
        spec = record.spec
        if self._records.get(spec.subnet, {}).pop(record.name, None) is None:
            return
        with suppress(IpamError):
            self._macs.release(spec.mac_address)
        ranges = self._ranges.get(spec.subnet)
        if ranges is not None:
            ranges.release(record)
        self._moved.add(spec.subnet)
        self._feed(spec.subnet)

    async def ensure(self, owners: Sequence[str]) -> None:
        """Gives each of ``owners`` that needs an address one; who gets none is told why by an event.

        A pod that was scheduled while others were served is served too: after this, all of them are compiled.
        """
        served: set[str] = set()
        while claims := [
            claim for owner in owners if owner not in served and (claim := self._claim(owner)) is not None
        ]:
            served.update(claim.owner for claim in claims)
            await asyncio.gather(*(self._serve(claim) for claim in claims))

    def publish(self) -> None:
        """Tells the view how the subnets that saw changes are used now."""
        for name in self._moved:
            ranges = self._of(name)
            if ranges is not None:
                self._view.set_usage(name, ranges.usage)
        self._moved.clear()

    def _claim(self, owner: str) -> Claim | None:
        reconciler, path = self._engine.subject(owner)
        if reconciler is pod.port:
            return self._pod_claim(owner, path)
        if reconciler is node.port:
            return self._node_claim(owner, path)
        return None

    def _pod_claim(self, owner: str, path: str) -> Claim | None:
        subject = self._view.get(PODS, path)
        if subject is None or not pod.needs_network(subject) or subject.is_being_deleted:
            self._engine.untrouble(owner)
            return None
        port = pod_port(subject.namespace, subject.name)
        if self._view.get(IPS, port) is not None:
            return None
        stated = self._view.stated(PODS, path)
        said = stated.annotations if stated is not None else {}
        return Claim(
            owner=owner,
            port=port,
            subnet=said.get(LOGICAL_SWITCH) or namespace.serving_subnet(subject.namespace, self._view),
            wanted_address=said.get(IP_ADDRESS, ""),
            wanted_mac=said.get(MAC_ADDRESS, ""),
            name=subject.name,
            namespace=subject.namespace,
            node=subject.spec.node_name,
        )

    def _node_claim(self, owner: str, path: str) -> Claim | None:
        if self._view.get(NODES, path) is None or self._view.get(IPS, node_port(path)) is not None:
            return None
        return Claim(owner, node_port(path), JOIN_SUBNET, "", "", node_port(path), "", path)

    async def _serve(self, claim: Claim) -> None:
        try:
            record = await self._allocate(claim)
        except (NoAddress, IpamError, ApiError) as error:
            self._hungry.setdefault(claim.subnet, set()).add(claim.owner)
            self._engine.trouble(claim.owner, FAILED, str(error))
            return
        self._hungry.get(claim.subnet, set()).discard(claim.owner)
        self._engine.untrouble(claim.owner)
        self._view.put(IPS, record)
        self.recorded(record)

    async def _allocate(self, claim: Claim) -> IP:
        ranges = self._of(claim.subnet)
        if ranges is None:
            raise NoAddress(f"there is no subnet {claim.subnet!r}")
        wanted_mac = _spelled(claim.wanted_mac)
        for attempt in range(TRIES):
            addresses = ranges.draw(claim.wanted_address, self._rng)
            mac = wanted_mac or self._macs.allocate(self._rng, claim.port)
            try:
                return await self._record(claim, addresses, mac)
            except ApiError as error:
                mine = await self._existing(claim) if error.is_conflict else None
                ranges.put_back(addresses)
                if not wanted_mac:
                    self._macs.release(mac)
                if mine is not None:
                    return mine
                if claim.wanted_address or attempt + 1 == TRIES:
                    raise
        raise AssertionError("every attempt returns or raises")

    async def _existing(self, claim: Claim) -> IP | None:
        """The record of an earlier life of the same pod, which the informer has not told of yet."""
        try:
            found = await self._client.get(IPS, claim.port)
        except (ApiError, Unreachable):
            return None
        same = found.spec.pod_name == claim.name and found.spec.namespace == claim.namespace
        return found if same else None

    async def _record(self, claim: Claim, addresses: tuple[str, ...], mac: str) -> IP:
        v4 = next((entry for entry in addresses if ":" not in entry), "")
        v6 = next((entry for entry in addresses if ":" in entry), "")
        record = IP(
            metadata=ObjectMeta(name=claim.port),
            spec=IPSpec(
                pod_name=claim.name,
                namespace=claim.namespace,
                subnet=claim.subnet,
                node_name=claim.node,
                ip_address=",".join(addresses),
                v4_ip_address=v4,
                v6_ip_address=v6,
                mac_address=mac,
            ),
        )
        return await self._insist(record)

    async def _insist(self, record: IP) -> IP:
        """Asks until there is an answer: giving up would leave it unknown whether the address is taken."""
        backoff = Backoff()
        while True:
            try:
                return (await self._client.create(IPS, record)).object
            except Unreachable:
                await asyncio.sleep(backoff.failed())

    def _of(self, name: str) -> Ranges | None:
        ranges = self._ranges.get(name)
        if ranges is None:
            subnet: Subnet | None = self._view.get(SUBNETS, name)
            if subnet is None:
                return None
            ranges = self._ranges[name] = Ranges(subnet, self._records.get(name, {}).values())
        return ranges

    def _feed(self, subnet: str) -> None:
        """Those who got nothing from the subnet may ask again."""
        for owner in self._hungry.pop(subnet, ()):
            self._engine.touch(owner)


def _spelled(wanted_mac: str) -> str:
    """The MAC that was asked for in the one spelling that is compared; raises ``NoAddress`` for text that is none."""
    try:
        return parse_mac(wanted_mac) if wanted_mac else ""
    except InvalidAddress as error:
        raise NoAddress(f"MAC address: {error}") from None
