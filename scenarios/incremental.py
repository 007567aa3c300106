"""The main question: what incremental processing is worth, measured on one more pod in a full cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from testbed.experiment.params import ScenarioParams
from testbed.experiment.scenario import Scenario, Summary

if TYPE_CHECKING:
    from pandas import DataFrame

    from testbed.experiment.bed import Bed


class Params(ScenarioParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ladder of sizes, and how often a single change is made at each."""

    pods: Annotated[int, Meta(ge=1, description="stub pods at the last rung, the size of the headline")] = (
        1_500
    )
    ladder: Annotated[
        tuple[Annotated[int, Meta(ge=1)], ...],
        Meta(description="sizes (pods) that are measured on the way to the last rung"),
    ] = ()


class Incremental(Scenario):
    """How long one more pod takes to reach every node: incremental processing against full recomputation."""

    Params: ClassVar[type[ScenarioParams]] = Params
    profiles: ClassVar[dict[str, ScenarioParams]] = {
        "quick": Params(nodes=3, pods=1_500, ladder=(500,)),
        "nightly": Params(nodes=10, pods=10_000, ladder=(1_000, 2_500, 5_000)),
        "full": Params(nodes=10, pods=20_000, ladder=(2_500, 5_000, 10_000)),
    }

    async def run(self, bed: Bed, params: ScenarioParams) -> None:
        """Provision, then make single changes in both modes at every rung."""
        raise NotImplementedError

    def summarise(self, samples: DataFrame) -> Summary:
        """Medians, tails, ratios and growth."""
        return Summary()
