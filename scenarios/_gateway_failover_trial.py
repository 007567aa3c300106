"""One way of losing a gateway, carried out once: lost and put back, with what was lost on the way both times."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Literal

from controller.api.kinds import NODES, SUBNETS
from testbed.cluster.node import Node
from testbed.experiment.bed import Bed
from testbed.experiment.gatewaywatch import GatewayWatch
from testbed.faults import Fault, NodeDown, Partition
from testbed.measure import processor
from testbed.probes.echo import Echo, Outage, outages

SUBNET = "egress"
"""The centralised subnet, and the namespace that it serves."""
STEADY, STEADY_TIMEOUT_S = 100, 90.0
"""So many datagrams in a row have to come back before the next trial, a second at the usual pace."""

CALM_S = 4.0
"""So long nothing is heard of any gateway before a trial; the controller trusts one that came back after 3 s."""

Act = Callable[[], Awaitable[None]]
How = Literal["node_killed", "link_cut", "planned_move", "drain"]
WAYS: tuple[How, ...] = ("node_killed", "link_cut", "planned_move", "drain")


async def prefer(bed: Bed, *gateways: Node) -> None:
    """Tell the subnet its gateway nodes, in this order."""
    names = ",".join(node.name for node in gateways)
    await bed.api.patch(SUBNETS, SUBNET, {"spec": {"gatewayNode": names}})


class Trial:
    """The gateway is lost in one way and comes back, in a cluster of so many pods."""

    def __init__(self, bed: Bed, echo: Echo, watch: GatewayWatch, size: int, number: int, how: How) -> None:
        self._bed = bed
        self._echo = echo
        self._watch = watch
        self._size = size
        self._number = number
        self._how = how
        self._first, self._second, *_ = bed.cluster.nodes

    async def carry_out(self) -> None:
        """Lose it, and once all is well put it back."""
        lose, put_back = self._acts()
        try:
            await self._listen("lost", lose, self._second)
        finally:
            await self._listen("returned", put_back, self._first)

    def _acts(self) -> tuple[Act, Act]:
        first, second = self._first, self._second
        match self._how:
            case "planned_move":
                return lambda: prefer(self._bed, second, first), lambda: prefer(self._bed, first, second)
            case "drain":
                return lambda: self._cordon(True), lambda: self._cordon(False)
        fault: Fault = NodeDown(first) if self._how == "node_killed" else Partition.from_underlay(first)
        return lambda: asyncio.to_thread(fault.apply), lambda: asyncio.to_thread(fault.undo)

    async def _cordon(self, unschedulable: bool) -> None:
        await self._bed.api.patch(NODES, self._first.name, {"spec": {"unschedulable": unschedulable}})

    async def _listen(self, phase: str, act: Act, gateway: Node) -> None:
        """Act, wait until all comes back by that gateway, and record what did not."""
        begin = len(self._echo.sent)
        start_ns = time.monotonic_ns()
        self._bed.event(f"{self._how}-{phase}", self._how)
        reason = ""
        try:
            async with self._claim(phase, start_ns):
                await act()
                await self._echo.until_steady(
                    STEADY, STEADY_TIMEOUT_S, since_ns=time.monotonic_ns(), seen_as=gateway.tunnel_ip
                )
        except TimeoutError:
            reason = f"no {STEADY} datagrams in a row came by {gateway.name} within {STEADY_TIMEOUT_S:g} s"
        # a datagram that was on its way when the act began may be the first that is lost
        found = [outage for outage in outages(self._echo.sent[begin:]) if outage.end_ns >= start_ns]
        worst = max(found, key=lambda outage: outage.gap_ns, default=None)
        values = {
            "outage_ms": worst.gap_ns / 1e6 if worst else 0.0,
            "lost_packets": float(sum(outage.lost for outage in found)),
        }
        for metric, value in values.items():
            self._record(phase, start_ns, metric, None if reason else value, reason)
        if phase == "lost" and found:
            self._parts(start_ns, found[0])

    @asynccontextmanager
    async def _claim(self, phase: str, start_ns: int) -> AsyncIterator[None]:
        """Meanwhile the next gateway may claim what the lost one had: record what that took its ovn-controller."""

        async def follow() -> None:
            pid = self._second.chassis.pid
            before = processor.read(pid)
            await self._watch.until_came_to(self._second.name, start_ns)
            used = processor.usage(before, processor.read(pid))
            self._record(phase, start_ns, "claim_cpu_ms", used.run_ns / 1e6)
            self._record(phase, start_ns, "claim_wait_ms", used.wait_ns / 1e6)

        following = asyncio.create_task(follow())
        try:
            yield
        finally:
            following.cancel()
            await asyncio.wait({following})

    def _parts(self, start_ns: int, outage: Outage) -> None:
        """When the next gateway knew of the loss and when SB had its claim (ms since the first lost datagram)."""
        seen = {
            "detected_ms": self._watch.went_down(self._second.name, self._first.name, start_ns),
            "claimed_ms": self._watch.came_to(self._second.name, start_ns),
        }
        for metric, moment_ns in seen.items():
            if moment_ns is not None:
                value = (moment_ns - outage.first_lost_ns) / 1e6
                self._record("lost", start_ns, metric, value)

    def _record(self, phase: str, start_ns: int, metric: str, value: float | None, reason: str = "") -> None:
        self._bed.record(
            metric,
            value,
            mode=self._how,
            trial=self._number,
            labels={"pods": self._size, "phase": phase},
            start_ns=start_ns,
            outcome="failed" if value is None else "ok",
            reason=reason,
        )
