"""What the samples of the scenario ``gateway_failover`` say. Pure: samples in, figures out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

import analysis
from analysis.selection import label
from testbed.experiment.scenario import Summary
from testbed.results import Ecdf, Figure, Metric, Stack, StackBar, StackPart, lookup
from testbed.results.records import Label

if TYPE_CHECKING:
    from pandas import DataFrame

Labels = dict[str, Label]

LOSSES = {
    "node_killed": "the daemons of the gateway node were killed",
    "link_cut": "the link of the gateway node was cut",
}
MOVES = {
    "planned_move": "the subnet was told to prefer the other gateway",
    "drain": "the gateway node was cordoned",
}
WAYS = {**LOSSES, **MOVES}
PHASES = ("lost", "returned")
PARTS = ("detected", "claimed")
"""Moments of an outage."""
CLAIM = ("claim_cpu", "claim_wait")
"""What the next gateway's ovn-controller ran, and waited for a processor, until its claim was in SB."""
WATCHED = ("false_failovers", "false_moves", "load_lost_packets")
LOAD = ("load_changes", "load_s", "load_cpu_share", "load_foreign_cpu_share")


def summarise(samples: DataFrame) -> Summary:
    """Outages and lost packets.

    The headlines are of the smallest size and of the loss; other sizes, and what the return cost, have labels.
    """
    sizes = sorted({size for size in label(samples, "pods") if isinstance(size, int)})
    metrics = _of_size(samples, sizes[0], {}) if sizes else []
    metrics += _moves(samples)
    metrics.append(_returns(samples))
    metrics += [analysis.maximum(analysis.select(samples, name), name, better="lower") for name in WATCHED]
    metrics += [analysis.minimum(analysis.select(samples, name), name) for name in LOAD]
    metrics += _processor(samples)
    for size in sizes[1:]:
        metrics += _of_size(samples, size, {"pods": size})
    return Summary(
        answer=_answer(metrics, sizes[1:]),
        metrics=tuple(metrics),
        figures=_figures(samples, metrics, sizes),
    )


def _of_size(samples: DataFrame, size: int, sized: Labels) -> list[Metric]:
    metrics = [
        analysis.minimum(analysis.select(samples, name, labels={"pods": size}), name, labels=sized)
        for name in ("flows_per_node", "pods", "nodes")
    ]
    for phase in PHASES:
        where: Labels = {"pods": size, "phase": phase}
        labels = sized if phase == "lost" else {**sized, "phase": phase}
        for way in WAYS:
            outages = analysis.select(samples, "outage_ms", mode=way, labels=where)
            metrics += analysis.latency(outages, f"{way}_outage", labels=labels)
        for way in LOSSES:
            lost = analysis.select(samples, "lost_packets", mode=way, labels=where)
            metrics.append(analysis.maximum(lost, f"{way}_lost_packets", labels=labels, better="lower"))
    for way in LOSSES:
        for part in (*PARTS, *CLAIM):
            moments = analysis.select(samples, f"{part}_ms", mode=way, labels={"pods": size, "phase": "lost"})
            metrics.append(analysis.median(moments, f"{way}_{part}_p50_ms", labels=sized))
    return metrics


def _moves(samples: DataFrame) -> Iterator[Metric]:
    """What was lost in all planned moves together, there and back, and by way and phase."""
    lost = analysis.select(samples, "lost_packets")
    yield analysis.total(lost[lost["mode"].isin(list(MOVES))], "planned_move_lost_packets", better="lower")
    for way in MOVES:
        for phase in PHASES:
            chosen = analysis.select(lost, "lost_packets", mode=way, labels={"phase": phase})
            labels = {"way": way, "phase": phase}
            yield analysis.total(chosen, "planned_move_lost_packets", labels=labels, better="lower")


def _returns(samples: DataFrame) -> Metric:
    """What was lost when the first node came back, after all losses together."""
    lost = analysis.select(samples, "lost_packets", labels={"phase": "returned"})
    return analysis.total(lost[lost["mode"].isin(list(LOSSES))], "return_lost_packets", better="lower")


