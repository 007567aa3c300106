"""The class that a scenario is: one question, put to a cluster, and how its answer is read from the samples.

Driving and summing up are kept apart: ``run`` drives and records and computes nothing, ``summarise`` is a pure function
of the samples. So a run that failed midway is still summed up, and old runs can be summed up anew.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec

from testbed.experiment.expectation import Expectation
from testbed.experiment.params import ScenarioParams
from testbed.results import Counter, Figure, Metric

if TYPE_CHECKING:
    from pandas import DataFrame

    from testbed.experiment.bed import Bed


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What the samples say: the answer in a sentence, figures for tables (metrics, counters) and for plots."""

    answer: str = ""
    metrics: tuple[Metric, ...] = ()
    counters: tuple[Counter, ...] = ()
    figures: tuple[Figure, ...] = ()


class Scenario:
    """Base of all scenarios. The docstring's first line is what ``testbed list`` shows.

    A subclass names its ``Params``, its ``profiles`` (at least ``quick``) and its ``expectations``.
    """

    Params: ClassVar[type[ScenarioParams]] = ScenarioParams
    profiles: ClassVar[Mapping[str, ScenarioParams]] = {}
    method: ClassVar[tuple[str, ...]] = ()
    """Paragraphs for the report: how it was measured, and what the figures are not."""
    expectations: ClassVar[Sequence[Expectation]] = ()

    @classmethod
    def name(cls) -> str:
        """What people call it: the class name in lower case, words joined by hyphens."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def title(cls) -> str:
        """The question, in a line."""
        return (cls.__doc__ or "").strip().partition("\n")[0]

    def run(self, bed: Bed, params: ScenarioParams) -> Awaitable[None] | None:
        """Drive the cluster and record samples on ``bed``; may be ``async``. Computes nothing."""
        raise NotImplementedError

    def summarise(self, samples: DataFrame) -> Summary:
        """Metrics, counters and figures from samples alone; must cope with those of a run that failed midway."""
        raise NotImplementedError
