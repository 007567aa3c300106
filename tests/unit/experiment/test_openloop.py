"""Load by the clock: waiting delays nothing, and being late is not hidden."""

from __future__ import annotations

import asyncio
import time

import pytest

from testbed.experiment.openloop import offer

MS = 1_000_000


async def test_an_answer_that_does_not_come_delays_no_later_request() -> None:
    begin = time.monotonic_ns()
    sent: list[int] = []
    all_sent = asyncio.Event()

    async def send(number: int, _due_ns: int) -> None:
        sent.append(number)
        if len(sent) == 5:
            all_sent.set()
        await all_sent.wait()

    await asyncio.wait_for(offer([(begin + number * MS, number) for number in range(5)], send), 60)
    assert sent == [0, 1, 2, 3, 4]


async def test_nothing_is_sent_before_it_is_due() -> None:
    begin = time.monotonic_ns()
    early: list[int] = []

    async def send(number: int, due_ns: int) -> None:
        if time.monotonic_ns() < due_ns:
            early.append(number)

    await offer([(begin + number * 5 * MS, number) for number in range(10)], send)
    assert not early
    assert time.monotonic_ns() - begin >= 45 * MS


async def test_a_driver_that_was_held_up_sends_all_that_is_overdue_and_the_due_moments_stand() -> None:
    begin = time.monotonic_ns()
    due = [begin + number * 10 * MS for number in range(6)]
    late: dict[int, int] = {}

    async def send(number: int, due_ns: int) -> None:
        assert due_ns == due[number]
        late[number] = time.monotonic_ns() - due_ns
        if number == 0:
            time.sleep(0.04)  # noqa: ASYNC251 -- the driver itself is held up

    await offer([(moment, number) for number, moment in enumerate(due)], send)
    assert sorted(late) == list(range(6))
    assert late[1] >= 30 * MS - MS
    assert late[2] >= 20 * MS - MS


async def test_an_error_of_one_ends_all() -> None:
    begin = time.monotonic_ns()

    async def send(number: int, _due_ns: int) -> None:
        if number == 1:
            raise ValueError("broken")
        await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup, match="unhandled"):
        await asyncio.wait_for(offer([(begin, 0), (begin, 1)], send), 60)
