"""A controller that lives and dies between an API and an NB, and those who change the world meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from controller import ovsdb
from controller.api.kinds import IPS, NAMESPACES, NODES, PODS, SUBNETS
from controller.kubernetes.backoff import Backoff
from controller.runtime.bootstrap import Defaults
from controller.runtime.loop import Controller
from testbed.apiserver.kinds import builtin
from testbed.apiserver.status import ApiError as Refusal
from tests.system.lives import witness
from tests.system.lives.api import Api, Session
from tests.system.lives.northbound import Northbound, Port
from tests.system.lives.steps import End, SteppedNorthbound, Steps

QUIET_S = 60.0
"""How long it may take until all is well: a generous bound, since nothing is waited for on purpose."""
DEFAULTS = Defaults(default_cidr="10.16.0.0/28", join_cidr="100.64.0.0/28")
REGISTRY = builtin()
ENDLESS = 1_000_000


class World:
    """Everything that a test of a controller's lives acts upon."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self.api = Api(REGISTRY)
        self.steps = Steps(self.look)
        self.faults: list[str] = []
        self._ports: dict[str, Port] = {}
        self._controller: Controller | None = None
        self._life: asyncio.Task[None] | None = None
        self._births = 0

    async def begin(self) -> None:
        """A cluster of two nodes, two namespaces of a subnet each, and somebody else's rows in NB."""
        self.nb = await Northbound.connect(self._endpoint)
        await self.nb.lose()
        await self.nb.write_foreign()
        self._foreign = await self.nb.foreign()
        for name in ("default", "small"):
            self.api.create(NAMESPACES, {"metadata": {"name": name}})
        tiny = {"cidrBlock": "10.9.0.0/29", "namespaces": ["small"]}
        self.api.create(SUBNETS, {"metadata": {"name": "tiny"}, "spec": tiny})
        for name in ("node1", "node2"):
            self.api.create(NODES, {"metadata": {"name": name}})

    async def end(self) -> None:
        """Nothing is left running."""
        await self._bury()
        await self.nb.close()
        self.api.close()

    async def look(self) -> None:
        """What is seen now, of both sides: no address may be of two."""
        self._ports = await self.nb.ports()
        self.faults += witness.of_two(self.api, self._ports)

    def judge(self) -> None:
        """Raises what was seen."""
        assert not self.faults, self.faults[0]

    async def work(self, count: int, end: End = End.WELL) -> None:
        """The controller lives, makes so many steps, and then one that ends so, as far as there is anything to do."""
        self._live()
        self.steps.allow(count, end)
        await self._until(
            lambda: self.steps.is_dead or self.steps.is_blocked or self._is_idle(), "it stands still"
        )
        self.steps.allow(0)
        if self.steps.is_dead:
            await self._bury()
        self.judge()

    async def settle(self) -> None:
        """All hear everything, nothing holds the controller up, and in the end all is as it ought to be."""
        self.api.deliver()
        await self.work(ENDLESS)
        self.steps.allow(ENDLESS)
        deadline = time.monotonic() + QUIET_S
        while found := await witness.faults(self.api, self.nb):
            self.judge()
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.002)
        self.judge()
        assert await self.nb.foreign() == self._foreign

    async def kill(self) -> None:
        """The controller is killed where it is."""
        await self._bury()

    async def restart_unchanged(self) -> None:
        """A new life, which finds all well, writes nothing; it may tell anew who got no address and why."""
        await self._until(self._is_idle, "it comes to rest")
        await self._bury()
        await self.work(ENDLESS)
        written = [what for what in self.steps.written if "/events" not in what]
        assert not written, written

    def attempt(self, act: Callable[..., Any], *arguments: Any, **named: Any) -> bool:
        """Somebody asks the API for something, which may refuse."""
        try:
            act(*arguments, **named)
        except Refusal as refusal:
            if refusal.code not in (404, 409):
                raise
            return False
        return True

    async def lose_northbound(self) -> None:
        """Somebody empties NB; others have put theirs back."""
        await self.nb.lose()
        await self.nb.write_foreign()
        self._foreign = await self.nb.foreign()

    async def haunt(self) -> None:
        """While the controller is away, a port of nobody's is left over, with an address that nobody else has."""
        await self._bury()
        await self.look()
        address = self._free_address()
        if address is not None and "ghost.default" not in self._ports:
            await self.nb.haunt("tiny", "0e:00:00:00:00:99", address)

    def _free_address(self) -> str | None:
        """An address of ``tiny`` that nobody uses, has or is promised."""
        used = {text for texts in self._ports.values() for text in texts}
        used |= {record.spec.ip_address for record in self.api.all(IPS)}
        used |= {pod.annotations.get("ovn.kubernetes.io/ip_address", "") for pod in self.api.all(PODS)}
        return next((text for number in range(2, 7) if (text := f"10.9.0.{number}") not in used), None)

    def _live(self) -> None:
        if self._life is not None:
            return
        self.steps = Steps(self.look)
        self._births += 1
        self._controller = Controller(
            Session(self.api, self.steps), self._endpoint, DEFAULTS, seed=self._births
        )
        self._life = asyncio.create_task(self._run(self._controller, self.steps))

    async def _run(self, controller: Controller, steps: Steps) -> None:
        connection = type("Connection", (SteppedNorthbound,), {"steps": steps})
        with patch.object(ovsdb, "Client", connection), patch.object(Backoff, "failed", lambda self: 0.001):
            await controller.run()

    async def _bury(self) -> None:
        """Nothing of that life goes on."""
        if self._life is None:
            return
        self.steps.is_dead = True
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        outcomes = await asyncio.gather(*rest, return_exceptions=True)
        self._life = self._controller = None
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    def _is_idle(self) -> bool:
        controller = self._controller
        assert controller is not None
        return (
            controller.ready.is_set()
            and self.steps.is_idle
            and not controller.engine.due
            and not controller.api_writer.pending
        )

    async def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + QUIET_S
        while True:
            for _ in range(30):  # what is on its way within the process arrives
                await asyncio.sleep(0)
            if holds():
                return
            assert self._life is not None
            if self._life.done():
                await self._life
            assert time.monotonic() < deadline, f"not within {QUIET_S:g} s: {what}"
            await asyncio.sleep(0.0005)
