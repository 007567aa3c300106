"""Who gets which address: the one decision of the controller that is not a function of the objects.

It comes before all reconcilers, and its outcome is the ``IP`` object, which they read. That object is the only record:
the books here are made from it, so a controller that starts anew knows what its predecessor gave away.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

from controller.api.core import Pod
from controller.api.kinds import IPS
from controller.api.kubeovn import IP
from controller.api.names import pod_port
from controller.api.reservations import IPPool
from controller.engine.engine import Engine
from controller.engine.view import View
from controller.ipam import Exhausted, IpamError, MacTaken
from controller.kubernetes import ApiError, Client, Unreachable
from controller.northbound.replica import Replica
from controller.reconcilers import pod
from controller.reconcilers.address import is_kept
from controller.runtime import claims
from controller.runtime.acquisition import Acquisition
from controller.runtime.applicants import Applicants
from controller.runtime.claims import Claim, NoAddress
from controller.runtime.ledger import Ledger
from controller.runtime.needs import Hopeless, Lacks, Moved, Needs, Outgrown, Reserves, Satisfied
from controller.runtime.usage import Usages
from controller.runtime.waiting import Source

Errand = Lacks | Moved | Reserves
"""What the API has to be asked for."""


class Allocation:
    """Gives addresses to whoever needs one: pods, nodes, routers and public addresses.

    ``is_there`` is asked whether a record that the API has just answered with is there still.
    Follows subnets, ``IPPool`` and IP objects and pods by the methods that are called after what happened to them.
    """

    def __init__(
        self, view: View, replica: Replica, engine: Engine, client: Client, rng: random.Random
    ) -> None:
        self._view = view
        self.is_there: Callable[[IP], bool] = lambda record: True
        self._ledger = Ledger(view, replica)
        self._needs = Needs(view, self._ledger, engine)
        self._acquisition = Acquisition(self._ledger, client, rng)
        self._applicants = Applicants(view, engine)
        self._usages = Usages(view, self._ledger)

    def subnet_changed(self, name: str) -> None:
        """The subnet came, went or has other ranges now."""
        self._ledger.reopen(name)
        self._applicants.wake_all()

    def division_changed(self, division: IPPool) -> None:
        """The ``IPPool`` came, went or is of other addresses now."""
        self._ledger.divided(division)
        self._applicants.wake_all()

    def namespace_changed(self) -> None:
        """A namespace came, or has other labels now: another subnet may serve it."""
        self._applicants.wake_all()

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
        self._applicants.wake(f"{pod.port.name}/{path}")

    def survey(self) -> None:
        """NB was read anew: what ports have there is not free, whatever the records say."""
        self._ledger.survey()

    async def ensure(self, owners: Sequence[str]) -> None:
        """Gives each of ``owners`` that needs an address one; who gets none is told why by an event.

        A pod that was scheduled while others were served is served too: after this, all of them are compiled.
        """
        served: set[str] = set()
        while True:
            errands = []
            for owner in owners:
                if owner not in served and (errand := self._errand(owner)) is not None:
                    served.add(owner)
                    errands.append(errand)
            if not errands:
                break
            await asyncio.gather(*map(self._run, errands))
        for owner in served:
            self._look_again(owner)

    def publish(self) -> None:
        """Tells the view how subnets and pools that saw changes are used now, and wakes whoever waited for that."""
        self._ledger.settle()
        subnets, macs = self._ledger.take_news()
        for name in subnets:
            self._usages.tell(name)
        self._applicants.wake_for(subnets, macs, self._room)

    def _errand(self, owner: str) -> Errand | None:
        """What the API has to be asked for an owner; what needs no asking is done here and now."""
        match self._needs.of(owner):
            case (Lacks() | Reserves()) as errand:
                return errand
            case Moved() as errand:
                self._applicants.content(owner)
                return errand
            case Outgrown(record=record):
                self._view.set_outdated(record)
            case Hopeless(why=why, outgrown=record):
                if record:
                    self._view.set_outdated(record)
                self._applicants.refuse(owner, why, why.awaits)
            case Satisfied():
                self._applicants.content(owner)
        return None

    async def _run(self, errand: Errand) -> None:
        match errand:
            case Lacks(claims=lacking):
                for claim in lacking:
                    await self._serve(claim, self._acquisition.acquire(claim))
            case Reserves(claim=claim, record=record):
                await self._serve(claim, self._acquisition.reserve(claim, record))
            case Moved(claim=claim, record=record):
                await self._hand_over(claim, record)

    def _look_again(self, owner: str) -> None:
        """One who was just served may need more: things went on while others were served."""
        if owner not in self._applicants and self._errand(owner) is not None:
            self._applicants.try_later(owner)

    async def _serve(self, claim: Claim, acquiring: Awaitable[IP]) -> None:
        owner = claim.owner
        try:
            record = await acquiring
        except NoAddress as error:
            self._applicants.refuse(owner, error, error.awaits)
        except MacTaken as error:
            self._applicants.refuse(owner, error, claims.of_mac(error.mac))
        except Exhausted as error:
            wish = claim.wish
            source = Source(claim.subnet, wish.divisions, wish.choices, wish.versions)
            self._applicants.refuse(owner, error, claims.of_subnet(claim.subnet) if wish.fixed else source)
        except IpamError as error:
            self._applicants.refuse(owner, error, claims.of_subnet(claim.subnet))
        except (ApiError, Unreachable) as error:
            self._applicants.fail(owner, error)
        else:
            self._applicants.content(owner)
            self._took(claim, record)

    def _took(self, claim: Claim, record: IP) -> None:
        """A record of the claim came back from the API, perhaps one of an earlier life."""
        if not self.is_there(record):
            self._ledger.put_back(record.name)
            return
        self._ledger.recorded(self._view.put(IPS, record) or record)
        if not self._ledger.could_give(claim, record):
            self._view.set_outdated(record.name)

    async def _hand_over(self, claim: Claim, record: IP) -> None:
        try:
            changed = await self._acquisition.hand_over(claim, record)
        except (ApiError, Unreachable):
            self._applicants.try_later(claim.owner)
        else:
            self._ledger.recorded(self._view.put(IPS, changed) or changed)

    def _room(self, source: Source) -> int:
        """How many of those who wait for the source can be served."""
        ranges = self._ledger.ranges(source.subnet)
        if ranges is None:
            return 0
        if source.choices is not None:
            return ranges.room_of(source.choices)
        return ranges.room(source.divisions, source.versions)
