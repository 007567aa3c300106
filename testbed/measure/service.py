"""The meter as a process: databases and flow monitors in, answers to the driver out.

It is a process of its own so that a moment is stamped when the kernel has it, not when the driver, busy with its own
requests, gets round to it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from testbed.measure import databases, flowevents
from testbed.measure.clock import monotonic_ns, sample_offset
from testbed.measure.ends import ENDS_OF, End, Ends
from testbed.measure.flowmonitor import FlowMonitor
from testbed.measure.lateness import LatenessSampler
from testbed.measure.tracker import Tracker, UnfitExpectation
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
    Request,
    StartFlows,
    StopFlows,
    Until,
)


class EndNotSeen(Exception):
    """An end was not reached in time; the message says which ends are missing."""


class Service:
    """Watches one cluster and answers one driver's (or several drivers') requests."""

    def __init__(self, config: MeterConfig) -> None:
        self._config = config
        self._tracker = Tracker(self._on_progress)
        self._monitors: dict[str, FlowMonitor] = {}
        self._asked_for: tuple[str, ...] = ()
        self._waiting: dict[str, list[asyncio.Event]] = {}
        self._lost: list[str] = []
        self._started = self._offset = sample_offset()
        self._lateness = LatenessSampler(self._on_late)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, timeout: float = 60) -> None:
        """Follow all databases; returns once the first content of each was read. Raises what a connection raises."""
        sources: list[tuple[str, databases.Northbound | databases.Southbound | databases.NodeDatabase]] = [
            (self._config.northbound, databases.Northbound(self._tracker)),
            (self._config.southbound, databases.Southbound(self._tracker)),
        ]
        for node in self._config.nodes:
            own = databases.NodeDatabase(self._tracker, node.name, lambda: self._offset)
            sources.append((node.database, own))
        loop = asyncio.get_running_loop()
        ready = [loop.create_future() for _ in sources]
        for (endpoint, source), first in zip(sources, ready, strict=True):
            self._keep(databases.follow(endpoint, source, first, self._lose))
        await asyncio.wait_for(asyncio.gather(*ready), timeout)
        self._lateness.start()

    async def stop(self) -> None:
        """End the flow monitors and the connections."""
        self._lateness.stop()
        await self._stop_flows(StopFlows())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def serve(self, path: Path) -> asyncio.Server:
        """Take requests on a Unix socket."""
        return await asyncio.start_unix_server(self._converse, path, limit=LINE_LIMIT)

    # what came to pass

    def _keep(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        task.add_done_callback(self._on_task_done)
        self._tasks.append(task)

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._lose(f"the meter itself failed: {type(error).__name__}: {error}")

    def _lose(self, reason: str) -> None:
        self._lost.append(reason)
        self._tracker.lose(reason)

    def _on_late(self, late_ns: int) -> None:
        for ends in self._tracker.expected:
            ends.lateness_ns = max(ends.lateness_ns, late_ns)

    def _on_progress(self, port: str) -> None:
        for event in self._waiting.get(port, ()):
            event.set()

    def _line_taker(self, node: str) -> Callable[[bytes, int], None]:
        def take(line: bytes, ns: int) -> None:
            match flowevents.parse(line):
                case flowevents.FlowEvent() as event:
                    self._tracker.flow(node, event, ns)
                case flowevents.MonitorGap():
                    self._lose(f"the flow monitor of {node} was paused by the switch")

        return take

    def _monitor_ender(self, node: str) -> Callable[[str], None]:
        def take(message: str) -> None:
            self._monitors.pop(node, None)
            self._lose(message)

        return take

    # what is asked

    async def answer(self, request: Request) -> Any:
        """The value of a request; raises what the client is to raise."""
        match request:
            case StartFlows():
                return await self._start_flows(request)
            case StopFlows():
                return await self._stop_flows(request)
            case Expect():
                return self._expect(request)
            case Until():
                return await self._until(request)
            case GetEnds():
                return await self._ends(request)
            case GetHealth():
                return self._health()

    async def _start_flows(self, request: StartFlows) -> None:
        wanted = [
            node
            for node in self._config.nodes
            if node.name not in self._monitors and (not request.nodes or node.name in request.nodes)
        ]
        started = [
            FlowMonitor(
                node.name,
                node.monitor_argv,
                node.monitor_environment,
                self._line_taker(node.name),
                self._monitor_ender(node.name),
            )
            for node in wanted
        ]
        try:
            await asyncio.gather(*(monitor.start() for monitor in started))
        except BaseException:
            await asyncio.gather(*(monitor.stop() for monitor in started))
            raise
        self._monitors.update({monitor.node: monitor for monitor in started})
        self._asked_for = tuple(dict.fromkeys((*self._asked_for, *self._monitors)))

    async def _stop_flows(self, request: StopFlows) -> None:
        monitors, self._monitors, self._asked_for = self._monitors, {}, ()
        await asyncio.gather(*(monitor.stop() for monitor in monitors.values()))

    def _expect(self, request: Expect) -> int:
        nodes = request.nodes if request.nodes is not None else self._asked_for
        if unwatched := [node for node in nodes if node not in self._monitors]:
            raise UnfitExpectation(f"no flow monitor runs on {', '.join(unwatched)}")
        self._offset = sample_offset()
        now = monotonic_ns()
        self._tracker.expect(request.port, request.change, nodes, now)
        return now

    async def _until(self, request: Until) -> int:
        ends = self._tracker.ends(request.port)
        if request.end not in ENDS_OF[ends.change]:
            raise UnfitExpectation(f"a port that is {ends.change} never reaches the end {request.end!r}")
        if request.end == "all_nodes" and not ends.nodes:
            raise UnfitExpectation("no flow monitor was running when the change was expected")
        await self._wait(request.port, (request.end,), request.timeout_s)
        moment = self._tracker.ends(request.port).at(request.end)
        if moment is None:
            missing = ", ".join(self._tracker.ends(request.port).missing())
            raise EndNotSeen(
                f"{request.port}: {request.end} not within {request.timeout_s:g} s; missing: {missing}"
            )
        return moment

    async def _ends(self, request: GetEnds) -> Ends:
        ends = self._tracker.ends(request.port)
        wanted = tuple(end for end in ENDS_OF[ends.change] if ends.nodes or end != "all_nodes")
        await self._wait(request.port, wanted, request.timeout_s)
        ends = self._tracker.ends(request.port)
        self._tracker.forget(request.port)
        return ends

    async def _wait(self, port: str, ends: Sequence[End], timeout: float) -> None:
        """Until all are seen or the time is over."""
        changed = asyncio.Event()
        waiting = self._waiting.setdefault(port, [])
        waiting.append(changed)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    while any(self._tracker.ends(port).at(end) is None for end in ends):
                        await changed.wait()
                        changed.clear()
        finally:
            waiting.remove(changed)
            if not waiting:
                self._waiting.pop(port, None)

    def _health(self) -> Health:
        return Health(self._lateness.drain(), self._started, sample_offset(), tuple(self._lost))

    # the socket

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering: set[asyncio.Task[None]] = set()
        try:
            while line := await reader.readline():
                envelope = msgspec.json.decode(line, type=Envelope)
                task = asyncio.create_task(self._reply(envelope, writer))
                answering.add(task)
                task.add_done_callback(answering.discard)
        except (msgspec.ValidationError, msgspec.DecodeError, ConnectionError, ValueError) as error:
            writer.write(_line(Answer(0, failure=Failure("ValueError", f"not a request: {error}"))))
        finally:
            for task in answering:
                task.cancel()
            writer.close()

    async def _reply(self, envelope: Envelope, writer: asyncio.StreamWriter) -> None:
        try:
            value = await self.answer(envelope.request)
            answer = Answer(envelope.id, msgspec.Raw(msgspec.json.encode(value)))
        except Exception as error:
            answer = Answer(envelope.id, failure=Failure(type(error).__name__, str(error)))
        writer.write(_line(answer))
        with contextlib.suppress(ConnectionError):
            await writer.drain()


def _line(answer: Answer) -> bytes:
    return msgspec.json.encode(answer) + b"\n"
