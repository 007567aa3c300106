"""A run as it could be, made of invented samples: what reports are tried on. Its figures are nobody's measurements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import counts_by, ecdf_series, growth, latency, median, ratio_of_medians, select, stack_bar
from testbed.results import (
    Counter,
    Ecdf,
    Growth,
    Host,
    Metric,
    ReleaseUnderTest,
    Resource,
    Run,
    RunDirectory,
    RunWriter,
    Sample,
    Stack,
    Stamps,
    System,
    Validity,
    frame_of,
    judge,
    text_of_labels,
)

STAGES = ("controller", "northd", "plugged", "claimed", "SB to node", "flows", "ready", "unattributed")
SHARES = {
    "incremental": (0.06, 0.3, 0.08, 0.05, 0.2, 0.22, 0.07, 0.02),
    "full": (0.01, 0.08, 0.01, 0.01, 0.05, 0.81, 0.02, 0.01),
}
LADDER = (500, 1_000, 1_500)


class Bound:
    def __init__(self, metric: str, least: float, why: str) -> None:
        self.metric, self.least, self.why = metric, least, why
        self.labels: dict[str, str | int | float | bool] = {}

    def holds(self, value: float | None) -> bool:
        return value is not None and value >= self.least

    def __str__(self) -> str:
        return f"{self.metric} >= {self.least:g}"


def invented_samples() -> list[Sample]:
    generator = np.random.default_rng(7)
    rows: list[Sample] = []
    for size in LADDER:
        for mode, trials, whole in (("incremental", 120, 16 + size**0.6), ("full", 24, 0.35 * size)):
            for trial in range(trials):
                total = whole * generator.lognormal(0, 0.22)
                same: dict[str, Any] = {"mode": mode, "trial": trial, "instance": 1}
                labels = {"pods": size}
                if mode == "full" and trial % 11 == 10:
                    reason = "lflow_output of node2 recomputed twice"
                    rows.append(Sample(**same, metric="all_nodes_ms", value=None, outcome="failed", reason=reason,
                                       labels=text_of_labels(labels)))  # fmt: skip
                    continue
                rows.append(Sample(**same, metric="all_nodes_ms", value=total, labels=text_of_labels(labels)))
                rows.append(
                    Sample(**same, metric="pod_ready_ms", value=total * 1.3, labels=text_of_labels(labels))
                )
                spent = total * (0.9 if mode == "full" else 1.4)
                rows.append(Sample(**same, metric="processor_ms", value=spent, labels=text_of_labels(labels)))
                for stage, share in zip(STAGES, SHARES[mode], strict=True):
                    stamped = text_of_labels({**labels, "stage": stage})
                    value = share * total * generator.lognormal(0, 0.1)
                    rows.append(Sample(**same, metric="stage_ms", value=value, labels=stamped))
                for daemon, node, amount in _engines(mode, trial):
                    stamped = text_of_labels({"daemon": daemon, "engine_node": node})
                    rows.append(Sample(**same, metric="recomputes_per_change", value=amount, labels=stamped))
                rows.append(
                    Sample(**same, metric="rows_written_per_change", value=2, labels=text_of_labels({}))
                )
    return rows


def _engines(mode: str, trial: int) -> list[tuple[str, str, float]]:
    forced = float(mode == "full")
    return [
        ("northd", "northd", forced),
        ("northd", "lflow", forced),
        ("northd", "sync_to_sb", 0),
        ("ovn-controller", "lflow_output", forced),
        ("ovn-controller", "pflow_output", forced + (trial % 5 == 0)),
        ("ovn-controller", "runtime_data", forced),
    ]


def invented_run(identity: str) -> Run:
    samples = frame_of(invented_samples(), Sample)
    top = {"pods": LADDER[-1]}
    chosen = {
        mode: select(samples, "all_nodes_ms", mode=mode, labels=top) for mode in ("incremental", "full")
    }
    spent = {mode: select(samples, "processor_ms", mode=mode, labels=top) for mode in ("incremental", "full")}
    ready = select(samples, "pod_ready_ms", mode="incremental", labels=top)
    metrics: list[Metric] = [
        Metric(name="flows_per_node", value=14_212, better="none"),
        Metric(name="pods", value=1_500),
        Metric(name="nodes", value=3),
        *latency(ready, "incremental_pod_ready"),
        *latency(chosen["incremental"], "incremental_all_nodes"),
        *latency(chosen["full"], "full_all_nodes"),
        ratio_of_medians(chosen["full"], chosen["incremental"], "full_over_incremental", better="higher"),
        ratio_of_medians(spent["full"], spent["incremental"], "full_over_incremental_cpu", better="higher"),
    ]
    for size in LADDER:
        for mode in ("incremental", "full"):
            at = {"pods": size}
            rows = select(samples, "all_nodes_ms", mode=mode, labels=at)
            metrics.append(median(rows, f"{mode}_all_nodes_p50_ms", labels=at))
            rows = select(samples, "processor_ms", mode=mode, labels=at)
            metrics.append(median(rows, "processor_ms", labels={"mode": mode, "pods": size}))
    counters: tuple[Counter, ...] = (
        *counts_by(
            select(samples, "recomputes_per_change"),
            "recomputes_per_change",
            ("daemon", "engine_node", "mode"),
        ),
        *counts_by(select(samples, "rows_written_per_change"), "rows_written_per_change", ("mode",)),
    )
    full_p50 = next(entry.value for entry in metrics if entry.name == "full_all_nodes_p50_ms")
    incremental_p50 = next(entry.value for entry in metrics if entry.name == "incremental_all_nodes_p50_ms")
    return Run(
        id=identity,
        scenario="incremental",
        title="How long one more pod takes to reach every node: incremental processing against full recomputation.",
        answer=f"With 1,500 pods and 14,212 flows a node, one more pod reaches all 3 nodes in {incremental_p50:.0f} ms "
        f"incrementally and in {full_p50:.0f} ms when everything is recomputed.",
        method=(
            "Single pods were created and deleted through the API of a cluster that was quiet, in blocks that "
            "alternate the modes. A node has the pod when its lookup flow and its output flow are both there.",
            "In full means that northd and every ovn-controller recomputed exactly once for this change.",
        ),
        profile="quick",
        params={"nodes": 3, "pods": 1500, "ladder": [500, 1000]},
        seed=42,
        status="complete",
        started="2026-01-02T03:04:05+00:00",
        finished="2026-01-02T03:05:26+00:00",
        duration_s=81.4,
        system=System(name="ovn-testbed controller", version="0.1.0", sha256="9f2b" * 16, flags=("--admin-socket",)),
        releases=(
            ReleaseUnderTest(
                name="suite:sid",
                ovn="26.03.1",
                ovs="4.0.0",
                binaries={"ovn-northd": "0a1b" * 16, "ovn-controller": "2c3d" * 16, "ovs-vswitchd": "4e5f" * 16},
                options={"northd_probe_interval": "0"},
                defects=("nb_cfg: raising it recomputes in a loop until 26.03.2; it is never raised here",),
            ),
        ),
        host=Host(fingerprint="1335c2a84d0d", cpu="AMD EPYC", cores=2, memory_mib=24105, kernel="6.12.0",
                  distribution="Debian GNU/Linux 12 (bookworm)", python="3.11.2", hypervisor="virtual machine"),
        stamps=Stamps(branch="main", commit="0123456789abcdef0123456789abcdef01234567", tool_version="0.1.0"),
        validity=Validity(verdict="suspect", reasons=("steal took 4.1 % of processor time, allowed 2 %",)),
        metrics=tuple(metrics),
        counters=counters,
        figures=(
            Ecdf(title="How long one more pod takes to reach all nodes", x_label="pod created until on the last node",
                 unit="ms", references="change-to-all-nodes",
                 caption="Each step is one change. Further left is faster; steeper is steadier.",
                 series=tuple(ecdf_series(chosen[mode], mode) for mode in ("incremental", "full"))),
            Growth(title="How that grows with the number of pods", x_label="pods", y_label="to all nodes, median",
                   unit="ms", references="change-to-all-nodes",
                   caption="Whiskers are quartiles. Both axes are logarithmic: a power law is a straight line.",
                   series=tuple(growth(select(samples, "all_nodes_ms", mode=mode), mode, "pods")
                                for mode in ("incremental", "full"))),
            Stack(title="Where the time goes", x_label="pod created until on the last node", unit="ms",
                  caption="Each bar is a whole of its own length; the figures are medians of each stage.",
                  bars=tuple(stack_bar(select(samples, "stage_ms", mode=mode, labels=top), mode, STAGES)
                             for mode in ("incremental", "full"))),
        ),
        expectations=judge(
            [
                Bound("full_over_incremental", 3, "seen: 6 to 7 on two cores; half of that"),
                Bound("incremental_pod_added_p50_ms", 1, "a name that nothing measures"),
                Bound("flows_per_node", 10_000, "what the question is about"),
            ],
            metrics,
            counters,
        ),
    )  # fmt: skip


def invented_resources() -> list[Resource]:
    rows = []
    for second in range(5):
        for node in ("central", "node1", "node2", "node3"):
            names = (
                ("ovn-northd", "ovsdb-server SB") if node == "central" else ("ovn-controller", "ovs-vswitchd")
            )
            for place, name in enumerate(names):
                spent = (second + 1) * 700_000_000 * (place + 1)
                rows.append(Resource(monotonic_ns=second * 10**9, node=node, daemon=name, pss_mib=40.0 + 9 * second,
                                     processor_ns=spent, wait_ns=spent // 5))  # fmt: skip
    return rows


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """The invented run in a directory of its own."""
    return write_invented(tmp_path_factory.mktemp("runs"))


def write_invented(runs: Path) -> RunDirectory:
    writer = RunWriter.create(runs, "incremental")
    writer.sample_log.extend(invented_samples())
    writer.resource_log.extend(invented_resources())
    writer.finish(invented_run(writer.id))
    return RunDirectory(writer.path)
