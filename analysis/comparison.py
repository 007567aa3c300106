"""Two sides compared: what became worse or better beyond noise, and what these samples could have shown at all.

Headline figures with a direction are judged, all others are shown: a run has hundreds of records, and at 5 % each
every comparison would raise alarms. The judged ones are corrected for their number by Benjamini and Hochberg
("Controlling the False Discovery Rate", 1995), which holds for figures that rise and fall together too (Benjamini and
Yekutieli, 2001). With equal builds every discovery is false, so ``LEVEL`` is also how often such a comparison alarms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
from scipy.stats import false_discovery_control

from analysis.comparison_counters import direction, varied
from analysis.comparison_effect import Effect, Spread, spread
from analysis.comparison_obstacles import obstacles
from analysis.comparison_sides import Side, within
from analysis.comparison_stages import StageChange, stage_to_blame
from testbed.results import Counter, Metric, RunDirectory
from testbed.results.records import Better, Label

LEVEL = 0.01
"""How often equal builds may raise an alarm: about once in a hundred nights."""

LEAST = 0.05
"""A smaller relative change is never an alarm: nobody acts on it, and a machine drifts as much between two runs."""

Verdict = Literal["worse", "better", "within noise", "within-run only", "lost", "not judged"]
CounterVerdict = Literal["worse", "better", "equal", "more", "less", "varies"]


class MetricChange(msgspec.Struct, frozen=True, kw_only=True):
    """A metric on both sides.

    ``before`` and ``after`` are geometric means over instances where the samples are known, because that is what is
    judged, else the run's figures. ``ratio`` is after over before with its interval ``ci95``; ``difference`` is after
    less before in ``unit``. ``p`` is adjusted for the number of metrics judged.
    ``smallest`` is the smallest change (0.2: 20 %) that these samples could have shown; ``repeats`` how many instances
    a side would show the change seen, or ``LEAST`` if that is more.
    ``stage`` names where the time of a metric that became worse went.
    """

    name: str
    labels: dict[str, Label] = {}
    unit: str = ""
    better: Better = "none"
    before: float | None
    after: float | None
    difference: float | None = None
    ratio: float | None = None
    ci95: tuple[float, float] | None = None
    p: float | None = None
    smallest: float | None = None
    repeats: int | None = None
    instances: tuple[int, int] = (1, 1)
    failed: tuple[int, int] = (0, 0)
    verdict: Verdict = "not judged"
    stage: StageChange | None = None


class CounterChange(msgspec.Struct, frozen=True, kw_only=True):
    """A counter on both sides; ``more`` and ``less`` where neither is better."""

    name: str
    labels: dict[str, Label] = {}
    before: float | None
    after: float | None
    verdict: CounterVerdict


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison found.

    ``versions`` are those of OVN. ``alone`` counts the counters that only one side has (engines that the other lacks).
    ``obstacles`` are the differences of circumstances that it was made in spite of.
    """

    baseline: str
    run: str
    releases: tuple[str, str]
    versions: tuple[str, str] = ("", "")
    level: float = LEVEL
    least: float = LEAST
    judged: int = 0
    metrics: tuple[MetricChange, ...] = ()
    counters: tuple[CounterChange, ...] = ()
    alone: tuple[int, int] = (0, 0)
    obstacles: tuple[str, ...] = ()

    @property
    def regressions(self) -> tuple[MetricChange | CounterChange, ...]:
        """What became worse, or was lost."""
        found = [entry for entry in self.metrics if entry.verdict in ("worse", "lost")]
        return (*found, *(entry for entry in self.counters if entry.verdict == "worse"))


def compare(before: Side, after: Side, *, least: float = LEAST) -> Comparison:
    """``after`` against ``before``; whoever calls decides what ``Comparison.obstacles`` mean."""
    older, newer = before.metrics(), after.metrics()
    pairs = [(record, newer.get(key)) for key, record in older.items()]
    effects = [_effect(before, after, one, other) for one, other in pairs]
    judged = [
        place
        for place, ((one, _), found) in enumerate(zip(pairs, effects, strict=True))
        if one.is_headline and one.better != "none" and found is not None and found.judged
    ]
    adjusted = _adjusted({place: effects[place] for place in judged})
    changes = []
    for place, ((one, other), found) in enumerate(zip(pairs, effects, strict=True)):
        change = _change(one, other, found, adjusted.get(place), len(judged), least)
        if change.verdict == "worse":
            blamed = stage_to_blame(before, after, one)
            change = msgspec.structs.replace(change, stage=blamed)
        changes.append(change)
    counted = before.counters(), after.counters()
    return Comparison(
        baseline=before.run.id,
        run=after.run.id,
        releases=(before.release, after.release),
        versions=(before.version, after.version),
        least=least,
        judged=len(judged),
        metrics=tuple(changes),
        counters=tuple(_counters(*counted)),
        alone=(len(counted[0].keys() - counted[1].keys()), len(counted[1].keys() - counted[0].keys())),
        obstacles=obstacles(before.run, after.run) if before.run.id != after.run.id else (),
    )


