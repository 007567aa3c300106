"""Those who ask for an address and have none: what each is told, what it waits for, when it is looked at again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from controller.api.kinds import PODS
from controller.engine.engine import Engine
from controller.engine.view import View
from controller.kubernetes import Backoff
from controller.reconcilers import pod
from controller.reconcilers.pod import FAILED
from controller.runtime import claims
from controller.runtime.waiting import Source, Waiting


class Applicants:
    """Tells owners by an event, and pods in a condition as well; wakes them by having the engine ask them again."""

    def __init__(self, view: View, engine: Engine) -> None:
        self._view = view
        self._engine = engine
        self._waiting = Waiting()
        self._woken: set[Source] = set()
        self._backoffs: dict[str, Backoff] = {}

    def __contains__(self, owner: str) -> bool:
        """Whether the owner waits for something to change."""
        return owner in self._waiting

    def refuse(self, owner: str, why: Exception, awaits: Source | str) -> None:
        """The owner gets nothing until ``awaits`` changes."""
        self._waiting.put(owner, awaits)
        self._explain(owner, why)

    def fail(self, owner: str, why: Exception) -> None:
        """The owner got nothing for a reason that may pass by itself."""
        self._explain(owner, why)
        self.try_later(owner)

    def content(self, owner: str) -> None:
        """The owner has what it needs."""
        self._waiting.remove(owner)
        self._backoffs.pop(owner, None)
        self._engine.untrouble(owner, FAILED)
        reconciler, path = self._engine.subject(owner)
        if reconciler is pod.port and self._was_told(path):
            self._view.set_refusal(path, "")

    def try_later(self, owner: str) -> None:
        """The owner is looked at again after a while, longer each time until it is content."""
        delay = self._backoffs.setdefault(owner, Backoff()).failed()
        asyncio.get_running_loop().call_later(delay, self._engine.touch, owner)

    def wake_all(self) -> None:
        """Anybody may be served now."""
        self._wake(self._waiting.everyone())

    def wake(self, owner: str) -> None:
        """An owner that waits may ask for what there is."""
        if owner in self._waiting:
            self._engine.touch(owner)

    def wake_for(self, subnets: frozenset[str], macs: Iterable[str], room: Callable[[Source], int]) -> None:
        """Wakes those who wait for something of these subnets or for these MACs, which are other now.

        Of those who wait for any address of a source, no more than ``room`` tells can be served.
        """
        for name in subnets:
            self._wake(self._waiting.take(claims.of_subnet(name)))
        for mac in macs:
            self._wake(self._waiting.take(claims.of_mac(mac)))
        asked = [
            source for source in self._waiting.sources() if source.subnet in subnets or source in self._woken
        ]
        self._woken.clear()
        for source in asked:
            if owners := self._waiting.take(source, room(source)):
                self._woken.add(source)  # If one of them needs none any more, the next is to be asked.
                self._wake(owners)

    def _wake(self, owners: Iterable[str]) -> None:
        for owner in owners:
            self._engine.touch(owner)

    def _explain(self, owner: str, why: Exception) -> None:
        self._engine.trouble(owner, FAILED, str(why))
        reconciler, path = self._engine.subject(owner)
        if reconciler is pod.port:
            self._view.set_refusal(path, str(why))

    def _was_told(self, path: str) -> bool:
        """Whether a pod was told, by this controller or by the one before it, that it gets no address."""
        if self._view.refusal(path):
            return True
        stated = self._view.stated(PODS, path)
        return stated is not None and any(
            entry["status"] == "False" for entry in stated.status.get("conditions", ())
        )
