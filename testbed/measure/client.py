"""The driver's end of the meter: starts its process and asks it."""

import asyncio
import contextlib
import itertools
import os
import sys
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from testbed.measure import flowmonitor
from testbed.measure.ends import Change, End, Ends
from testbed.measure.flowmonitor import FlowMonitorFailed
from testbed.measure.service import EndNotSeen
from testbed.measure.subjects import MeasuredCluster, MeasuredNode
from testbed.measure.tracker import UnfitExpectation
from testbed.measure.wire import (
    LINE_LIMIT,
    Answer,
    Envelope,
    Expect,
    Failure,
    GetEnds,
    GetHealth,
    Health,
    MeterConfig,
    NodeConfig,
    Request,
    StartFlows,
    StopFlows,
    Until,
)

T = TypeVar("T")

START_TIMEOUT_S = 90
"""Until every database is read: 100,000 ports take the meter some seconds, on a busy machine many."""

ANSWER_SLACK_S = 10
"""What an answer may take beyond the time that the request itself allows."""


class MeterFailed(Exception):
    """The meter's process did not start, ended, or could not do what it was asked."""


class Meter:
    """The meter of one cluster: `async with Meter(cluster) as meter: ...`, or `start()` and `close()`.

    Requests may be made side by side. A change is `expect`ed before it is made, waited for with `until`, and read with
    `ends`, which also forgets it. Files of the meter are in `meter/` of the cluster's state directory.
    """

    def __init__(self, cluster: MeasuredCluster) -> None:
        self._directory = cluster.directory / "meter"
        self._log = self._directory / "meter.log"
        self._config = MeterConfig(
            cluster.central.northbound,
            cluster.central.southbound,
            tuple(self._watched(node) for node in cluster.nodes),
        )
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Answer]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the process; returns once it has read every database. Raises MeterFailed."""
        self._directory.mkdir(parents=True, exist_ok=True)
        config, socket = self._directory / "meter.json", self._directory / "meter.sock"
        config.write_bytes(msgspec.json.encode(self._config))
        socket.unlink(missing_ok=True)
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "testbed.measure", "--config", str(config), "--socket", str(socket)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        try:
            await self._until_ready(self._process)
            reader, self._writer = await asyncio.open_unix_connection(socket, limit=LINE_LIMIT)
        except BaseException:
            await self.close()
            raise
        self._reading = asyncio.create_task(self._read(reader))

    async def start_flows(self, nodes: Iterable[str] = ()) -> None:
        """Start the flow monitors, of all nodes when none is named. Raises FlowMonitorFailed.

        That is for after bulk provisioning, which makes millions of flow events.
        """
        await self._ask(StartFlows(tuple(nodes)), type(None), START_TIMEOUT_S)

    async def stop_flows(self) -> None:
        """Stop all flow monitors."""
        await self._ask(StopFlows(), type(None), START_TIMEOUT_S)

    async def expect(self, port: str, change: Change, nodes: Iterable[str] | None = None) -> int:
        """Arm for a change of a logical port before it is made; gives the moment (ns) from which on events count.

        `nodes`: those that must get or lose its flows (all that are watched, when None). Raises UnfitExpectation when
        the change cannot happen.
        """
        return await self._ask(Expect(port, change, None if nodes is None else tuple(nodes)), int, 0)

    async def until(self, port: str, end: End, timeout: float) -> int:
        """The moment (CLOCK_MONOTONIC ns) of an end, as soon as it is seen. Raises EndNotSeen after `timeout` s."""
        return await self._ask(Until(port, end, timeout), int, timeout)

    async def ends(self, port: str, timeout: float = 0) -> Ends:
        """All ends of a change once every one is seen, or those that are after `timeout` s.

        The change is then no longer expected.
        """
        return await self._ask(GetEnds(port, timeout), Ends, timeout)

    async def health(self) -> Health:
        """What tells whether this meter may be believed; its lateness counts from the last time this was asked."""
        return await self._ask(GetHealth(), Health, 0)

    async def close(self) -> None:
        """End the process; safe to call twice."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            await self._process.wait()
            self._process = None
        if self._reading is not None:
            await self._reading
            self._reading = None

    async def __aenter__(self) -> "Meter":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def pid(self) -> int | None:
        """Of the process while it runs."""
        return self._process.pid if self._process else None

    def _watched(self, node: MeasuredNode) -> NodeConfig:
        arguments = flowmonitor.arguments(node.bridge_management, self._directory / f"{node.name}.ctl")
        return NodeConfig(
            name=node.name,
            database=node.database,
            monitor_argv=tuple(node.release.argv("ovs-ofctl", *arguments)),
            monitor_environment=dict(node.release.environment()),
        )

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT_S)
        except TimeoutError:
            line = b""
        if b"ready" not in line:
            tail = self._log.read_text(errors="replace").strip().splitlines()[-3:]
            raise MeterFailed(f"the meter did not start: {' | '.join(tail)} (log: {self._log})")

    async def _ask(self, request: Request, kind: type[T], timeout: float) -> T:
        if self._writer is None:
            raise MeterFailed("the meter is closed")
        number = next(self._numbers)
        answered = self._asked[number] = asyncio.get_running_loop().create_future()
        self._writer.write(msgspec.json.encode(Envelope(number, request)) + b"\n")
        try:
            answer = await asyncio.wait_for(answered, timeout + ANSWER_SLACK_S)
        except TimeoutError:
            raise MeterFailed(f"the meter gave no answer (log: {self._log})") from None
        finally:
            self._asked.pop(number, None)
        if answer.failure is not None:
            raise _error(answer.failure)
        return msgspec.json.decode(answer.value, type=kind)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                answer = msgspec.json.decode(line, type=Answer)
                asked = self._asked.get(answer.id)
                if asked is not None and not asked.done():
                    asked.set_result(answer)
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(MeterFailed(f"the meter ended (log: {self._log})"))


def _error(failure: Failure) -> Exception:
    known: dict[str, type[Exception]] = {
        kind.__name__: kind for kind in (EndNotSeen, UnfitExpectation, FlowMonitorFailed)
    }
    if failure.error in known:
        return known[failure.error](failure.message)
    return MeterFailed(f"{failure.error}: {failure.message}")
