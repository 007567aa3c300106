"""What a restart of the controller costs: looking at everything again, and putting right what changed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from scenarios._restart_summary import summarise
from scenarios._restart_trial import STEADY, STEADY_TIMEOUT_S, Trial, Way
from testbed.experiment.expectation import Expectation
from testbed.experiment.params import ScenarioParams
from testbed.experiment.provision import (
    Tenant,
    create_pods,
    create_tenants,
    pod,
    settle,
    spread,
    tenants,
)
from testbed.experiment.scenario import Scenario, Summary
from testbed.measure.flows import load_shares
from testbed.pods import live
from testbed.probes.echo import Echo

if TYPE_CHECKING:
    from pandas import DataFrame

    from testbed.experiment.bed import Bed

PODS_PER_SUBNET = 200
BACKGROUND_S = 3.0
"""Over which it is seen what the probe costs the nodes' daemons: a switch looks at all its ports at every datagram."""


class Params(ScenarioParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ladder of sizes, and how often the controller is restarted in each way at each."""

    nodes: Annotated[
        int, Meta(ge=2, description="emulated nodes; the probe goes from the first to the last")
    ] = 3
    pods: Annotated[int, Meta(ge=100, description="stub pods at the last rung, the size of the headline")] = (
        1_000
    )
    ladder: Annotated[
        tuple[Annotated[int, Meta(ge=100)], ...],
        Meta(description="sizes (pods) that are measured on the way to the last rung"),
    ] = ()
    trials: Annotated[
        int, Meta(ge=1, description="restarts at each rung, unchanged and with one percent")
    ] = 2
    rebuilds: Annotated[
        int, Meta(ge=1, description="restarts at each rung with all of NB lost; OVN needs minutes for each")
    ] = 2
    probe_ms: Annotated[float, Meta(ge=1, description="from one datagram of the probe to the next (ms)")] = 10

    @property
    def rungs(self) -> tuple[int, ...]:
        """The sizes that are measured, in ascending order; the last is the headline."""
        return (*sorted(size for size in set(self.ladder) if size < self.pods), self.pods)


class Restart(Scenario):
    """How long a restarted controller takes to be ready again, what it writes, and what the network notices.

    The controller is killed and started again in a cluster full of pods: with nothing changed, with one pod of a
    hundred replaced while it was away, and with all of NB lost. Meanwhile a datagram goes from pod to pod every few
    milliseconds, and the nodes' switches tell of every change of a flow.
    """

    Params = Params
    profiles: ClassVar[Mapping[str, ScenarioParams]] = {
        "quick": Params(),
        "nightly": Params(nodes=10, pods=10_000, ladder=(1_000,), trials=5, rebuilds=2),
        "full": Params(nodes=3, pods=50_000, ladder=(1_000, 10_000), trials=5, rebuilds=2),
    }
    expectations: ClassVar[Sequence[Expectation]] = (
        *(
            Expectation(
                metric=f"restart_unchanged_{what}",
                equals=0,
                why="nothing had changed: all is verified and nothing is written",
            )
            for what in ("rows_written", "flow_modifications", "lost_packets")
        ),
        *(
            Expectation(metric=f"restart_{way}_flows_amiss", equals=0, why="in the end all is as it was")
            for way in ("unchanged", "one_percent", "rebuild")
        ),
    )
    method: ClassVar[tuple[str, ...]] = (
        "A time runs from the start of the controller's process to its word that it is ready: everything in the API "
        "and in NB has been read, every object has been compiled and compared, and what differed has been written to "
        "NB. Its processor time is read at that moment: where nodes are busy with what changed, the controller waits "
        "for a processor, and the rest of the time is theirs. Rows and bytes are those that reached NB until the nodes "
        "were quiet again; bytes are of its log.",
        "One percent: half as many pods are deleted and half as many are new, at random, while the controller is away. "
        "Rebuilt: while it is away all rows of switches, routers, address sets and their like are deleted from NB, "
        "and northd takes the network apart; the outage of the probe is from then until the network is there again.",
        "A change of a flow is an addition, a modification or a deletion that a switch reported, on the node that had "
        "most, from before the kill until the nodes were quiet. In the rebuild all flows change: they are not "
        "counted; how many there are at the end is compared with the beginning (flows_amiss).",
    )

    async def run(self, bed: Bed, params: ScenarioParams) -> None:
        """Climb the ladder; at each rung restart the controller in each way, in turns."""
        assert isinstance(params, Params)
        nodes = tuple(node.name for node in bed.cluster.nodes)
        towns = tenants(-(-params.pods // PODS_PER_SUBNET))
        await create_tenants(bed, towns)
        source, target, address = await _pair(bed, towns[0], nodes)
        below = 0
        for size in params.rungs:
            await create_pods(bed, list(spread(towns, nodes, below, size)))
            below = size
            labels = {"pods": size}
            flows = await settle(bed)
            bed.record("flows_per_node", min(flows.values()), labels=labels)
            bed.record("pods", bed.pods.ready, labels=labels)
            bed.record("nodes", len(nodes), labels=labels)
            ways = _in_turns(params.trials, params.rebuilds)
            async with Echo(source, target, address, params.probe_ms) as echo:
                await echo.until_steady(STEADY, STEADY_TIMEOUT_S)
                background = await load_shares(bed.cluster.daemons(), window=BACKGROUND_S)
                for number, way in enumerate(ways, 1):
                    bed.progress(f"restarting at {size} pods", number - 1, len(ways))
                    await Trial(bed, echo, background, size, number, way).carry_out()
                bed.progress(f"restarting at {size} pods", len(ways), len(ways))

    def summarise(self, samples: DataFrame) -> Summary:
        """Times to ready, rows and bytes, and what flows and the probe had to suffer, by way and size."""
        return summarise(samples)


def _in_turns(trials: int, rebuilds: int) -> list[Way]:
    """Each way as often as it is asked for, none of them all at the end."""
    ways: list[Way] = []
    for turn in range(max(trials, rebuilds)):
        if turn < trials:
            ways += ["unchanged", "one_percent"]
        if turn < rebuilds:
            ways.append("rebuild")
    return ways


async def _pair(bed: Bed, tenant: Tenant, nodes: Sequence[str]) -> tuple[int, int, str]:
    """Live pods on the first and the last node: a process in each one's namespace, and the second one's address."""
    pair = [
        pod(f"live-{place}", tenant.name, node, "live") for place, node in enumerate((nodes[0], nodes[-1]), 1)
    ]
    await create_pods(bed, pair)
    seen = [bed.pods.get(entry.path) for entry in pair]
    pids = []
    for found, entry in zip(seen, pair, strict=True):
        assert found is not None
        pid = live.KIND.find([entry.spec.node_name])[found.uid].pid
        assert pid is not None
        pids.append(pid)
    assert seen[1] is not None
    return pids[0], pids[1], seen[1].address
