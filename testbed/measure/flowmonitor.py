"""One OpenFlow flow monitor a node: each flow as it enters the switch's tables, stamped when it was read.

`ovs-ofctl monitor` of the node's own release does the talking. It prints what it is told on its unbuffered standard
error, so a line is here as soon as the switch has reported the flow; the reply to its request, on standard output,
tells that from then on nothing is missed.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from testbed.measure.clock import monotonic_ns

WATCH_EVERY_CHANGE = "watch:!initial"
"""Every later change of every table, but not the flows that are there already."""

KEPT_OUTPUT = 2_000
"""Characters of what the monitor said last, for the message when it dies."""


class FlowMonitorFailed(Exception):
    """A flow monitor did not start, or ended; the message names the node and has what the program said."""


def arguments(bridge_management: Path, control: Path) -> tuple[str, ...]:
    """What `ovs-ofctl` is given; without a control socket of its own it wants to write where the host's OVS lives."""
    return ("monitor", f"unix:{bridge_management}", WATCH_EVERY_CHANGE, f"--unixctl={control}")


class FlowMonitor:
    """The flow monitor of one node: start it once, then `on_line(line, ns)` is called until it is stopped.

    `on_end(message)` is called when it ends by itself.
    """

    def __init__(
        self,
        node: str,
        argv: Sequence[str],
        environment: Mapping[str, str],
        on_line: Callable[[bytes, int], None],
        on_end: Callable[[str], None],
    ) -> None:
        self.node = node
        self._argv = tuple(argv)
        self._environment = {**os.environ, **environment}
        self._on_line = on_line
        self._on_end = on_end
        self._transport: asyncio.SubprocessTransport | None = None
        self._protocol: _Reader | None = None

    async def start(self, timeout: float = 10) -> None:
        """Until the switch has confirmed that it reports every change. Raises FlowMonitorFailed."""
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.subprocess_exec(
            lambda: _Reader(self.node, self._on_line, self._on_end),
            *self._argv,
            env=self._environment,
            stdin=None,
        )
        self._transport, self._protocol = transport, protocol
        try:
            await asyncio.wait_for(asyncio.shield(protocol.ready), timeout)
        except TimeoutError:
            await self.stop()
            raise FlowMonitorFailed(f"flow monitor of {self.node}: no reply within {timeout:g} s") from None

    async def stop(self) -> None:
        """End the process and wait until it is gone; does nothing when it never started."""
        transport, protocol = self._transport, self._protocol
        self._transport = self._protocol = None
        if transport is None or protocol is None:
            return
        protocol.stopping = True
        if transport.get_returncode() is None:
            transport.terminate()
        await protocol.gone
        transport.close()


class _Reader(asyncio.SubprocessProtocol):
    def __init__(
        self, node: str, on_line: Callable[[bytes, int], None], on_end: Callable[[str], None]
    ) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.gone: asyncio.Future[None] = loop.create_future()
        self.stopping = False
        self._node = node
        self._on_line = on_line
        self._on_end = on_end
        self._partial = b""
        self._said = b""

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        ns = monotonic_ns()
        assert isinstance(data, bytes)
        if fd == 1:
            if not self.ready.done():
                self.ready.set_result(None)
            return
        if not self.ready.done():
            self._said = (self._said + data)[-KEPT_OUTPUT:]
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            self._on_line(line, ns)

    def process_exited(self) -> None:
        said = (self._said + self._partial).decode(errors="replace").strip()
        message = f"flow monitor of {self._node} ended" + (f": {said}" if said else "")
        if not self.ready.done():
            self.ready.set_exception(FlowMonitorFailed(message))
        elif not self.stopping:
            self._on_end(message)
        self.gone.set_result(None)
