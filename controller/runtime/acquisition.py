"""How an address becomes somebody's: drawn from the books, then recorded in the API, whose answer alone counts.

Two records can never be of one address: the books give it out once, and where they are behind, the API refuses.
"""

from __future__ import annotations

import asyncio
import random

from controller.api.addresses import of_version
from controller.api.annotations import IP_RESERVED, TRUE
from controller.api.kinds import IPS
from controller.api.kubeovn import IP
from controller.engine.soundness import sound
from controller.ipam import AddressTaken, MacTaken
from controller.kubernetes import ApiError, Backoff, Client, Unreachable
from controller.runtime.claims import OTHERS, Claim, NoAddress
from controller.runtime.ledger import Ledger

TRIES = 3
"""How often another address is drawn when the API refuses one, before the claimant is told."""


class Acquisition:
    """Makes records of claims."""

    def __init__(self, ledger: Ledger, client: Client, rng: random.Random) -> None:
        self._ledger = ledger
        self._client = client
        self._rng = rng

    async def acquire(self, claim: Claim) -> IP:
        """The record of what the claimant has from now on: what it uses already, or what is free.

        Raises ``NoAddress`` or an ``IpamError`` where there is nothing for it, and ``ApiError`` where the API refuses.
        """
        if self._ledger.ranges(claim.subnet) is None:
            raise NoAddress(f"there is no subnet {claim.subnet!r}", OTHERS)
        held = self._ledger.held(claim.port)
        if held is not None and self._ledger.could_give(claim, held):
            return await self._record_again(claim, held)
        self._ledger.ended(claim.port)
        if self._ledger.is_closing(claim.subnet):
            raise NoAddress(f"subnet {claim.subnet!r} is being deleted", OTHERS)
        for attempt in range(TRIES):
            record = self._draw(claim)
            try:
                return await self._insist(record)
            except ApiError as error:
                mine = await self._existing(claim) if error.is_conflict else None
                self._ledger.put_back(record.name)
                if mine is not None:
                    return mine
                if claim.wish.fixed or attempt + 1 == TRIES:
                    raise
        raise AssertionError("every attempt returns or raises")

    async def hand_over(self, claim: Claim, record: IP) -> IP:
        """The record that a pod of the same name left, saying where this one is.

        Raises ``ApiError`` or ``Unreachable``.
        """
        spec = {"nodeName": claim.node, "podType": claim.pod_type}
        return (await self._client.patch(IPS, record.name, {"spec": spec})).object

    async def reserve(self, claim: Claim, record: IP) -> IP:
        """The record that people made, with what it lacked.

        Raises ``NoAddress`` or an ``IpamError`` where there is nothing for it, ``ApiError`` or ``Unreachable``.
        """
        if self._ledger.ranges(claim.subnet) is None:
            raise NoAddress(f"there is no subnet {claim.subnet!r}", OTHERS)
        is_whole = bool(record.spec.ip_address and record.spec.mac_address)
        drawn = record if is_whole else self._draw(claim)
        spec = {
            "ipAddress": drawn.spec.ip_address,
            "v4IpAddress": of_version(4, drawn.addresses),
            "v6IpAddress": of_version(6, drawn.addresses),
            "macAddress": drawn.spec.mac_address,
        }
        patch = {"metadata": {"labels": {IP_RESERVED: TRUE}}, "spec": spec}
        try:
            return (await self._client.patch(IPS, record.name, patch)).object
        except (ApiError, Unreachable):
            if not is_whole:
                self._ledger.put_back(record.name)
            raise

    async def _record_again(self, claim: Claim, held: IP) -> IP:
        """The record of what a pod has all the time, although its record went."""
        record = claim.record(held.addresses, held.spec.mac_address)
        self._ledger.draw_held(record)
        try:
            return await self._insist(record)
        except ApiError:
            self._ledger.hold_again(record.name)
            raise

    def _draw(self, claim: Claim) -> IP:
        """Addresses and a MAC for the claim, taken; raises an ``IpamError``, and nothing is taken then."""
        ranges = self._ledger.ranges(claim.subnet)
        assert ranges is not None
        wish, macs = claim.wish, self._ledger.macs
        try:
            if wish.choices is not None:
                addresses = ranges.choose(wish.choices, self._rng, wish.versions)
            else:
                addresses = ranges.draw(wish.fixed, wish.divisions, self._rng, wish.versions)
        except AddressTaken as error:
            owner = self._ledger.owner_of(claim.subnet, error.address)
            raise AddressTaken(error.address, f"{IPS.name} {owner}" if owner else error.owner) from None
        if not wish.mac:
            mac = macs.allocate(self._rng, claim.port)
        elif macs.take(wish.mac, claim.port):
            mac = wish.mac
        else:
            ranges.put_back(addresses)
            raise MacTaken(wish.mac, f"{IPS.name} {macs.owner(wish.mac)}")
        record = claim.record(addresses, mac)
        self._ledger.draw(record)
        return record

    async def _existing(self, claim: Claim) -> IP | None:
        """The record of an earlier life of the same pod, which the informer has not told of yet."""
        try:
            found = await self._client.get(IPS, claim.port)
        except (ApiError, Unreachable):
            return None
        same = found.spec.pod_name == claim.name and found.spec.namespace == claim.namespace
        return found if same and sound(found)[0] is not None else None

    async def _insist(self, record: IP) -> IP:
        """Asks until there is an answer: giving up would leave it unknown whether the address is taken."""
        backoff = Backoff()
        while True:
            try:
                return (await self._client.create(IPS, record)).object
            except Unreachable:
                await asyncio.sleep(backoff.failed())
