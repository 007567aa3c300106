"""Who gets which address: the one decision of the controller that is not a function of the objects.

It comes before all reconcilers, and its outcome is the ``IP`` object, which they read. That object is the only record:
the books here are made from it, so a controller that starts anew knows what its predecessor gave away.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from controller.api.annotations import ALLOCATED, TRUE
from controller.api.core import Pod
from controller.api.kinds import IPS, NODES, OVN_EIPS, PODS, SUBNETS, VPCS
from controller.api.kubeovn import IP
from controller.api.names import eip_record, node_port, pod_port, router_port
from controller.api.reservations import IPPool
from controller.engine.engine import Engine
from controller.engine.view import View
from controller.ipam import AddressTaken, Exhausted, IpamError, MacTaken
from controller.kubernetes import ApiError, Backoff, Client, Unreachable
from controller.northbound.replica import Replica
from controller.reconcilers import external, node, pod, pod_public, public
from controller.reconcilers.address import is_kept
from controller.reconcilers.pod import FAILED
from controller.runtime import claims
from controller.runtime.claims import Claim, NoAddress
from controller.runtime.ledger import Ledger
from controller.runtime.ranges import Ranges, addresses_of
from controller.runtime.waiting import Source, Waiting

TRIES = 3
"""How often another address is drawn when the API refuses one, before the pod is told."""


class Allocation:
    """Gives addresses to pods and nodes that need one.

    ``is_there`` is asked whether a record that the API has just answered with is there still.
    Follows subnets, ``IPPool`` and IP objects and pods by the methods that are called after what happened to them.
    """

    def __init__(
        self, view: View, replica: Replica, engine: Engine, client: Client, rng: random.Random
    ) -> None:
        self._view = view
        self._engine = engine
        self._client = client
        self._rng = rng
        self.is_there: Callable[[IP], bool] = lambda record: True
        self._ledger = Ledger(view, replica)
        self._waiting = Waiting()
        self._woken: set[Source] = set()
        self._backoffs: dict[str, Backoff] = {}
        self._divisions: dict[str, frozenset[str]] = {}

    def subnet_changed(self, name: str) -> None:
        """The subnet came, went or has other ranges now."""
        self._ledger.reopen(name)
        self._wake(self._waiting.everyone())

    def division_changed(self, division: IPPool) -> None:
        """The ``IPPool`` came, went or is of other addresses now."""
        self._ledger.divided(division)
        self._wake(self._waiting.everyone())

    def namespace_changed(self) -> None:
        """A namespace came, or has other labels now: another subnet may serve it."""
        self._wake(self._waiting.everyone())

    def recorded(self, record: IP) -> None:
        """An IP object is there: its addresses are taken."""
        self._ledger.recorded(record)

    def released(self, record: IP) -> None:
        """An IP object is gone: its addresses are free, and somebody may have waited for one."""
        self._ledger.released(record)
        self._view.forget_outdated(record.name)

    def pod_gone(self, subject: Pod) -> None:
        """A pod is gone: its address is not the next one's of the same name, unless it is kept for that."""
        self._view.set_refusal(subject.path, None)
        port = pod_port(subject.namespace, subject.name)
        self._ledger.ended(port)
        record = self._view.get(IPS, port)
        if record is not None and not is_kept(record, self._view):
            self._view.set_outdated(port)

    def pod_restated(self, path: str) -> None:
        """A pod says something else: one that waits may ask for what there is."""
        owner = f"{pod.port.name}/{path}"
        if owner in self._waiting:
            self._engine.touch(owner)

    def survey(self) -> None:
        """NB was read anew: what ports have there is not free, whatever the records say."""
        self._ledger.survey()

    async def ensure(self, owners: Sequence[str]) -> None:
        """Gives each of ``owners`` that needs an address one; who gets none is told why by an event.

        A pod that was scheduled while others were served is served too: after this, all of them are compiled.
        """
        served: set[str] = set()
        while True:
            demands: list[Coroutine[Any, Any, None]] = []
            for owner in owners:
                if owner not in served and (demand := self._demand(owner)) is not None:
                    served.add(owner)
                    demands.append(demand)
            if not demands:
                break
            await asyncio.gather(*demands)
        for owner in served:
            self._look_again(owner)

    def publish(self) -> None:
        """Tells the view how subnets and pools that saw changes are used now, and wakes whoever waited for that."""
        self._ledger.settle()
        changed = frozenset(self._ledger.changed)
        self._ledger.changed.clear()
        for name in changed:
            self._tell(name, self._ledger.ranges(name))
            self._wake(self._waiting.take(claims.of_subnet(name)))
        for mac in self._ledger.freed_macs:
            self._wake(self._waiting.take(claims.of_mac(mac)))
        self._ledger.freed_macs.clear()
        asked = [
            source for source in self._waiting.sources() if source.subnet in changed or source in self._woken
        ]
        self._woken.clear()
        for source in asked:
            if owners := self._waiting.take(source, self._room(source)):
                self._woken.add(source)  # If one of them needs none any more, the next is to be asked.
                self._wake(owners)

    def _demand(self, owner: str) -> Coroutine[Any, Any, None] | None:
        """What there is to do for an owner; None for one that has what it needs, or cannot be helped now."""
        reconciler, path = self._engine.subject(owner)
        if reconciler is pod.port:
            return self._demand_of_pod(owner, path)
        if reconciler is pod_public.translation:
            return self._demand_of_public(owner, path)
        if reconciler is public.eip:
            return self._demand_of_eip(owner, path)
        if reconciler is external.attachments:
            return self._demand_of_router(owner, path)
        if reconciler is not node.port or self._view.get(NODES, path) is None:
            return None
        return (
            self._serve(claims.of_node(owner, path)) if self._view.get(IPS, node_port(path)) is None else None
        )

    def _demand_of_eip(self, owner: str, name: str) -> Coroutine[Any, Any, None] | None:
        eip = self._view.get(OVN_EIPS, name)
        if eip is None or self._view.get(IPS, eip_record(name)) is not None:
            return None
        try:
            return self._serve(claims.of_eip(owner, eip))
        except NoAddress as error:
            self._refuse(owner, error, error.awaits)
            return None

    def _demand_of_public(self, owner: str, path: str) -> Coroutine[Any, Any, None] | None:
        subject = self._view.get(PODS, path)
        wanted = pod_public.lacking(subject, self._view) if subject is not None else ()
        lacking = [claims.of_public(owner, subject, entry) for entry in wanted if subject is not None]
        if not lacking and owner in self._waiting:
            self._content(owner)
        return self._serve_all(lacking) if lacking else None

    def _demand_of_router(self, owner: str, name: str) -> Coroutine[Any, Any, None] | None:
        vpc = self._view.get(VPCS, name)
        lacking = [
            claims.of_router(owner, name, subnet.name)
            for subnet in (external.external_subnets(vpc, self._view) if vpc is not None else ())
            if self._view.get(IPS, router_port(name, subnet.name)) is None
        ]
        return self._serve_all(lacking) if lacking else None

    async def _serve_all(self, lacking: Sequence[Claim]) -> None:
        for claim in lacking:
            await self._serve(claim)

    def _look_again(self, owner: str) -> None:
        """One who was just served may need more: things went on while others were served."""
        if owner in self._waiting:
            return
        demand = self._demand(owner)
        if demand is not None:
            demand.close()
            self._try_later(owner)

    def _demand_of_pod(self, owner: str, path: str) -> Coroutine[Any, Any, None] | None:
        subject = self._view.get(PODS, path)
        if subject is None or not pod.needs_network(subject):
            self._content(owner)
            return None
        port = pod_port(subject.namespace, subject.name)
        record = self._view.get(IPS, port)
        is_promised = claims.said(path, self._view).get(ALLOCATED) == TRUE
        has_none = record is None and not is_promised and self._ledger.held(port) is None
        if self._view.is_outdated(port) or (has_none and subject.is_being_deleted):
            return None
        if record is not None and is_promised and _describes(record, subject):
            return None
        try:
            claim = claims.of_pod(owner, subject, self._view)
        except NoAddress as error:
            if record is not None and not is_promised:
                self._view.set_outdated(port)
            if record is None or not is_promised:
                self._refuse(owner, error, error.awaits)
            return None
        if record is None:
            return self._serve(claim)
        if not is_promised and not self._fits(claim, record):
            self._view.set_outdated(port)
            return None
        self._content(owner)
        return None if _describes(record, subject) else self._hand_over(claim, record)

    async def _serve(self, claim: Claim) -> None:
        try:
            record = await self._allocate(claim)
        except NoAddress as error:
            self._refuse(claim.owner, error, error.awaits)
        except MacTaken as error:
            self._refuse(claim.owner, error, claims.of_mac(error.mac))
        except Exhausted as error:
            wish = claim.wish
            source = Source(claim.subnet, wish.divisions, wish.choices)
            self._refuse(claim.owner, error, claims.of_subnet(claim.subnet) if wish.fixed else source)
        except IpamError as error:
            self._refuse(claim.owner, error, claims.of_subnet(claim.subnet))
        except ApiError as error:
            self._explain(claim.owner, error)
            self._try_later(claim.owner)
        else:
            self._content(claim.owner)
            if not self.is_there(record):
                self._ledger.put_back(record.name)
                return
            self._view.put(IPS, record)
            self._ledger.recorded(record)
            if not self._fits(claim, record):
                self._view.set_outdated(record.name)

    async def _allocate(self, claim: Claim) -> IP:
        ranges = self._ledger.ranges(claim.subnet)
        if ranges is None:
            raise NoAddress(f"there is no subnet {claim.subnet!r}", claims.OTHERS)
        held = self._ledger.held(claim.port)
        if held is not None and self._fits(claim, held):
            return await self._record_again(claim, held)
        self._ledger.ended(claim.port)
        if self._is_leaving(claim.subnet):
            raise NoAddress(f"subnet {claim.subnet!r} is being deleted", claims.OTHERS)
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

    def _is_leaving(self, name: str) -> bool:
        """Whether a subnet is being deleted: it gives no more addresses."""
        subnet = self._view.get(SUBNETS, name)
        return subnet is not None and subnet.is_being_deleted

    async def _record_again(self, claim: Claim, held: IP) -> IP:
        """The record of what a pod has all the time, although its record went."""
        record = claim.record(addresses_of(held), held.spec.mac_address)
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
                addresses = ranges.choose(wish.choices, self._rng)
            else:
                addresses = ranges.draw(wish.fixed, wish.divisions, self._rng)
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
        return found if same else None

    async def _insist(self, record: IP) -> IP:
        """Asks until there is an answer: giving up would leave it unknown whether the address is taken."""
        backoff = Backoff()
        while True:
            try:
                return (await self._client.create(IPS, record)).object
            except Unreachable:
                await asyncio.sleep(backoff.failed())

    async def _hand_over(self, claim: Claim, record: IP) -> None:
        """The record that a pod of the same name left says where this one is."""
        spec = {"nodeName": claim.node, "podType": claim.pod_type}
        try:
            written = await self._client.patch(IPS, record.name, {"spec": spec})
        except (ApiError, Unreachable):
            self._try_later(claim.owner)
            return
        self._view.put(IPS, written.object)
        self._ledger.recorded(written.object)

    def _fits(self, claim: Claim, record: IP) -> bool:
        ranges = self._ledger.ranges(claim.subnet)
        if ranges is None or record.spec.subnet != claim.subnet:
            return False
        return claim.wish.is_met_by(record, ranges)

    def _refuse(self, owner: str, why: Exception, awaits: Source | str) -> None:
        self._waiting.put(owner, awaits)
        self._explain(owner, why)

    def _explain(self, owner: str, why: Exception) -> None:
        self._engine.trouble(owner, FAILED, str(why))
        reconciler, path = self._engine.subject(owner)
        if reconciler is pod.port:
            self._view.set_refusal(path, str(why))

    def _content(self, owner: str) -> None:
        self._waiting.remove(owner)
        self._backoffs.pop(owner, None)
        self._engine.untrouble(owner, FAILED)
        reconciler, path = self._engine.subject(owner)
        if reconciler is pod.port and self._says_it_waits(path):
            self._view.set_refusal(path, "")

    def _says_it_waits(self, path: str) -> bool:
        """Whether a pod was told, by this controller or by the one before it, that it gets no address."""
        if self._view.refusal(path):
            return True
        stated = self._view.stated(PODS, path)
        return stated is not None and any(
            entry["status"] == "False" for entry in stated.status.get("conditions", ())
        )

    def _try_later(self, owner: str) -> None:
        delay = self._backoffs.setdefault(owner, Backoff()).failed()
        asyncio.get_running_loop().call_later(delay, self._engine.touch, owner)

    def _wake(self, owners: Sequence[str]) -> None:
        for owner in owners:
            self._engine.touch(owner)

    def _room(self, source: Source) -> int:
        """How many of those who wait for the source can be served."""
        ranges = self._ledger.ranges(source.subnet)
        if ranges is None:
            return 0
        if source.choices is not None:
            return ranges.room_of(source.choices)
        return ranges.room(source.divisions)

    def _tell(self, subnet: str, ranges: Ranges | None) -> None:
        self._view.set_users(subnet, self._ledger.users(subnet) if self._is_leaving(subnet) else None)
        self._view.set_usage(subnet, ranges.usage if ranges is not None else None)
        divisions = frozenset(ranges.divisions if ranges is not None else ())
        for name in self._divisions.get(subnet, frozenset()) - divisions:
            self._view.set_pool_usage(name, None)
        for name in divisions:
            assert ranges is not None
            self._view.set_pool_usage(name, ranges.usage_of(name))
        self._divisions[subnet] = divisions


def _describes(record: IP, subject: Pod) -> bool:
    """Whether the record says where the pod is, and whether its address may be kept."""
    spec = record.spec
    return spec.node_name == subject.spec.node_name and spec.pod_type == claims.pod_type(subject)
