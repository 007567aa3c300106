"""How many changes a second a cluster keeps up with, and what is left of them once they are all undone."""

from __future__ import annotations

from asyncio import TaskGroup
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from scenarios._churn_load import Load
from scenarios._churn_rollouts import KINDS, Rollouts
from scenarios._churn_rule import Search, legible, plan
from scenarios._churn_summary import summarise
from testbed.experiment import census
from testbed.experiment.expectation import Expectation
from testbed.experiment.params import ScenarioParams
from testbed.experiment.provision import create_pods, create_tenants, settle, spread, tenants
from testbed.experiment.scenario import Scenario, Summary
from testbed.measure.processing import Chassis

if TYPE_CHECKING:
    from pandas import DataFrame

    from testbed.experiment.bed import Bed

PODS_PER_SUBNET = 200
AN_HOUR = 7_200
"""Changes of an hour in which a pod comes and another goes every second."""
PATIENCE_S = 10.0
"""How long what is left may take to go once all daemons are at rest, and again once they have computed anew."""


class Params(ScenarioParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How large the cluster is, which rates are tried and for how long."""

    pods: Annotated[int, Meta(ge=2, description="pods that the cluster holds all the time")] = 300
    churning: Annotated[int, Meta(ge=10, description="those of them that come and go")] = 150
    replicas: Annotated[
        int, Meta(ge=1, description="those of them that a Deployment has, and a StatefulSet too")
    ] = 3
    restart_every_s: Annotated[
        float, Meta(gt=0, description="from one restart of a workload to the next, in turns (s)")
    ] = 4.0
    first_per_s: Annotated[float, Meta(gt=0, description="changes a second at the first step")] = 20.0
    fastest_per_s: Annotated[float, Meta(gt=0, description="changes a second that are not exceeded")] = 320.0
    factor: Annotated[float, Meta(gt=1, description="from one step to the next")] = 2.0
    refinements: Annotated[
        int, Meta(ge=0, description="steps between the highest rate kept up and the lowest that was not")
    ] = 1
    step_s: Annotated[float, Meta(ge=3, description="length of a step (s)")] = 4.0
    lasting_share: Annotated[
        float, Meta(gt=0, le=1, description="of the rate kept up, at which changes then go on")
    ] = 0.5
    lasting_changes: Annotated[int, Meta(ge=1, description="changes that are made so")] = 240
    lasting_s: Annotated[float, Meta(gt=0, description="the longest that may take (s)")] = 10.0

    def __post_init__(self) -> None:
        moving = self.churning + len(KINDS) * self.replicas
        if moving > self.pods:
            raise ValueError(
                f"churning and the workloads' pods: found {moving}, allowed at most pods, {self.pods}"
            )
        if self.first_per_s > self.fastest_per_s:
            raise ValueError(
                f"first_per_s: found {self.first_per_s:g}, allowed at most fastest_per_s, {self.fastest_per_s:g}"
            )

    @property
    def staying(self) -> int:
        """Pods that nobody touches."""
        return self.pods - self.churning - len(KINDS) * self.replicas


class Churn(Scenario):
    """How many pods a second may come and go before the queue falls behind, and what leaks when they are all gone.

    Stub pods are created and taken away through the API at a steady rate: most are deleted, some are evicted or have
    completed, and a Deployment and a StatefulSet are restarted meanwhile. The rate is raised until changes fall behind;
    then they go on for long at a lower one, and when all is undone it is counted what is left.
    """

    Params = Params
    profiles: ClassVar[Mapping[str, ScenarioParams]] = {
        "quick": Params(),
        "nightly": Params(
            nodes=10,
            pods=2_000,
            churning=600,
            replicas=6,
            restart_every_s=15,
            first_per_s=5,
            factor=1.5,
            refinements=2,
            step_s=30,
            lasting_changes=AN_HOUR,
            lasting_s=900,
        ),
        "full": Params(
            nodes=10,
            pods=10_000,
            churning=2_000,
            replicas=10,
            restart_every_s=30,
            first_per_s=2,
            factor=1.5,
            refinements=3,
            step_s=60,
            lasting_changes=12 * AN_HOUR,
            lasting_s=4 * 3_600,
        ),
    }
    expectations: ClassVar[Sequence[Expectation]] = (
        Expectation(
            metric="sustained_changes_per_s",
            at_least=1,
            why="seen at 300 pods on a busy machine of two processors: 80 to 160; below 1 something stands still",
        ),
        *(
            Expectation(metric=metric, equals=0, why="what was made and taken away again leaves nothing")
            for metric in ("leaked_rows", "leaked_addresses", "leaked_flows")
        ),
        Expectation(metric="missing_rows", equals=0, why="pods that nobody touched keep what they have"),
    )
    method: ClassVar[tuple[str, ...]] = (
        "Changes are sent by the clock, evenly spaced, whether or not earlier ones are done, and every time runs from "
        "the moment at which a change was due, not from when it was sent: a driver that is late is part of the figure, "
        "and how late it was is recorded of each change. A pod is there when the API accepted Ready; it is gone when "
        "the record of its address is gone from the API and its row from SB, whichever is later. Evicted and completed "
        "pods stay as objects until then. A restart takes the places of the changes that it makes itself and is not "
        "judged by.",
        "A rate is kept up if no change failed (none took more than 60 s) and the mean number of changes under way, "
        "overdue ones included, grew from the middle third of the step to the last by at most a tenth of the changes "
        "that were due in a third (or 3). A queue that gets nine tenths of them done breaks this; so does one that "
        "had no time to reach its balance, as latency is no longer short against the step. The rate is raised by a "
        "factor until one is not kept up, then halved between the two; the figure is the highest rate kept up, of "
        "this machine, on which all nodes share the processors.",
        "Rows of NB, SB and the nodes' databases, addresses, members of sets and flows are counted by table and node "
        "before the first change and after the last pod was taken away, once all daemons are at rest; then every "
        "ovn-controller computes its flows anew, and all is counted again. What is still more than before has leaked, "
        "what is less is missing. Flows that only computing anew has removed are stale: nothing asks for them, and the "
        "incremental processing of ovn-controller had forgotten them.",
    )

    async def run(self, bed: Bed, params: ScenarioParams) -> None:
        """Find the rate, go on at a lower one, undo all and count."""
        assert isinstance(params, Params)
        nodes = tuple(node.name for node in bed.cluster.nodes)
        towns = tenants(-(-params.pods // PODS_PER_SUBNET))
        await create_tenants(bed, towns)
        if params.staying:
            await create_pods(bed, list(spread(towns, nodes, 0, params.staying)))
        rollouts = Rollouts(bed, towns[0].name, nodes, params.replicas)
        load = Load(bed, towns, nodes, rollouts)
        async with _followed(rollouts, load):
            await rollouts.create()
            await settle(bed)
            looks = {"before": await census.take(bed)}
            await load.fill(params.churning)
            flows = await settle(bed)
            bed.record("flows_per_node", min(flows.values()))
            bed.record("pods", bed.pods.ready)
            bed.record("nodes", len(nodes))
            sustained = await _search(bed, load, params)
            if sustained is not None:
                await _last(bed, load, params, sustained)
            bed.progress("taking all away")
            await load.clear()
            await settle(bed)
            looks["after"] = await census.until_as_before(bed, looks["before"], PATIENCE_S)
            await Chassis(bed.cluster.daemons()).recompute()
            await settle(bed)
            looks["anew"] = await census.until_as_before(bed, looks["before"], PATIENCE_S)
        for held in sorted(set().union(*looks.values())):
            for mode, found in looks.items():
                labels = {"where": held.where, "what": held.what}
                bed.record(held.sort, found[held], mode=mode, labels=labels)

    def summarise(self, samples: DataFrame) -> Summary:
        """The rate that was kept up, times by rate, and what leaked."""
        return summarise(samples)


@asynccontextmanager
async def _followed(rollouts: Rollouts, load: Load) -> AsyncIterator[None]:
    """While this lasts, what becomes of workloads and addresses is seen."""
    async with TaskGroup() as group:
        running = (*(watch.run() for watch in rollouts.watches), load.records.run())
        watching = [group.create_task(run) for run in running]
        yield
        for task in watching:
            task.cancel()


async def _search(bed: Bed, load: Load, params: Params) -> float | None:
    """Raise the rate until changes fall behind, and look between; the highest that was kept up (a second)."""
    search = Search(params.first_per_s, params.factor, params.fastest_per_s, params.refinements)
    while (rate := search.next) is not None:
        bed.progress(f"{rate:g} changes a second for {params.step_s:g} s")
        due = plan(rate, params.step_s, params.restart_every_s, params.replicas, bed.rng)
        await settle(bed)
        async with bed.window():
            step = await load.step("search", rate, params.step_s, due)
        bed.event("kept-up" if step.keeps_up else "fell-behind", f"{rate:g} changes a second")
        search.tell(step.keeps_up)
    return search.sustained


async def _last(bed: Bed, load: Load, params: Params, sustained: float) -> None:
    """Go on at a rate that is kept up with ease, for as many changes as were asked for."""
    await settle(bed)
    rate = legible(sustained * params.lasting_share)
    seconds = min(params.lasting_changes / rate, params.lasting_s)
    bed.progress(f"{rate:g} changes a second for {seconds:.0f} s")
    await load.step(
        "lasting", rate, seconds, plan(rate, seconds, params.restart_every_s, params.replicas, bed.rng)
    )
