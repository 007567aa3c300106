"""The main question: what incremental processing is worth, measured on one more pod in a full cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from scenarios._incremental_summary import WARM_UP, summarise
from testbed.experiment import change
from testbed.experiment.change import AttemptFailed, Measured, Processing, Recomputed, Unforced
from testbed.experiment.expectation import Expectation
from testbed.experiment.params import ScenarioParams
from testbed.experiment.provision import (
    Tenant,
    create_pods,
    create_tenants,
    pod,
    prove_datapath,
    settle,
    spread,
    tenants,
)
from testbed.experiment.recomputations import Habits, fault_of_full, fault_of_incremental
from testbed.experiment.scenario import Scenario, Summary
from testbed.measure import Change, processor

if TYPE_CHECKING:
    from pandas import DataFrame

    from controller.api.core import Pod
    from testbed.experiment.bed import Bed

NS_PER_MS = 1e6


class Params(ScenarioParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ladder of sizes, and how often a single change is made at each."""

    pods: Annotated[int, Meta(ge=1, description="stub pods at the last rung, the size of the headline")] = (
        1_500
    )
    ladder: Annotated[
        tuple[Annotated[int, Meta(ge=1)], ...],
        Meta(description="sizes (pods) that are measured on the way to the last rung"),
    ] = ()
    pods_per_subnet: Annotated[int, Meta(ge=1, le=1_000, description="pods that share a subnet")] = 200
    warm_ups: Annotated[
        int, Meta(ge=1, description="pods in each mode, at each rung, that count for nothing")
    ] = 2
    blocks: Annotated[
        int, Meta(ge=1, description="blocks at the last rung; modes are shuffled within each")
    ] = 5
    blocks_below: Annotated[int, Meta(ge=1, description="blocks at each rung below")] = 2
    incremental: Annotated[
        int, Meta(ge=1, description="pods of a block that are processed incrementally")
    ] = 20
    full: Annotated[int, Meta(ge=1, description="pods of a block that are processed in full")] = 2

    @property
    def rungs(self) -> tuple[int, ...]:
        """The sizes that are measured, in ascending order; the last is the headline."""
        return (*sorted(size for size in set(self.ladder) if size < self.pods), self.pods)


