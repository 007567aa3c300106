"""One restart of the controller: killed, something done while it is away, started, listened to until all is quiet."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Literal

from controller import ovsdb
from controller.api.kinds import PODS
from controller.ovsdb import operations
from testbed.cluster.processes import wait_ready
from testbed.experiment.provision import PATIENCE_S, pod, settle
from testbed.measure import flows, processor, writes
from testbed.measure.writes import LogUnreadable
from testbed.probes.echo import Echo, outages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from testbed.experiment.bed import Bed
    from testbed.measure.flows import Share
    from testbed.measure.processor import DaemonRole

Way = Literal["unchanged", "one_percent", "rebuild"]

READY_TIMEOUT_S = 600.0
STEADY, STEADY_TIMEOUT_S = 100, 300.0
"""So many datagrams in a row have to come back before and after, a second at the usual pace."""
AFTERMATH_S = 1.5
"""How long is still listened: a datagram is given up after a second."""

ROOTS = ("Logical_Switch", "Logical_Router", "Address_Set", "Port_Group", "DHCP_Options", "BFD")
"""The tables of NB whose rows exist by themselves; what hangs in them goes with them."""
WRITTEN = ("rows_inserted", "rows_updated", "rows_removed", "members_changed")


class Trial:
    """A restart in one way; ``size`` pods are there before and after, and ``background`` is what the probe costs."""

    def __init__(
        self, bed: Bed, echo: Echo, background: Mapping[DaemonRole, Share], size: int, number: int, way: Way
    ) -> None:
        assert bed.cluster.control_plane is not None
        assert bed.cluster.control_plane.controller is not None
        self._bed = bed
        self._echo = echo
        self._background = background
        self._size = size
        self._number = number
        self._way = way
        self._process = bed.cluster.control_plane.controller

    async def carry_out(self) -> None:
        """Restart, and record what that took."""
        bed, log = self._bed, self._bed.cluster.central.database_files["nb"]
        await self._echo.until_steady(STEADY, STEADY_TIMEOUT_S)
        before = await flows.count(bed.cluster.nodes)
        if self._is_counted:
            await bed.meter.start_flows()
            await bed.meter.expect(self._mark, "added")
        begin, killed_ns = len(self._echo.sent), time.monotonic_ns()
        bed.event("controller-killed", self._way)
        await asyncio.to_thread(self._process.kill)
        came = await self._meanwhile()
        position = writes.position(log)
        started_ns = time.monotonic_ns()
        self._process.start()
        await asyncio.to_thread(wait_ready, [self._process], READY_TIMEOUT_S)
        ready_ns, used = time.monotonic_ns(), processor.read(self._process.pid)
        bed.event("controller-ready", self._way)
        await bed.pods.until_all_ready(came, PATIENCE_S, lambda done, total: None)
        after = await settle(bed, self._background)
        await asyncio.sleep(AFTERMATH_S)
        await self._echo.until_steady(STEADY, STEADY_TIMEOUT_S)
        self._record("ready_s", (ready_ns - started_ns) / 1e9, started_ns)
        self._record("cpu_s", used.run_ns / 1e9, started_ns)
        counters = await bed.controller.counters()
        self._record("rows_written", sum(counters["northbound"][name] for name in WRITTEN), started_ns)
        self._record(
            "objects_written", sum(counters["api"][name] for name in ("patches", "deletions")), started_ns
        )
        try:
            logged = writes.between(log, position, writes.position(log))
            self._record("bytes_written", logged.bytes, started_ns)
        except LogUnreadable as error:
            self._record("bytes_written", None, started_ns, str(error))
        self._record("flows_amiss", abs(sum(after.values()) - sum(before.values())), started_ns)
        if self._is_counted:
            modified = (await bed.meter.ends(self._mark)).flow_modifications
            await bed.meter.stop_flows()
            self._record("flow_modifications", max(modified.values()), started_ns)
        self._tell_outage(begin, killed_ns)

    @property
    def _is_counted(self) -> bool:
        return self._way != "rebuild"

    @property
    def _mark(self) -> str:
        """A port that never comes: while it is expected, changes of flows are counted."""
        return f"restart-{self._size}-{self._number}"

    async def _meanwhile(self) -> list[str]:
        """What happens while the controller is away; the pods that have come."""
        if self._way == "one_percent":
            return await self._replace(max(1, self._size // 200))
        if self._way == "rebuild":
            await self._lose()
        return []

    async def _replace(self, count: int) -> list[str]:
        """Delete some pods at random, and create as many on the nodes and in the namespaces that they had."""
        bed = self._bed
        names = [path for path in bed.pods.paths if "/live-" not in path]
        going = bed.rng.sample(sorted(names), count)
        nodes = [node.name for node in bed.cluster.nodes]
        for path in going:
            namespace, _, name = path.partition("/")
            await bed.api.delete(PODS, name, namespace=namespace)
        for path in going:
            await bed.pods.until_gone(path, PATIENCE_S)
        coming = [
            pod(f"new-{self._size}-{self._number}-{place}", path.partition("/")[0], bed.rng.choice(nodes))
            for place, path in enumerate(going)
        ]
        for one in coming:
            await bed.api.create(PODS, one)
        return [one.path for one in coming]

    async def _lose(self) -> None:
        """All that the controller ever wrote to NB goes."""
        client = await ovsdb.Client.connect(self._bed.cluster.central.northbound, "OVN_Northbound")
        try:
            await client.transact([operations.delete(table, ()) for table in ROOTS])
        finally:
            await client.close()

    def _tell_outage(self, begin: int, killed_ns: int) -> None:
        found = [one for one in outages(self._echo.sent[begin:]) if one.first_lost_ns >= killed_ns]
        self._record("lost_packets", sum(one.lost for one in found), killed_ns)
        self._record("outage_ms", max((one.gap_ns for one in found), default=0) / 1e6, killed_ns)

    def _record(self, metric: str, value: float | None, start_ns: int, reason: str = "") -> None:
        self._bed.record(
            metric,
            value,
            mode=self._way,
            trial=self._number,
            labels={"pods": self._size},
            start_ns=start_ns,
            outcome="failed" if reason else "ok",
            reason=reason,
        )
