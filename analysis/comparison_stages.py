"""Where the time went that a figure became worse by: the stage whose mean grew most.

Means, because those of all stages add up to the mean of the whole (``analysis.stages``).
"""

from __future__ import annotations

import msgspec
import numpy as np

from analysis.comparison_sides import Side
from testbed.results import Metric, Source

STAGE = "stage"
"""The label of a sample that is one stage of a change."""


class StageChange(msgspec.Struct, frozen=True, kw_only=True):
    """A stage, its mean a change before and after in ``unit``, and its share of all that the stages grew by."""

    name: str
    before: float
    after: float
    unit: str
    share: float


def stage_to_blame(before: Side, after: Side, worse: Metric) -> StageChange | None:
    """The stage that grew most for changes such as those of ``worse``; None if none grew or none was recorded."""
    (unit, older), (_, newer) = (_means(side, worse) for side in (before, after))
    growth = {name: newer.get(name, 0.0) - older.get(name, 0.0) for name in older.keys() | newer.keys()}
    total = sum(grown for grown in growth.values() if grown > 0)
    if total <= 0:
        return None
    name = max(growth, key=lambda entry: growth[entry])
    return StageChange(
        name=name,
        before=older.get(name, 0.0),
        after=newer.get(name, 0.0),
        unit=unit,
        share=growth[name] / total,
    )


def _means(side: Side, worse: Metric) -> tuple[str, dict[str, float]]:
    """The unit, and the mean of each stage over the changes that ``worse`` was measured on."""
    own = side.metrics()
    stages = {
        str(source.labels[STAGE]): (source, record.unit)
        for record in own.values()
        for source in record.sources
        if STAGE in source.labels and any(_same_changes(source, other) for other in worse.sources)
    }
    values = {name: side.samples.of(source) for name, (source, _) in stages.items()}
    changes = max((sum(map(len, found.values())) for found in values.values()), default=0)
    means = {
        name: float(np.sum(np.concatenate(list(found.values())))) / changes
        for name, found in values.items()
        if found and changes
    }
    return next((unit for _, unit in stages.values()), ""), means


def _same_changes(stage: Source, whole: Source) -> bool:
    ours = {key: value for key, value in stage.labels.items() if key not in (STAGE, "release")}
    theirs = {key: value for key, value in whole.labels.items() if key in ours}
    return stage.mode == whole.mode and ours == theirs
