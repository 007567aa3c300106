"""What a lost gateway costs: how long nothing leaves the cluster from a centralised subnet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from msgspec import Meta

from controller.api.kinds import NAMESPACES, SUBNETS
from controller.api.kubeovn import Subnet, SubnetSpec
from controller.api.meta import ObjectMeta
from scenarios._gateway_failover_summary import summarise
from testbed.experiment.bfd import set_pace, until_in_step
from testbed.experiment.expectation import Expectation
from testbed.experiment.params import ScenarioParams
from testbed.experiment.provision import create_pods, create_tenants, pod, settle, spread, tenants
from testbed.experiment.scenario import Scenario, Summary
from testbed.faults import Fault, NodeDown, Partition
from testbed.pods import live
from testbed.probes.echo import Echo, outages

if TYPE_CHECKING:
    from pandas import DataFrame

    from testbed.experiment.bed import Bed

PODS_PER_SUBNET = 200
SUBNET, CIDR, POD = "egress", "10.127.0.0/24", "probe"
STEADY, STEADY_TIMEOUT_S = 100, 90.0
"""So many datagrams in a row have to come back before the next trial, a second at the usual pace."""
AFTERMATH_S = 1.5
"""How long is still listened once all come back again: a datagram is given up after a second."""

Act = Callable[[], Awaitable[None]]
How = Literal["node_killed", "link_cut", "planned_move"]


class Params(ScenarioParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often each way of losing a gateway is tried, and how closely OVN and the probe look."""

    nodes: Annotated[int, Meta(ge=3, description="two gateways, and others that the pods are on")] = 4
    pods: Annotated[int, Meta(ge=0, description="stub pods that the cluster holds besides")] = 0
    trials: Annotated[int, Meta(ge=1, description="trials of each way")] = 3
    probe_ms: Annotated[float, Meta(ge=1, description="from one datagram of the probe to the next (ms)")] = 10
    bfd_interval_ms: Annotated[int, Meta(ge=10, description="OVN's bfd-min-rx and bfd-min-tx (ms)")] = 50
    bfd_multiplier: Annotated[int, Meta(ge=1, le=255, description="OVN's bfd-mult")] = 3


class GatewayFailover(Scenario):
    """How long nothing leaves the cluster when the gateway of a centralised subnet is lost, moved, or comes back.

    A pod on a node that is no gateway sends a datagram to a host beyond the cluster every few milliseconds, through
    the first of two gateway nodes. That node's daemons are killed, or its link is cut, or the subnet is told to prefer
    the other; then all is put back.
    """

    Params = Params
    profiles: ClassVar[Mapping[str, ScenarioParams]] = {
        "quick": Params(),
        "nightly": Params(nodes=6, pods=2_000, trials=10),
        "full": Params(nodes=10, pods=10_000, trials=20),
    }
    expectations: ClassVar[Sequence[Expectation]] = (
        Expectation(
            metric="node_killed_outage_p50_ms",
            at_most=1_000,
            why="three silences of BFD and the flows of one node; seen at an idle machine: under 300 ms",
        ),
        Expectation(
            metric="planned_move_lost_packets",
            at_most=5,
            why="both gateways are alive: what is lost is what was on its way",
        ),
    )
    method: ClassVar[tuple[str, ...]] = (
        "An outage is counted from the last datagram that was answered to the next one that was, by when they were "
        "sent. It includes the way back, which the node that translates a connection is part of: the pod's new "
        "connection through the other gateway is a new one to the host beyond. Trials of the ways are shuffled.",
    )

    async def run(self, bed: Bed, params: ScenarioParams) -> None:
        """Lose the gateway in each way, some times; listen all the time."""
        assert isinstance(params, Params)
        await set_pace(bed.cluster, params.bfd_interval_ms, params.bfd_multiplier)
        first, second, *others = bed.cluster.nodes
        await _fill(bed, params.pods, [node.name for node in bed.cluster.nodes])
        source = await _probe(bed, (first.name, second.name), others[0].name)
        ways: list[How] = ["node_killed", "link_cut", "planned_move"] * params.trials
        bed.rng.shuffle(ways)
        async with Echo(
            source, bed.cluster.external.pid, bed.cluster.external.address, params.probe_ms
        ) as echo:
            await echo.until_steady(STEADY, STEADY_TIMEOUT_S)
            for trial, how in enumerate(ways, 1):
                bed.progress("losing the gateway", trial - 1, len(ways))
                await until_in_step(bed.cluster, params.bfd_interval_ms, STEADY_TIMEOUT_S)
                await _Trial(bed, echo, trial, how).carry_out()
            bed.progress("losing the gateway", len(ways), len(ways))

    def summarise(self, samples: DataFrame) -> Summary:
        """Outages by way, of the loss and of the return."""
        return summarise(samples)