class Incremental(Scenario):
    """How long one more pod takes to reach every node: incremental processing against full recomputation.

    A cluster is filled with pods, and once its nodes are quiet single pods are added and deleted through the API. In
    mode incremental OVN's daemons process them as they like; in mode full the controller, northd and every
    ovn-controller process the change by recomputing everything once.
    """

    Params = Params
    profiles: ClassVar[Mapping[str, ScenarioParams]] = {
        "quick": Params(nodes=3, pods=1_500, ladder=(500,), blocks_below=1, warm_ups=1),
        "nightly": Params(nodes=10, pods=10_000, ladder=(1_000, 2_500, 5_000)),
        "full": Params(nodes=10, pods=20_000, ladder=(2_500, 5_000, 10_000)),
    }
    expectations: ClassVar[Sequence[Expectation]] = (
        Expectation(
            metric="flows_per_node",
            at_least=10_000,
            why="the question is about clusters that hold more than 10,000 flows a node",
        ),
        Expectation(
            metric="full_over_incremental",
            at_least=1.8,
            why="seen at 1,500 pods: 3.1 to 3.6 (OVN 23.03) and 5.0 (26.03), more at more pods",
        ),
        *(
            Expectation(
                metric="rows_written_per_change",
                labels={"mode": mode, "change": "added", "database": "nb", "operation": operation},
                equals=rows,
                why="one more pod is one more row, also when everything is compiled anew",
            )
            for mode in ("incremental", "full")
            for operation, rows in (("inserted", 1), ("updated", 0), ("removed", 0))
        ),
    )
    method: ClassVar[tuple[str, ...]] = (
        "Pods are created and deleted through the API, one at a time, in blocks in which the two modes are shuffled, "
        "so that a drift of the machine hits both alike. A time runs from the moment at which the API accepted the "
        "change to the moment at which the last node had (or had lost) both flows that a packet to the pod needs.",
        "Full: northd and every ovn-controller are paused, the controller is told to compile its next batch in full, "
        "the change is made; northd recomputes and goes on when the change is in NB, every ovn-controller when it is "
        "in SB. An attempt counts only if the engines' counters show exactly one recomputation of the logical flows "
        "in northd and of the flow output on each node; an incremental one only if they show none. Engines that "
        "recompute at every change of their own accord (northd before OVN 23.09) are found in the warm-up and cannot "
        "be held to it.",
    )

    async def run(self, bed: Bed, params: ScenarioParams) -> None:
        """Climb the ladder; at each rung make single changes in both modes."""
        assert isinstance(params, Params)
        nodes = tuple(node.name for node in bed.cluster.nodes)
        towns = tenants(-(-params.pods // params.pods_per_subnet))
        await create_tenants(bed, towns)
        await prove_datapath(bed, towns[0], nodes)
        below = 0
        for size in params.rungs:
            await create_pods(bed, list(spread(towns, nodes, below, size)))
            below = size
            flows = await settle(bed)
            labels = {"pods": size}
            bed.record("flows_per_node", min(flows.values()), labels=labels)
            bed.record("pods", bed.pods.ready, labels=labels)
            bed.record("nodes", len(nodes), labels=labels)
            await _Rung(bed, params, towns, nodes, size).climb()

    def summarise(self, samples: DataFrame) -> Summary:
        """Medians and tails of both modes, their ratios, where the time goes, growth with the number of pods."""
        return summarise(samples)


class _Rung:
    """The trials at one size: each is a pod that is added and deleted, measured both times, in one mode."""

    def __init__(
        self, bed: Bed, params: Params, towns: Sequence[Tenant], nodes: Sequence[str], size: int
    ) -> None:
        self._bed = bed
        self._params = params
        self._towns = towns
        self._nodes = nodes
        self._size = size
        self._trial = 0
        self._habits = Habits()

    async def climb(self) -> None:
        """Warm up, learn what this release recomputes by itself, then measure in blocks."""
        bed, params = self._bed, self._params
        await bed.keep_words(f"before-{self._size}-pods")
        await bed.meter.start_flows()
        for mode in ("incremental", "full"):
            for _ in range(params.warm_ups):
                await self._pod(WARM_UP, mode)
        last = self._size == params.rungs[-1]
        blocks = params.blocks if last else params.blocks_below
        for block in range(1, blocks + 1):
            bed.progress(f"measuring at {self._size} pods", block - 1, blocks)
            modes = ["incremental"] * params.incremental + ["full"] * params.full
            bed.rng.shuffle(modes)
            for mode in modes:
                await self._pod(block, mode)
        bed.progress(f"measuring at {self._size} pods", blocks, blocks)
        await bed.meter.stop_flows()
        await bed.keep_words(f"after-{self._size}-pods")

    async def _pod(self, block: int, mode: str) -> None:
        """One trial."""
        self._trial += 1
        name = f"one-more-{self._size}-{self._trial}"
        one = pod(name, self._bed.rng.choice(self._towns).name, self._bed.rng.choice(self._nodes))
        processing: Processing = Recomputed() if mode == "full" else Unforced()
        await self._change(block, mode, "added", one, processing)
        await self._change(block, mode, "deleted", one, processing)

    async def _change(self, block: int, mode: str, kind: Change, one: Pod, processing: Processing) -> None:
        make = change.add if kind == "added" else change.delete
        try:
            measured = await make(self._bed, one, processing)
            if block == WARM_UP and mode == "incremental":
                self._habits.learn(kind, measured.work)
            judge = fault_of_full if mode == "full" else fault_of_incremental
            fault = judge(measured.work, self._habits.of(kind))
            if fault:
                raise AttemptFailed(fault)
        except AttemptFailed as failure:
            self._record(block, mode, kind, "all_nodes_ms", None, reason=str(failure))
            self._record(block, mode, kind, _settled(kind), None, reason=str(failure))
            return
        self._keep(block, mode, kind, measured)

    def _keep(self, block: int, mode: str, kind: Change, measured: Measured) -> None:
        """Record all that was measured of one change."""

        def ms(metric: str, ns: float, **labels: str) -> None:
            self._record(block, mode, kind, metric, ns / NS_PER_MS, measured.accepted_ns, **labels)

        def amount(metric: str, value: float | None, **labels: str) -> None:
            self._record(block, mode, kind, metric, value, measured.accepted_ns, **labels)

        ms("all_nodes_ms", measured.all_nodes_ns)
        ms(_settled(kind), measured.settled_ns - measured.accepted_ns)
        for end in ("nb", "sb", "plugged", "claimed", "up", "installed"):
            moment = getattr(measured.ends, f"{end}_ns")
            if moment is not None:
                ms("end_ms", moment - measured.accepted_ns, end=end)
        for stage, ns in measured.stages.items():
            ms("stage_ms", ns, stage=stage)
        for role, spent in change.most_used(measured.used).items():
            ms("processor_ms", spent.run_ns, of=role)
            ms("processor_wait_ms", spent.wait_ns, of=role)
        machines = processor.by_machine(measured.used)
        busiest = max(machines[node] for node in self._nodes)
        ms("processor_ms", busiest, of="busiest node")
        ms("processor_ms", measured.used["central", "northd"].run_ns + busiest, of="northd and busiest node")
        for (daemon, engine_node), counts in change.most_on_any_machine(measured.work).items():
            amount("recomputes", counts.recompute, daemon=daemon, engine_node=engine_node)
        amount("flow_modifications", max(measured.ends.flow_modifications.values(), default=0))
        for name in ("rows_inserted", "rows_updated", "rows_removed"):
            amount(
                "rows_written", measured.written[name], database="nb", operation=name.removeprefix("rows_")
            )
        for database, logged in measured.logged.items():
            amount("rows_logged", logged and logged.written, database=database, operation="written")
            amount("rows_logged", logged and logged.deleted, database=database, operation="deleted")
            amount("bytes_logged", logged and logged.bytes, database=database)

    def _record(
        self,
        block: int,
        mode: str,
        kind: Change,
        metric: str,
        value: float | None,
        start_ns: int = 0,
        reason: str = "",
        **labels: str,
    ) -> None:
        self._bed.record(
            metric,
            value,
            mode=mode,
            block=block,
            trial=self._trial,
            labels={"change": kind, "pods": self._size, **labels},
            start_ns=start_ns,
            outcome="ok" if value is not None else "failed",
            reason=reason,
        )


def _settled(kind: Change) -> str:
    return "pod_ready_ms" if kind == "added" else "pod_gone_ms"
