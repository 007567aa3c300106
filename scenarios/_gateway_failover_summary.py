"""What the samples of the scenario ``gateway_failover`` say. Pure: samples in, figures out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import analysis
from testbed.experiment.scenario import Summary
from testbed.results import Ecdf, Metric, lookup

if TYPE_CHECKING:
    from pandas import DataFrame

WAYS = {
    "node_killed": "the daemons of the gateway node were killed",
    "link_cut": "the link of the gateway node was cut",
    "planned_move": "the subnet was told to prefer the other gateway",
}
PHASES = ("lost", "returned")


def summarise(samples: DataFrame) -> Summary:
    """Outages and lost packets: the headlines are of the loss, the labelled ones of the return."""
    metrics: list[Metric] = [
        analysis.minimum(analysis.select(samples, name), name) for name in ("flows_per_node", "pods", "nodes")
    ]
    for phase in PHASES:
        labels: dict[str, str | int | float | bool] = {} if phase == "lost" else {"phase": phase}
        for way in WAYS:
            where: dict[str, str | int | float | bool] = {"phase": phase}
            outages = analysis.select(samples, "outage_ms", mode=way, labels=where)
            metrics += analysis.latency(outages, f"{way}_outage", labels=labels)
            lost = analysis.select(samples, "lost_packets", mode=way, labels=where)
            metrics.append(analysis.maximum(lost, f"{way}_lost_packets", labels=labels, better="lower"))
    return Summary(answer=_answer(metrics), metrics=tuple(metrics), figures=_figures(samples))


def _answer(metrics: list[Metric]) -> str:
    said = []
    for way, words in WAYS.items():
        found = lookup(metrics, f"{way}_outage_p50_ms")
        if found is not None and found.value is not None:
            said.append(f"{found.value:,.0f} ms (median) when {words}")
    return f"Nothing left the cluster for {', '.join(said)}." if said else "No gateway was lost."


def _figures(samples: DataFrame) -> tuple[Ecdf, ...]:
    return tuple(
        Ecdf(
            title=f"How long nothing left the cluster, {title}",
            x_label="from the last datagram that was answered to the next",
            unit="ms",
            series=tuple(
                analysis.ecdf_series(
                    analysis.select(samples, "outage_ms", mode=way, labels={"phase": phase}), way
                )
                for way in WAYS
            ),
        )
        for phase, title in (("lost", "the gateway being lost"), ("returned", "the gateway coming back"))
    )