def side_by_side(directory: RunDirectory, *, least: float = LEAST) -> list[Comparison]:
    """The releases of one run, each against the first; none if there is one. Raises ``UnreadableRun``."""
    return [compare(before, after, least=least) for before, after in within(directory)]


def _adjusted(effects: Mapping[int, Effect | None]) -> dict[int, float]:
    """The probability of each effect, by its place, adjusted for their number."""
    p = [1.0 if found is None or found.p is None else found.p for found in effects.values()]
    return dict(zip(effects, map(float, false_discovery_control(p)), strict=True)) if p else {}


def _effect(before: Side, after: Side, one: Metric, other: Metric | None) -> Effect | None:
    if other is None or not one.sources or len(one.sources) != len(other.sources):
        return None
    spreads = _spread(before, one), _spread(after, other)
    return Effect(spreads[0], spreads[1]) if spreads[0] and spreads[1] else None


def _spread(side: Side, record: Metric) -> Spread | None:
    by_instance = [side.samples.of(source) for source in record.sources]
    if min(sum(map(len, found.values())) for found in by_instance) != record.n:
        return None  # these are not the samples that the figure was made of
    shared = sorted(set.intersection(*map(set, by_instance)))
    return spread([[found[instance] for instance in shared] for found in by_instance])


def _change(
    one: Metric, other: Metric | None, found: Effect | None, p: float | None, judged: int, least: float
) -> MetricChange:
    values = one.value, other.value if other else None
    if found:
        values = found.before.value, found.after.value
    difference = ratio = None
    if values[0] is not None and values[1] is not None:
        difference = values[1] - values[0]
        ratio = values[1] / values[0] if values[0] else None
    level = LEVEL / max(judged, 1)
    return MetricChange(
        name=one.name,
        labels=dict(one.labels),
        unit=one.unit,
        better=one.better,
        before=values[0],
        after=values[1],
        difference=difference,
        ratio=ratio,
        ci95=found.ci95 if found else None,
        p=p,
        smallest=found.smallest(level) if found else None,
        repeats=found.repeats(level, least) if found else None,
        instances=(one.instances, other.instances if other else 0),
        failed=(one.failed, other.failed if other else 0),
        verdict=_verdict(one, other, ratio, p, least),
    )


def _verdict(
    one: Metric, other: Metric | None, ratio: float | None, p: float | None, least: float
) -> Verdict:
    missing = other is None or other.value is None
    if missing and one.is_headline and one.better != "none" and one.value is not None:
        return "lost"
    if other is not None and not missing and min(one.instances, other.instances) == 1:
        return "within-run only"
    if p is None or ratio is None:
        return "not judged"
    if p > LEVEL or 1 / (1 + least) < ratio < 1 + least:
        return "within noise"
    return "worse" if (ratio > 1) == (one.better == "lower") else "better"


def _counters(
    older: dict[tuple[str, str], Counter], newer: dict[tuple[str, str], Counter]
) -> Iterable[CounterChange]:
    for key, one in older.items():
        other = newer.get(key)
        if other is None:
            continue  # an engine that one release does not have, or that never recomputes there
        yield CounterChange(
            name=one.name,
            labels=dict(one.labels),
            before=one.value,
            after=other.value,
            verdict=_counted(one, other),
        )


def _counted(one: Counter, other: Counter) -> CounterVerdict:
    where = direction(one, other)
    if where == 0:
        if one.value is None or other.value is None or varied(one) or varied(other):
            return "varies"
        return "equal"
    if one.better == "none":
        return "more" if where > 0 else "less"
    return "worse" if (where > 0) == (one.better == "lower") else "better"
