"""A program that reports lines, in the place of `ovs-ofctl monitor`."""

import asyncio
import sys

import pytest

from testbed.measure.clock import monotonic_ns
from testbed.measure.flowmonitor import FlowMonitor, FlowMonitorFailed

READY = (
    "import sys, time; print('reply', flush=True);"
    "say = lambda text: print(text, end='', file=sys.stderr, flush=True);"
)


class Heard:
    """What a monitor told."""

    def __init__(self) -> None:
        self.lines: list[tuple[bytes, int]] = []
        self.ends: list[str] = []
        self.something = asyncio.Event()

    def line(self, line: bytes, ns: int) -> None:
        self.lines.append((line, ns))
        self.something.set()

    def end(self, message: str) -> None:
        self.ends.append(message)
        self.something.set()

    async def next(self) -> None:
        async with asyncio.timeout(60):
            await self.something.wait()
        self.something.clear()


def monitor(heard: Heard, program: str) -> FlowMonitor:
    return FlowMonitor("node1", [sys.executable, "-c", program], {}, heard.line, heard.end)


async def test_lines_are_stamped_as_they_come_also_when_they_come_in_pieces() -> None:
    heard = Heard()
    running = monitor(heard, READY + "say('one\\ntw'); time.sleep(0.05); say('o\\n'); time.sleep(60)")
    began = monotonic_ns()
    await running.start()
    while len(heard.lines) < 2:
        await heard.next()
    await running.stop()
    (one, first), (two, second) = heard.lines
    assert (one, two) == (b"one", b"two")
    assert began < first < second < monotonic_ns()
    assert heard.ends == []


async def test_a_monitor_that_ends_by_itself_is_told() -> None:
    heard = Heard()
    running = monitor(heard, READY + "say('connection dropped')")
    await running.start()
    while not heard.ends:
        await heard.next()
    await running.stop()
    assert heard.ends == ["flow monitor of node1 ended: connection dropped"]


async def test_a_monitor_that_cannot_start_says_why() -> None:
    heard = Heard()
    with pytest.raises(FlowMonitorFailed, match="node1 ended: no such bridge"):
        await monitor(heard, "import sys; sys.exit('no such bridge')").start()
    assert heard.ends == []


async def test_a_monitor_that_never_replies_is_given_up() -> None:
    with pytest.raises(FlowMonitorFailed, match=r"no reply within 0\.2 s"):
        await monitor(Heard(), "import time; time.sleep(60)").start(timeout=0.2)
