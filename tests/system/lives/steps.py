"""What a controller writes, one step at a time: a test decides how far it comes, and how a step ends.

A controller that is killed may have written or not, and one whose answer is lost does not know. Both are tried at
every write to the API and at every transaction of NB.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, auto
from typing import TypeVar

from controller import ovsdb

T = TypeVar("T")
Witness = Callable[[], Awaitable[None]]


class End(Enum):
    """How a step ends: as it should, or with its effect and without an answer, or with neither."""

    WELL = auto()
    KILLED_BEFORE = auto()
    KILLED_AFTER = auto()
    LOST_BEFORE = auto()
    LOST_AFTER = auto()


class Steps:
    """The steps of one life of a controller. ``witness`` is called after each, before the controller hears of it."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness
        self._queue: deque[asyncio.Future[End]] = deque()
        self._left = 0
        self._end = End.WELL
        self._under_way = 0
        self.is_dead = False
        self.written: list[str] = []

    def allow(self, count: int, end: End = End.WELL) -> None:
        """Lets ``count`` more steps happen, and if ``end`` is not a good one, one more that ends so."""
        self._left, self._end = count, end
        self._go()

    @property
    def is_blocked(self) -> bool:
        """Whether somebody waits to be let through, and nothing else is under way."""
        return any(not turn.done() for turn in self._queue) and not self._under_way

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits and nothing is under way."""
        return not self._under_way and all(turn.done() for turn in self._queue)

    async def make(
        self, what: str, act: Callable[[], Awaitable[T]], lost: Callable[[], Awaitable[Exception]]
    ) -> T:
        """Makes a step when it is let through; ``lost`` is what cuts off its answer and tells what is raised."""
        turn: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        self._go()
        end = await turn
        self._under_way += 1
        try:
            if end is End.KILLED_BEFORE:
                await self._die()
            if end is End.LOST_BEFORE:
                raise await lost()
            result = await act()
            self.written.append(what)
            await self._witness()
            if end is End.KILLED_AFTER:
                await self._die()
            if end is End.LOST_AFTER:
                raise await lost()
            return result
        finally:
            self._under_way -= 1

    async def _die(self) -> None:
        self.is_dead = True
        await asyncio.get_running_loop().create_future()

    def _go(self) -> None:
        while self._queue and (self._left or self._end is not End.WELL) and not self.is_dead:
            turn = self._queue.popleft()
            if turn.done():
                continue
            if self._left:
                self._left -= 1
                turn.set_result(End.WELL)
            else:
                turn.set_result(self._end)
                self._end = End.WELL


class SteppedNorthbound(ovsdb.Client):
    """A connection to NB whose every transaction is a step."""

    steps: Steps

    async def transact(self, operations: Sequence[ovsdb.Operation]) -> list[ovsdb.Result]:
        """As ever, once it is let through."""
        return await self.steps.make(
            f"NB {operations}", lambda: super(SteppedNorthbound, self).transact(operations), self._cut
        )

    async def _cut(self) -> Exception:
        await self.close()
        return await asyncio.shield(self.closed)
