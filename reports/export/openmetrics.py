"""OpenMetrics, as Prometheus reads it: to be scraped, or backfilled with the moments at which the runs ended.

Names get base units (seconds, bytes), as Prometheus wants them. Every series is stamped with the end of its run, so
several runs become points of the same series, and the run's id stands in one series of its own, ``..._run_info``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector

from reports.export.history import moment
from testbed.results import Counter, Metric, Run, Verdict

PREFIX = "ovn_testbed"
_NOT_IN_NAMES = re.compile("[^a-zA-Z0-9_]")
_BASE_UNITS = {
    "ms": ("_ms", "seconds", 1e-3),
    "s": ("_s", "seconds", 1.0),
    "MiB": ("_mib", "bytes", 2.0**20),
    "Mpps": ("_mpps", "packets_per_second", 1e6),
    "Gbit/s": ("_gbps", "bytes_per_second", 1e9 / 8),
    "/s": ("_per_s", "per_second", 1.0),
}
"""Our unit: the suffix that goes, the suffix that comes, and what a value is multiplied by."""


def render(runs: Sequence[Run]) -> str:
    """One exposition of all ``runs``, which must have ended at different moments if they are of one kind."""
    exposition = _Exposition()
    for run in sorted(runs, key=moment):
        exposition.add(run)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(exposition)
    return bytes(generate_latest(registry)).decode()  # type: ignore[no-untyped-call]


class _Exposition(Collector):
    """Families of samples, each family once, whatever runs its samples are from."""

    def __init__(self) -> None:
        self._families: dict[str, Family] = {}

    def collect(self) -> Iterator[Family]:
        for family in self._families.values():
            family.samples.sort(key=lambda sample: (sorted(sample.labels.items()), sample.timestamp))
            yield family

    def add(self, run: Run) -> None:
        at = int(moment(run))
        where = {"scenario": run.scenario, "profile": run.profile, "release": _release(run)}
        known = {**where, "run": run.id, "status": run.status, "validity": run.validity.verdict}
        known |= {"machine": run.host.fingerprint, "branch": run.stamps.branch, "commit": run.stamps.commit}
        self._add("run_info", "", "A run, always 1.", known, 1, at)
        self._add("run_duration", "seconds", "How long the run took.", where, run.duration_s, at)
        records: tuple[Metric | Counter, ...] = (*run.metrics, *run.counters)
        for record in records:
            self._record(record, {**where, **_labels(record.labels)}, at)
        for verdict in run.expectations:
            self._verdict(verdict, where, at)

    def _record(self, record: Metric | Counter, labels: Mapping[str, str], at: int) -> None:
        if isinstance(record, Metric):
            of = {**labels, "metric": record.name}
            self._add("attempts", "", "How often a figure was tried to be measured.", of, record.attempts, at)
            self._add("failed_attempts", "", "How many of those gave no value.", of, record.failed, at)
        if record.value is None:
            return
        goes, unit, factor = _BASE_UNITS.get(record.unit, ("", "", 1.0))
        name = record.name.removesuffix(goes)
        self._add(name, unit, _help(record), labels, record.value * factor, at)
        if isinstance(record, Metric) and record.ci95:
            told = f"Ends of the 95 % interval of {record.name}."
            for bound, end in zip(("low", "high"), record.ci95, strict=True):
                self._add(f"{name}_ci95", unit, told, {**labels, "bound": bound}, end * factor, at)

    def _verdict(self, verdict: Verdict, where: Mapping[str, str], at: int) -> None:
        labels = {**where, "expectation": verdict.expectation, "outcome": verdict.outcome}
        told = "1 if the expectation was met; 0 if it failed or its figure was not measured."
        self._add("expectation_met", "", told, labels, float(verdict.passed), at)

    def _add(self, name: str, unit: str, told: str, labels: Mapping[str, str], value: float, at: int) -> None:
        full = "_".join(filter(None, (PREFIX, name, unit)))
        if full not in self._families:
            self._families[full] = Family(full, told, "gauge", "" if unit == "per_second" else unit)
        self._families[full].add_sample(full, dict(labels), value, at)


def _labels(labels: Mapping[str, object]) -> dict[str, str]:
    return {_NOT_IN_NAMES.sub("_", key): str(value) for key, value in labels.items()}


def _release(run: Run) -> str:
    """The first release named, whose figures stand without a label of their own."""
    return run.releases[0].name if run.releases else ""


def _help(record: Metric | Counter) -> str:
    kind = "A statistic" if isinstance(record, Metric) else "An amount of work"
    better = {"lower": "; lower is better", "higher": "; higher is better", "none": ""}[record.better]
    return f"{kind} of runs, {record.name} there{better}."
