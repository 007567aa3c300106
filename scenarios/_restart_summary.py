"""What the samples of the scenario ``restart`` say. Pure: samples in, figures out, whatever the run got to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import analysis
from analysis.selection import label
from testbed.experiment.scenario import Summary
from testbed.results import Bar, Bars, BarSeries, Figure, Growth, Metric, lookup

if TYPE_CHECKING:
    from pandas import DataFrame

Labels = dict[str, str | int | float | bool]

WAYS = {
    "unchanged": "with nothing changed",
    "one_percent": "with one pod of a hundred replaced meanwhile",
    "rebuild": "with all of NB lost",
}
WORST = (
    "rows_written",
    "bytes_written",
    "objects_written",
    "flow_modifications",
    "flows_amiss",
    "lost_packets",
    "outage_ms",
)
"""Amounts of which the most that any trial had counts."""


def summarise(samples: DataFrame) -> Summary:
    """Metrics and figures. The largest size that was reached gives the headlines."""
    sizes = sorted({size for size in label(samples, "pods") if isinstance(size, int)})
    if not sizes:
        return Summary(answer="The controller was not restarted.")
    metrics = _of_size(samples, sizes[-1], {})
    for size in sizes[:-1]:
        metrics += _of_size(samples, size, {"pods": size})
    return Summary(
        answer=_answer(metrics), metrics=tuple(metrics), figures=tuple(_figures(samples, sizes, metrics))
    )


def _of_size(samples: DataFrame, size: int, labels: Labels) -> list[Metric]:
    metrics = [
        analysis.minimum(analysis.select(samples, name, labels={"pods": size}), name, labels=labels)
        for name in ("flows_per_node", "pods", "nodes")
    ]
    for way in WAYS:
        ready = analysis.select(samples, "ready_s", mode=way, labels={"pods": size})
        if len(ready):
            spent = analysis.select(samples, "cpu_s", mode=way, labels={"pods": size})
            metrics += [
                analysis.median(ready, f"restart_{way}_s", labels=labels),
                analysis.maximum(ready, f"restart_{way}_max_s", labels=labels, better="lower"),
                analysis.median(spent, f"restart_{way}_cpu_s", labels=labels),
            ]
        for name in WORST:
            found = analysis.select(samples, name, mode=way, labels={"pods": size})
            if len(found):
                metrics.append(
                    analysis.maximum(found, f"restart_{way}_{name}", labels=labels, better="lower")
                )
    return metrics


def _answer(metrics: list[Metric]) -> str:
    pods = lookup(metrics, "pods")
    said = []
    for way, words in WAYS.items():
        found = lookup(metrics, f"restart_{way}_s")
        rows = lookup(metrics, f"restart_{way}_rows_written")
        if found is not None and found.value is not None and rows is not None and rows.value is not None:
            said.append(f"{found.value:.1f} s {words} ({rows.value:,.0f} rows written)")
    if not said or pods is None or pods.value is None:
        return "The controller was not restarted."
    return f"At {pods.value:,.0f} pods a restarted controller was ready after {', '.join(said)}."


def _figures(samples: DataFrame, sizes: list[int], metrics: list[Metric]) -> list[Figure]:
    outage = [
        Bar(name=words, value=found.value)
        for way, words in WAYS.items()
        if (found := lookup(metrics, f"restart_{way}_outage_ms")) is not None and found.value is not None
    ]
    figures: list[Figure] = []
    if len(sizes) > 1:
        figures.append(
            Growth(
                title="How the time to ready grows with the cluster",
                x_label="pods",
                y_label="from the controller's start until it is ready",
                unit="s",
                series=tuple(
                    analysis.growth(analysis.select(samples, "ready_s", mode=way), way, "pods")
                    for way in WAYS
                ),
            )
        )
    else:
        ready = [
            Bar(name=words, value=found.value, ci95=found.ci95)
            for way, words in WAYS.items()
            if (found := lookup(metrics, f"restart_{way}_s")) is not None and found.value is not None
        ]
        figures.append(
            Bars(
                title="How long a restart takes",
                x_label="from the controller's start until it is ready (median)",
                unit="s",
                series=(BarSeries(name="ready", bars=tuple(ready)),),
            )
        )
    figures.append(
        Bars(
            title="What a running conversation notices of a restart",
            x_label="the longest that no datagram came back",
            unit="ms",
            series=(BarSeries(name="outage", bars=tuple(outage)),),
        )
    )
    return figures