def _processor(samples: DataFrame) -> Iterator[Metric]:
    """What ovs-vswitchd used a second with BFD and without, and the difference on the same node in the same round."""
    used = analysis.select(samples, "vswitchd_cpu_ms_per_s")
    both = used[used["mode"] == "bfd_on"].merge(
        used[used["mode"] == "bfd_off"], on=["instance", "trial", "labels"], suffixes=("", "_off")
    )
    bfd = both.assign(value=both["value"] - both["value_off"])
    yield _difference(bfd, {})
    for role in ("gateway", "other"):
        labels: Mapping[str, Label] = {"role": role}
        chosen = analysis.select(bfd, "vswitchd_cpu_ms_per_s", labels=labels)
        yield _difference(chosen, labels)
        for mode in ("bfd_on", "bfd_off"):
            spent = analysis.select(used, "vswitchd_cpu_ms_per_s", mode=mode, labels=labels)
            yield analysis.median(spent, "vswitchd_cpu_ms_per_s", labels={"mode": mode, **labels})


def _difference(found: DataFrame, labels: Mapping[str, Label]) -> Metric:
    """A median of what is in no sample: worked out from two of them."""
    middle = analysis.median(found, "bfd_cpu_ms_per_s", labels=labels)
    return msgspec.structs.replace(middle, sources=())


def _value(metrics: list[Metric], name: str, labels: Labels | None = None) -> float | None:
    found = lookup(metrics, name, labels)
    return found.value if found is not None else None


def _answer(metrics: list[Metric], beyond: list[int]) -> str:
    said = [
        f"{value:,.0f} ms (median) when {words}"
        for way, words in LOSSES.items()
        if (value := _value(metrics, f"{way}_outage_p50_ms")) is not None
    ]
    found = [f"Nothing left the cluster for {', '.join(said)}" if said else "No gateway was lost"]
    for size in beyond:
        larger = _value(metrics, "node_killed_outage_p50_ms", {"pods": size})
        if larger is not None:
            found.append(f"{larger:,.0f} ms among {size:,} pods when the daemons were killed")
    lost = _value(metrics, "planned_move_lost_packets")
    if lost is not None:
        found.append(f"all planned moves together lost {lost:,.0f} datagrams")
    returned = _value(metrics, "return_lost_packets")
    if returned is not None:
        found.append(f"all returns of the node {returned:,.0f}")
    alarms, share = _value(metrics, "false_failovers"), _value(metrics, "load_cpu_share")
    if alarms is not None and share is not None:
        found.append(f"{alarms:,.0f} false failovers with the processors {share:.0%} busy")
    return "; ".join(found) + "."


def _figures(samples: DataFrame, metrics: list[Metric], sizes: list[int]) -> tuple[Figure, ...]:
    labelled: list[Labels] = [{"pods": size} if size in sizes[1:] else {} for size in sizes]
    parts = tuple(
        bar for labels in labelled for way in LOSSES if (bar := _bar(metrics, way, labels)) is not None
    )
    headline = analysis.select(samples, "outage_ms", labels={"pods": sizes[0]} if sizes else None)
    made_of = Stack(
        title="What an outage is made of",
        caption="Medians, from the first datagram that was lost; the last part is nil where datagrams came back "
        "before SB told of the claim.",
        x_label="from the first datagram that was lost",
        unit="ms",
        bars=parts,
    )
    return (
        *(
            Ecdf(
                title=f"How long nothing left the cluster, {title}",
                x_label="from the last datagram that was answered to the next",
                unit="ms",
                series=tuple(
                    analysis.ecdf_series(
                        analysis.select(headline, "outage_ms", mode=way, labels={"phase": phase}), way
                    )
                    for way in WAYS
                ),
            )
            for phase, title in (("lost", "the gateway being lost"), ("returned", "the gateway coming back"))
        ),
        *((made_of,) if parts else ()),
    )


def _bar(metrics: list[Metric], way: str, labels: Labels) -> StackBar | None:
    names = (*PARTS, "outage")
    values = [_value(metrics, f"{way}_{name}_p50_ms", labels) for name in names]
    if any(value is None for value in values):
        return None
    words = ("until BFD tells of it", "until SB has the claim", "until datagrams come back")
    parts, before = [], 0.0
    for word, value in zip(words, values, strict=True):
        assert value is not None
        parts.append(StackPart(name=word, value=max(0.0, value - before)))
        before = max(before, value)
    size = f", {labels['pods']:,} pods" if labels else ""
    return StackBar(name=f"{way}{size}", parts=tuple(parts))
