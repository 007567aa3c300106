"""What the samples of the scenario ``churn`` say. Pure: samples in, figures out, whatever the run got to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import pandas as pd

import analysis
from analysis.selection import label
from scenarios._churn_rule import Span, Step
from testbed.experiment.scenario import Summary
from testbed.results import (
    Ecdf,
    Figure,
    Growth,
    GrowthPoint,
    GrowthSeries,
    Metric,
    Sample,
    lookup,
)

if TYPE_CHECKING:
    from pandas import DataFrame

Labels = Mapping[str, str | int | float | bool]
SEARCH, LASTING = "search", "lasting"
JUDGED = ("ready_ms", "released_ms")
"""What tells when a change was done."""
TIMES = ("ready", "released", "rollout", "late")
PARTS = ("address_free", "sb_row_gone")
"""What a pod that goes waits for: the later of the two."""
LEAKED = {"rows": "leaked_rows", "addresses": "leaked_addresses", "flows": "leaked_flows"}


class Tried(NamedTuple):
    """How one instance fared with one rate."""

    instance: int
    rate: float
    step: Step

    @property
    def done_per_s(self) -> float | None:
        """How many changes a second got done."""
        share = self.step.done_share
        return None if share is None else self.rate * share


def summarise(samples: DataFrame) -> Summary:
    """The headlines are of the rate that was kept up, of the long stretch and of what is left after it."""
    tried = list(_tried(samples))
    lasting = samples[samples["mode"] == LASTING]
    metrics = [
        _sustained(tried),
        *_leaks(samples),
        analysis.maximum(_changes(samples), "changes"),
        *(
            analysis.minimum(analysis.select(samples, name), name)
            for name in ("flows_per_node", "pods", "nodes")
        ),
        *_times(lasting, (*TIMES, *PARTS), {}),
        *_times_by_kind(lasting),
    ]
    for rate in sorted({entry.rate for entry in tried}):
        metrics += _at(samples, [entry for entry in tried if entry.rate == rate], rate)
    return Summary(answer=_answer(metrics, tried), metrics=tuple(metrics), figures=_figures(samples, tried))


def _tried(samples: DataFrame) -> Iterator[Tried]:
    """Every step of the search, put together again from its samples."""
    searched = samples[samples["mode"] == SEARCH]
    steps = analysis.select(searched, "step_s")
    columns = (steps[name] for name in ("instance", "start_ns", "value"))
    for instance, begin_ns, seconds, rate in zip(*columns, label(steps, "rate"), strict=True):
        assert isinstance(rate, (int, float))
        own = searched[searched["instance"] == instance]
        changes = pd.concat([analysis.select(own, metric, labels={"rate": rate}) for metric in JUDGED])
        moments = zip(changes["start_ns"], changes["value"], strict=True)
        spans = [_span(due_ns, value, begin_ns) for due_ns, value in moments]
        yield Tried(int(instance), float(rate), Step(float(seconds), spans))


def _span(due_ns: int, value: float | None, begin_ns: int) -> Span:
    due = (due_ns - begin_ns) / 1e9
    return Span(due, None if value is None or pd.isna(value) else due + value / 1e3)


def _sustained(tried: Sequence[Tried]) -> Metric:
    """The highest rate kept up, below the lowest that was not: of the instance that managed least."""
    found = []
    for instance in sorted({entry.instance for entry in tried}):
        own = [entry for entry in tried if entry.instance == instance]
        missed = min((entry.rate for entry in own if not entry.step.keeps_up), default=float("inf"))
        kept = [entry.rate for entry in own if entry.step.keeps_up and entry.rate < missed]
        found.append((instance, max(kept, default=None)))
    return analysis.minimum(_made(found), "sustained_changes_per_s", better="higher")


def _leaks(samples: DataFrame) -> Iterator[Metric]:
    """What there is more of than before, in all and by what it is; what there is less of; and what was forgotten."""
    for metric, name in LEAKED.items():
        more = _differences(samples, metric, "before", "anew")
        yield _of_worst_instance(more, name)
        for where, what in sorted({(where, what) for _, where, what, amount in more if amount > 0}):
            own = [entry for entry in more if entry[1:3] == (where, what)]
            yield _of_worst_instance(own, name, {"where": where, "what": what})
    yield _of_worst_instance(_differences(samples, "rows", "anew", "before"), "missing_rows")
    yield _of_worst_instance(_differences(samples, "flows", "anew", "after"), "stale_flows")


def _differences(samples: DataFrame, metric: str, less: str, more: str) -> list[tuple[int, str, str, float]]:
    """By instance, place and sort, how much more there was at one look than at another."""
    base, looked = (_counts(analysis.select(samples, metric, mode=mode)) for mode in (less, more))
    found = []
    for instance, text in sorted(base.keys() & looked.keys()):
        labels = msgspec.json.decode(text, type=dict[str, str])
        amount = looked[instance, text] - base[instance, text]
        found.append((instance, labels["where"], labels["what"], amount))
    return found


def _of_worst_instance(
    differences: Iterable[tuple[int, str, str, float]], name: str, labels: Labels | None = None
) -> Metric:
    """The sum of what there is too much of."""
    sums: dict[int, float] = {}
    for instance, _, _, amount in differences:
        sums[instance] = sums.get(instance, 0.0) + max(0.0, amount)
    return analysis.maximum(_made(sums.items()), name, labels=labels, better="lower")


def _counts(samples: DataFrame) -> dict[tuple[int, str], float]:
    """What was counted, by instance and labels."""
    columns = (samples[name] for name in ("instance", "labels", "value"))
    return {(int(instance), str(text)): float(count) for instance, text, count in zip(*columns, strict=True)}


def _changes(samples: DataFrame) -> DataFrame:
    """How many changes were done in all, by instance."""
    done = samples[samples["metric"].isin(JUDGED) & (samples["outcome"] == "ok")]
    instances = [int(instance) for instance in done["instance"]]
    return _made((instance, float(instances.count(instance))) for instance in sorted(set(instances)))


def _at(samples: DataFrame, tried: Sequence[Tried], rate: float) -> list[Metric]:
    """What one rate of the search gave."""
    labels: Labels = {"rate": rate}
    return [
        analysis.minimum(
            _made((entry.instance, entry.done_per_s) for entry in tried),
            "done_changes_per_s",
            labels=labels,
            better="higher",
        ),
        analysis.maximum(
            _made((entry.instance, entry.step.growth) for entry in tried), "backlog_growth", labels=labels
        ),
        *_times(samples[samples["mode"] == SEARCH], TIMES, labels),
    ]


def _times(samples: DataFrame, stems: Iterable[str], labels: Labels) -> list[Metric]:
    """How long changes with these labels took, and how late they were sent."""
    found: list[Metric] = []
    for stem in stems:
        times = analysis.select(samples, f"{stem}_ms", labels=labels)
        if not times.empty:
            found += analysis.latency(times, stem, labels=labels)
    return found


def _times_by_kind(samples: DataFrame) -> list[Metric]:
    """How long each way to go took."""
    released = analysis.selection.grouped(analysis.select(samples, "released_ms"), "change")
    return [
        metric
        for kind in sorted(released, key=str)
        for metric in analysis.latency(released[kind], "released", labels={"change": kind})
    ]


def _made(values: Iterable[tuple[int, float | None]]) -> DataFrame:
    """Figures by instance that were worked out from samples, in the form of samples."""
    rows = [
        Sample(
            instance=instance, metric="figure", value=value, outcome="ok" if value is not None else "failed"
        )
        for instance, value in values
    ]
    return pd.DataFrame(
        [msgspec.structs.asdict(row) for row in rows], columns=list(Sample.__struct_fields__)
    ).astype({"value": float})


def _figures(samples: DataFrame, tried: Sequence[Tried]) -> tuple[Figure, ...]:
    searched = samples[samples["mode"] == SEARCH]
    came, went = (analysis.select(searched, metric) for metric in JUDGED)
    rates = sorted({entry.rate for entry in tried})
    return (
        Growth(
            title="How long a change takes, against the rate of changes",
            x_label="changes a second that were asked for",
            y_label="from when a change was due until it was done",
            unit="ms",
            series=(
                GrowthSeries(name="created until Ready", points=analysis.rungs(came, "rate")),
                GrowthSeries(
                    name="taken away until address and SB row are gone", points=analysis.rungs(went, "rate")
                ),
            ),
        ),
        Growth(
            title="What was asked for, and what got done",
            caption="Where the lines part, the queue falls behind.",
            x_label="changes a second that were asked for",
            y_label="changes a second",
            unit="/s",
            series=(
                GrowthSeries(name="asked for", points=tuple(GrowthPoint(x=rate, y=rate) for rate in rates)),
                GrowthSeries(name="got done", points=tuple(_done(tried, rates))),
            ),
        ),
        _ecdf("Pods that come, by rate", "from when it was due until the pod was Ready", came),
        _ecdf("Pods that go, by rate", "from when it was due until address and SB row were gone", went),
    )


def _done(tried: Sequence[Tried], rates: Sequence[float]) -> Iterator[GrowthPoint]:
    for rate in rates:
        done = [entry.done_per_s for entry in tried if entry.rate == rate and entry.done_per_s]
        if done:
            mean = sum(done) / len(done)
            yield GrowthPoint(x=rate, y=mean, low=min(done), high=max(done), n=len(done))


def _ecdf(title: str, x_label: str, changes: DataFrame) -> Ecdf:
    by_rate = analysis.selection.grouped(changes, "rate")
    return Ecdf(
        title=title,
        x_label=x_label,
        unit="ms",
        series=tuple(
            analysis.ecdf_series(by_rate[rate], f"{rate:g} a second") for rate in sorted(by_rate, key=float)
        ),
    )


def _answer(metrics: Sequence[Metric], tried: Sequence[Tried]) -> str:
    """The answer in a sentence, as far as there is one."""

    def value(name: str) -> float | None:
        found = lookup(metrics, name)
        return found.value if found else None

    if not tried:
        return "No change was made."
    sustained, changes = value("sustained_changes_per_s"), value("changes")
    if sustained is None:
        text = f"Not even {min(entry.rate for entry in tried):g} changes a second were kept up"
    else:
        least = "at least " if all(entry.step.keeps_up for entry in tried) else ""
        text = f"{least}{sustained:g} changes a second were kept up".capitalize()
    leaked = [value(name) for name in LEAKED.values()]
    if any(amount is None for amount in leaked):
        return f"{text}; what they leave was not counted."
    rows, addresses, flows = leaked
    made = f"{changes or 0:,.0f} changes"
    stale = value("stale_flows")
    rest = f"; {stale:,.0f} flows went only when ovn-controller computed anew" if stale else ""
    if not (rows or addresses or flows):
        return f"{text}; {made} left nothing behind{rest}."
    return (
        f"{text}; {made} left {rows:.0f} rows, {addresses:.0f} addresses and {flows:.0f} flows behind{rest}."
    )
