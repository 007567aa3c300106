"""The tables of a report, once for all its forms: page, Markdown and terminal show the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pandas import DataFrame

from analysis.resources import usage
from reports.numbers import quantity, span
from reports.pivots import pivots, side_by_side
from reports.references import Reference, about
from reports.table import SPREAD, Table, plain, spread_row
from testbed.results import Counter, Metric, Run


def is_of_processor(record: Metric | Counter) -> bool:
    """Whether a record is of processor time, by its name."""
    return bool({"cpu", "processor"} & set(record.name.split("_")))


def headlines(run: Run) -> Table:
    """The metrics without labels, with spread, attempts and instances; of several releases those of the first."""
    whose = f" of {run.releases[0].name}" if len(run.releases) > 1 else ""
    return _headlines(f"Headline figures{whose}", [metric for metric in run.metrics if metric.is_headline])


def ladders(run: Run) -> tuple[Table, ...]:
    """The metrics with labels, those of processor time left to ``processor``: a table for each label that varies."""
    return pivots(
        [metric for metric in run.metrics if not metric.is_headline and not is_of_processor(metric)], run
    )


def sizes(run: Run) -> tuple[Table, ...]:
    """The rungs alone: metrics whose only label is a number, other than those of processor time."""
    return pivots(
        [
            metric
            for metric in run.metrics
            if len(metric.labels) == 1 and all(type(value) is int for value in metric.labels.values())
        ],
        run,
    )


def processor_headlines(run: Run) -> Table:
    """Those of the headlines that are of processor time."""
    return _headlines(
        "", [metric for metric in run.metrics if metric.is_headline and is_of_processor(metric)]
    )


def processor(run: Run) -> tuple[Table, ...]:
    """The metrics of processor time that carry labels."""
    return pivots(
        [metric for metric in run.metrics if not metric.is_headline and is_of_processor(metric)], run
    )


def counters(run: Run) -> tuple[Table, ...]:
    """The counters, with the modes side by side."""
    return side_by_side(run)


def expectations(run: Run) -> Table:
    """Each expectation and what became of it."""
    rows = tuple(
        (entry.outcome, entry.expectation, _with_unit(entry.metric, entry.value), entry.why)
        for entry in run.expectations
    )
    return Table(
        "Expectations",
        ("verdict", "expectation", "found", "where the bound comes from"),
        rows,
        text_columns=4,
    )


def daemons(resources: DataFrame) -> Table:
    """What each kind of daemon held and used over the whole run."""
    rows = tuple(
        (
            entry.daemon,
            str(entry.processes),
            quantity(entry.peak_mib, "MiB"),
            quantity(entry.processor_s, "s"),
            quantity(entry.wait_s, "s"),
        )
        for entry in usage(resources)
    )
    header = (
        "daemon",
        "processes",
        "most memory of one (PSS)",
        "processor time, all",
        "waited for a processor, all",
    )
    return Table("Daemons over the whole run", header, rows)


def daemons_by_release(run: Run, resources: DataFrame) -> tuple[Table, ...]:
    """``daemons``, for each release on its own if the run has several."""
    if len(run.releases) < 2:
        return tuple(filter(None, (daemons(resources),)))
    found = [
        replace(daemons(resources[resources["instance"].isin(release.instances)]), title=release.name)
        for release in run.releases
    ]
    return tuple(filter(None, found))


def releases(run: Run) -> Table:
    """The OVN and OVS builds under test."""
    rows = tuple((entry.name, entry.ovn, entry.ovs, _options(entry.options)) for entry in run.releases)
    return Table("Releases under test", ("release", "OVN", "OVS", "options in force"), rows, text_columns=4)


def machine(run: Run) -> Table:
    """The machine, the controller and the stamps, as pairs."""
    host, stamps, system = run.host, run.stamps, run.system
    kernel = f"Linux {host.kernel}" if host.kernel else ""
    pairs = [
        ("processor", f"{host.cpu}, {host.cores} cores" if host.cpu else ""),
        ("memory", quantity(round(host.memory_mib / 1024), "GiB") if host.memory_mib else ""),
        (
            "system",
            ", ".join(filter(None, (host.distribution, kernel, host.hypervisor))),
        ),
        ("Python", host.python),
        ("fingerprint of the machine", host.fingerprint),
        ("controller", _system(run)),
        ("its flags", " ".join(system.flags) if system else ""),
        ("commit", " ".join(filter(None, (stamps.commit[:12] + _dirty(stamps.commit), stamps.branch)))),
        ("pull request", stamps.pull_request),
        ("environment", stamps.environment),
        ("testbed", stamps.tool_version),
    ]
    return Table(
        "Machine and versions", ("", ""), tuple(pair for pair in pairs if pair[1].strip()), text_columns=2
    )


def params(run: Run) -> Table:
    """The params of the run, as pairs."""
    rows = tuple((key, plain(value)) for key, value in run.params.items())
    return Table("Parameters", ("parameter", "value"), (*rows, ("seed", str(run.seed))), text_columns=1)


def references(runs: Iterable[Run]) -> Table:
    """The published figures that stand in the plots of ``runs``, each once."""
    asked = dict.fromkeys((figure.references, figure.unit) for run in runs for figure in run.figures)
    rows = tuple(
        (_published(entry), entry.what, entry.source) for topic, unit in asked for entry in about(topic, unit)
    )
    return Table("", ("figure", "of what", "published by"), rows, text_columns=3)


def _published(entry: Reference) -> str:
    if entry.high is not None:
        return span((entry.value, entry.high), entry.unit)
    return quantity(entry.value, entry.unit)


def _headlines(title: str, metrics: Sequence[Metric]) -> Table:
    scopes = {metric.scope for metric in metrics if metric.ci95}
    note = "Intervals are within-run only: one cluster was built." if scopes == {"within-run only"} else ""
    return Table(title, SPREAD, tuple(spread_row(metric) for metric in metrics), note=note)


def _with_unit(name: str, value: float | None) -> str:
    return quantity(value, Metric(name=name, value=value).unit)


def _options(options: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in options.items())


def _system(run: Run) -> str:
    if run.system is None:
        return ""
    return " ".join(filter(None, (run.system.name, run.system.version, run.system.sha256[:12])))


def _dirty(commit: str) -> str:
    return " with uncommitted changes" if commit.endswith("-dirty") else ""
