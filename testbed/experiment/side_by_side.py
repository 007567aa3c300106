"""Several releases in one run: in which order their clusters are built, and their figures put beside each other.

Scenarios know nothing of it: each release's samples are summed up as if it were alone, and its records then carry the
label ``release``.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from testbed.experiment.expectation import Expectation
from testbed.experiment.scenario import Scenario, Summary
from testbed.results import (
    Bars,
    BarSeries,
    Counter,
    Ecdf,
    EcdfSeries,
    Figure,
    Growth,
    GrowthSeries,
    Metric,
    Sample,
    Stack,
    StackBar,
    Verdict,
    judge,
    text_of_labels,
)

if TYPE_CHECKING:
    from pandas import DataFrame

RELEASE = "release"

R = TypeVar("R", Metric, Counter)
E = TypeVar("E", EcdfSeries, GrowthSeries, BarSeries, StackBar)
F = TypeVar("F", Ecdf, Growth, Bars, Stack)


class Turn(NamedTuple):
    """One instance to be built: its number, of which release, and in which round (1, 2, ...)."""

    number: int
    release: str
    round: int


def turns(releases: Sequence[str], repeat: int, seed: int) -> tuple[Turn, ...]:
    """Every release once a round, in an order drawn for each round, so that a drift of the machine hits all alike."""
    rng = random.Random(f"{seed}/order")
    found: list[Turn] = []
    for number in range(1, repeat + 1):
        order = list(releases)
        rng.shuffle(order)
        found += [Turn(len(found) + place, release, number) for place, release in enumerate(order, 1)]
    return tuple(found)


def labelled(sample: Sample, release: str) -> Sample:
    """The sample with the release that it is of among its labels."""
    labels = msgspec.json.decode(sample.labels)
    return msgspec.structs.replace(sample, labels=text_of_labels({**labels, RELEASE: release}))


def summarise(scenario: Scenario, samples: DataFrame, releases: Sequence[str]) -> Summary:
    """The summary of a run: of one release as the scenario gives it, of several each with its label.

    Each has a line of the answer. Headlines without the label are those of the first release.
    """
    if len(releases) == 1:
        return scenario.summarise(samples)
    by_release = {name: scenario.summarise(_of(samples, name)) for name in releases}
    first = by_release[releases[0]]
    return Summary(
        answer="\n".join(
            f"{name}: {summary.answer}" for name, summary in by_release.items() if summary.answer
        ),
        metrics=(
            *(entry for entry in first.metrics if entry.is_headline),
            *(_with(entry, name) for name, summary in by_release.items() for entry in summary.metrics),
        ),
        counters=(
            *(entry for entry in first.counters if entry.is_headline),
            *(_with(entry, name) for name, summary in by_release.items() for entry in summary.counters),
        ),
        figures=_figures({name: summary.figures for name, summary in by_release.items()}),
    )


def verdicts(bounds: Iterable[Expectation], summary: Summary, releases: Sequence[str]) -> tuple[Verdict, ...]:
    """What became of each expectation; with several releases for each of them."""
    bounds = tuple(bounds)
    if len(releases) == 1:
        return judge(bounds, summary.metrics, summary.counters)
    found: list[Verdict] = []
    for name in releases:
        metrics = [_bare(entry) for entry in summary.metrics if entry.labels.get(RELEASE) == name]
        counters = [_bare(entry) for entry in summary.counters if entry.labels.get(RELEASE) == name]
        for verdict in judge(bounds, metrics, counters):
            labels = {**verdict.labels, RELEASE: name}
            told = f"{name}: {verdict.expectation}"
            found.append(msgspec.structs.replace(verdict, expectation=told, labels=labels))
    return tuple(found)


def _of(samples: DataFrame, release: str) -> DataFrame:
    own = {text for text in samples["labels"].unique() if msgspec.json.decode(text).get(RELEASE) == release}
    return samples[samples["labels"].isin(own)]


def _with(record: R, release: str) -> R:
    return msgspec.structs.replace(record, labels={**record.labels, RELEASE: release})


def _bare(record: R) -> R:
    labels = {key: value for key, value in record.labels.items() if key != RELEASE}
    return msgspec.structs.replace(record, labels=labels)


def _figures(by_release: Mapping[str, Sequence[Figure]]) -> tuple[Figure, ...]:
    """Figures of the same type and title as one, its series named by release too; others as they are, by release."""
    groups: dict[tuple[type, str], dict[str, Figure]] = {}
    for release, figures in by_release.items():
        for figure in figures:
            groups.setdefault((type(figure), figure.title), {})[release] = figure
    return tuple(merged for group in groups.values() for merged in _merge(group))


def _merge(group: Mapping[str, Figure]) -> Iterable[Figure]:
    first = next(iter(group.values()))
    match first:
        case Ecdf():
            curves = [_named(part, name) for name, each in _alike(first, group) for part in each.series]
            yield msgspec.structs.replace(first, series=tuple(curves))
        case Growth():
            lines = [_named(part, name) for name, each in _alike(first, group) for part in each.series]
            yield msgspec.structs.replace(first, series=tuple(lines))
        case Bars():
            rows = [_named(part, name) for name, each in _alike(first, group) for part in each.series]
            yield msgspec.structs.replace(first, series=tuple(rows))
        case Stack():
            wholes = [_named(part, name) for name, each in _alike(first, group) for part in each.bars]
            yield msgspec.structs.replace(first, bars=tuple(wholes))
        case _:
            for name, figure in group.items():
                yield msgspec.structs.replace(figure, title=f"{figure.title}: {name}")


def _alike(first: F, group: Mapping[str, Figure]) -> list[tuple[str, F]]:
    return [(name, figure) for name, figure in group.items() if isinstance(figure, type(first))]


def _named(entry: E, release: str) -> E:
    return msgspec.structs.replace(entry, name=f"{entry.name}, {release}")
