"""What the samples of the scenario ``incremental`` say. Pure: samples in, figures out, whatever the run got to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import analysis
from analysis.selection import label
from testbed.experiment.scenario import Summary
from testbed.results import (
    Bar,
    Bars,
    BarSeries,
    Counter,
    Ecdf,
    Figure,
    Growth,
    Metric,
    Stack,
    StackBar,
    lookup,
)

if TYPE_CHECKING:
    from pandas import DataFrame

Labels = dict[str, str | int | float | bool]
MODES = ("incremental", "full")
WARM_UP = 0
"""The block whose trials are recorded and left out of every figure."""

SETTLED = {"added": "pod_ready", "deleted": "pod_gone"}
WORK = "northd and busiest node"
"""Whose processor time is the cost that carries over to nodes with processors of their own."""

PATH = ("accepted", "nb", "allocated", "sb", "plugged", "claimed", "lookup", "output", "unattributed")
"""Where a stage begins, in the order of time: the order of the parts of a plot."""

DAEMONS = {
    "northbound": "NB ovsdb-server",
    "northd": "ovn-northd",
    "southbound": "SB ovsdb-server",
    "chassis": "ovn-controller",
    "database": "ovsdb-server of a node",
    "switch": "ovs-vswitchd",
}
"""Roles of daemons in the order in which a change passes them."""

DECIDED = {
    ("ovn-northd", "lflow"),
    ("ovn-controller", "lflow_output"),
    ("ovn-controller", "logical_flow_output"),
}
"""The engine nodes that decide what mode an attempt was; shown even where they never recompute."""


def summarise(samples: DataFrame) -> Summary:
    """Metrics, counters and figures. The largest size that was reached gives the headlines."""
    sizes = sorted({size for size in label(samples, "pods") if isinstance(size, int)})
    if not sizes:
        return Summary(answer="No pod was measured.")
    counted = samples[(samples["block"] > WARM_UP) | (samples["mode"] == "")]
    last = sizes[-1]
    metrics = [
        *_size(counted, last, {}),
        *_times(counted, last, "added", {}),
        *_work(counted, last),
        *_stages(counted, last),
        *_times(counted, last, "deleted", {"change": "deleted"}),
    ]
    for size in sizes[:-1]:
        metrics += [*_size(counted, size, {"pods": size}), *_times(counted, size, "added", {"pods": size})]
    return Summary(
        answer=_answer(metrics),
        metrics=tuple(metrics),
        counters=_counters(counted, last),
        figures=_figures(counted, last, sizes),
    )


def _size(samples: DataFrame, size: int, labels: Labels) -> list[Metric]:
    """How large the cluster was."""
    return [
        analysis.minimum(analysis.select(samples, name, labels={"pods": size}), name, labels=labels)
        for name in ("flows_per_node", "pods", "nodes")
    ]


def _times(samples: DataFrame, size: int, change: str, labels: Labels) -> list[Metric]:
    """Times of both modes at one size, and how they compare; none if no change of this kind was tried."""
    where: Labels = {"pods": size, "change": change}
    settled = SETTLED[change]
    incremental, full = (analysis.select(samples, "all_nodes_ms", mode=mode, labels=where) for mode in MODES)
    if incremental.empty and full.empty:
        return []
    fast, slow = (
        analysis.select(samples, "processor_ms", mode=mode, labels={**where, "of": WORK}) for mode in MODES
    )
    found = [
        analysis.ratio_of_medians(full, incremental, "full_over_incremental", labels=labels),
        analysis.ratio_of_medians(slow, fast, "full_over_incremental_cpu", labels=labels),
    ]
    for mode, times in zip(MODES, (incremental, full), strict=True):
        found += analysis.latency(times, f"{mode}_all_nodes", labels=labels)
        until = analysis.select(samples, f"{settled}_ms", mode=mode, labels=where)
        found += analysis.latency(until, f"{mode}_{settled}", labels=labels)
    return found


def _work(samples: DataFrame, size: int) -> list[Metric]:
    """Processor time of one more pod, and when its own node called it installed."""
    found = []
    for mode in MODES:
        where: Labels = {"pods": size, "change": "added"}
        ends = analysis.select(samples, "end_ms", mode=mode, labels={**where, "end": "installed"})
        found.append(analysis.median(ends, f"{mode}_installed_p50_ms"))
        for part, name in ((WORK, "cpu"), ("northd", "northd_cpu"), ("busiest node", "busiest_node_cpu")):
            used = analysis.select(samples, "processor_ms", mode=mode, labels={**where, "of": part})
            found.append(analysis.median(used, f"{mode}_{name}_p50_ms"))
    return found


def _stages(samples: DataFrame, size: int) -> list[Metric]:
    """The stages of one more pod on the longest path to the last node."""
    found = []
    for mode in MODES:
        stages = analysis.select(samples, "stage_ms", mode=mode, labels={"pods": size, "change": "added"})
        for stage in _order(stages):
            one = analysis.select(stages, "stage_ms", labels={"stage": stage})
            found.append(analysis.median(one, f"{mode}_stage_p50_ms", labels={"stage": stage}))
    return found


def _counters(samples: DataFrame, size: int) -> tuple[Counter, ...]:
    """Exact work a change at the last rung; engines that never recompute are left out, unless they decide."""
    where: Labels = {"pods": size}
    found = analysis.counts_by(
        analysis.select(samples, "recomputes", labels=where),
        "recomputes_per_change",
        ("mode", "change", "daemon", "engine_node"),
    )
    busy = {_engine(entry) for entry in found if entry.maximum} | DECIDED
    return (
        *(entry for entry in found if _engine(entry) in busy),
        *analysis.counts_by(
            analysis.select(samples, "rows_written", labels=where),
            "rows_written_per_change",
            ("mode", "change", "database", "operation"),
        ),
        *analysis.counts_by(
            analysis.select(samples, "rows_logged", labels=where),
            "rows_logged_per_change",
            ("mode", "change", "database", "operation"),
        ),
        *analysis.counts_by(
            analysis.select(samples, "bytes_logged", labels=where),
            "bytes_logged_per_change",
            ("mode", "change", "database"),
        ),
        *analysis.counts_by(
            analysis.select(samples, "flow_modifications", labels=where),
            "flow_modifications_per_change",
            ("mode", "change"),
        ),
    )


def _engine(counter: Counter) -> tuple[object, object]:
    return counter.labels["daemon"], counter.labels["engine_node"]


def _figures(samples: DataFrame, last: int, sizes: Sequence[int]) -> tuple[Figure, ...]:
    """How the times are distributed, how they grow, where they go."""
    added = {
        mode: analysis.select(samples, "all_nodes_ms", mode=mode, labels={"change": "added"})
        for mode in MODES
    }
    figures: list[Figure] = [
        Ecdf(
            title=f"One more pod on a cluster of {last:,} pods, until the last node has it",
            x_label="from the API's acceptance until the last node has both flows",
            unit="ms",
            references="change-to-all-nodes",
            series=tuple(
                analysis.ecdf_series(
                    analysis.select(added[mode], "all_nodes_ms", labels={"pods": last}), mode
                )
                for mode in MODES
            ),
        ),
        Stack(
            title="Where the time goes",
            caption="Means of the stages on the longest path to the last node; they add up to the mean of the whole.",
            x_label="since the API accepted the pod",
            unit="ms",
            bars=tuple(_bar(samples, mode, last) for mode in MODES),
        ),
    ]
    figures.append(
        Bars(
            title="What one more pod costs in processor time",
            caption="Medians by daemon, of the machine that used most; they carry over to nodes with processors of "
            "their own.",
            x_label="processor time from the change until all daemons are at rest",
            unit="ms",
            series=tuple(_cost(samples, mode, last) for mode in MODES),
        )
    )
    if len(sizes) > 1:
        figures.insert(
            1,
            Growth(
                title="How the time to the last node grows with the cluster",
                x_label="pods",
                y_label="until the last node has one more pod",
                unit="ms",
                references="change-to-all-nodes",
                series=tuple(analysis.growth(added[mode], mode, "pods") for mode in MODES),
            ),
        )
    return tuple(figures)


def _cost(samples: DataFrame, mode: str, size: int) -> BarSeries:
    bars = []
    for role, name in DAEMONS.items():
        used = analysis.select(
            samples, "processor_ms", mode=mode, labels={"change": "added", "pods": size, "of": role}
        )
        cost = analysis.median(used, "processor_p50_ms")
        if cost.value is not None:
            bars.append(Bar(name=name, value=cost.value, ci95=cost.ci95))
    return BarSeries(name=mode, bars=tuple(bars))


def _bar(samples: DataFrame, mode: str, size: int) -> StackBar:
    stages = analysis.select(samples, "stage_ms", mode=mode, labels={"change": "added", "pods": size})
    return analysis.stack_bar(stages, mode, _order(stages))


def _order(stages: DataFrame) -> list[str]:
    """The stages that occur, in the order of time."""
    names = {str(name) for name in label(stages, "stage")}
    return sorted(names, key=lambda name: (PATH.index(name.partition("_to_")[0]), name))


def _answer(metrics: Sequence[Metric]) -> str:
    """The answer in a sentence, as far as there is one."""

    def value(name: str) -> float | None:
        found = lookup(metrics, name)
        return found.value if found else None

    flows, nodes = value("flows_per_node"), value("nodes")
    fast, slow = value("incremental_all_nodes_p50_ms"), value("full_all_nodes_p50_ms")
    ratio, cost = value("full_over_incremental"), value("full_over_incremental_cpu")
    if flows is None or nodes is None or fast is None:
        return "No pod was measured."
    text = (
        f"One more pod reached all {nodes:.0f} nodes, of at least {flows:,.0f} flows each, "
        f"in {fast:.0f} ms (median) when it was processed incrementally"
    )
    if slow is None or ratio is None:
        return f"{text}; processing in full was not measured."
    text += f", and in {slow:,.0f} ms when everything was recomputed: {ratio:.1f} times as long"
    return f"{text}, at {cost:.1f} times the processor time." if cost is not None else f"{text}."