async def _fill(bed: Bed, pods: int, nodes: Sequence[str]) -> None:
    """Give the cluster something to hold, and say how much that is."""
    if pods:
        towns = tenants(-(-pods // PODS_PER_SUBNET))
        await create_tenants(bed, towns)
        await create_pods(bed, list(spread(towns, nodes, 0, pods)))
    flows = await settle(bed)
    bed.record("flows_per_node", min(flows.values()))
    bed.record("pods", bed.pods.ready)
    bed.record("nodes", len(nodes))


async def _probe(bed: Bed, gateways: Sequence[str], node: str) -> int:
    """A live pod of a centralised subnet; returns a process in its network namespace."""
    subnet = Subnet(
        metadata=ObjectMeta(name=SUBNET),
        spec=SubnetSpec(
            cidr_block=CIDR,
            namespaces=(SUBNET,),
            gateway_type="centralized",
            gateway_node=",".join(gateways),
            nat_outgoing=True,
        ),
    )
    await bed.api.create(SUBNETS, subnet)
    await bed.api.create(NAMESPACES, {"metadata": {"name": SUBNET}})
    one = pod(POD, SUBNET, node, "live")
    await create_pods(bed, [one])
    ready = bed.pods.get(one.path)
    assert ready is not None
    sandbox = live.KIND.find([node])[ready.uid]
    assert sandbox.pid is not None
    return sandbox.pid


class _Trial:
    """The gateway is lost in one way and comes back; what got lost is counted both times."""

    def __init__(self, bed: Bed, echo: Echo, number: int, how: How) -> None:
        self._bed = bed
        self._echo = echo
        self._number = number
        self._how = how

    async def carry_out(self) -> None:
        """Lose it, and once all is well put it back."""
        first, second, *_ = self._bed.cluster.nodes
        if self._how == "planned_move":
            await self._listen("lost", lambda: self._prefer(second.name, first.name))
            await self._listen("returned", lambda: self._prefer(first.name, second.name))
            return
        fault: Fault = NodeDown(first) if self._how == "node_killed" else Partition.from_underlay(first)
        try:
            await self._listen("lost", lambda: asyncio.to_thread(fault.apply))
        finally:
            await self._listen("returned", lambda: asyncio.to_thread(fault.undo))

    async def _prefer(self, *nodes: str) -> None:
        await self._bed.api.patch(SUBNETS, SUBNET, {"spec": {"gatewayNode": ",".join(nodes)}})

    async def _listen(self, phase: str, act: Act) -> None:
        """Act, wait until all comes back again, and record what did not."""
        begin = len(self._echo.sent)
        start_ns = time.monotonic_ns()
        self._bed.event(f"{self._how}-{phase}", self._how)
        reason = ""
        try:
            await act()
            await asyncio.sleep(AFTERMATH_S)
            await self._echo.until_steady(STEADY, STEADY_TIMEOUT_S)
        except TimeoutError:
            reason = f"no {STEADY} datagrams in a row came back within {STEADY_TIMEOUT_S:g} s"
        found = [outage for outage in outages(self._echo.sent[begin:]) if outage.first_lost_ns >= start_ns]
        outcome = "failed" if reason else "ok"
        worst = max((outage.gap_ns for outage in found), default=0) / 1e6
        values = {"outage_ms": worst, "lost_packets": float(sum(outage.lost for outage in found))}
        for metric, value in values.items():
            self._bed.record(
                metric,
                None if reason else value,
                mode=self._how,
                trial=self._number,
                labels={"phase": phase},
                start_ns=start_ns,
                outcome=outcome,
                reason=reason,
            )
