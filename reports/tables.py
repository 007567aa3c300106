"""The tables of a report, once for all its forms: page, Markdown and terminal show the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pandas import DataFrame

from analysis.resources import usage
from reports.numbers import number, quantity, span
from testbed.results import Counter, Metric, Run
from testbed.results.records import Label

WIDEST = 6
"""More columns than this do not fit a page: then one row a record."""


@dataclass(frozen=True)
class Table:
    """Rows of text under a header; ``text_columns`` is how many columns from the left are words, not figures."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: int = 1
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.rows)


def is_of_processor(record: Metric | Counter) -> bool:
    """Whether a record is of processor time, by its name."""
    return bool({"cpu", "processor"} & set(record.name.split("_")))


def headlines(run: Run) -> Table:
    """The metrics without labels, with spread, attempts and instances."""
    rows = tuple(_spread_row(metric) for metric in run.metrics if metric.is_headline)
    scopes = {metric.scope for metric in run.metrics if metric.is_headline and metric.ci95}
    note = "Intervals are within-run only: one cluster was built." if scopes == {"within-run only"} else ""
    header = ("metric", "value", "95 % interval", "measured", "failed", "instances")
    return Table("Headline figures", header, rows, note=note)


def ladders(run: Run) -> tuple[Table, ...]:
    """The metrics with labels, those of processor time left to ``processor``: a table for each set of labels."""
    return _pivots(
        [metric for metric in run.metrics if not metric.is_headline and not is_of_processor(metric)]
    )


def processor(run: Run) -> tuple[Table, ...]:
    """The metrics of processor time that carry labels."""
    return _pivots([metric for metric in run.metrics if not metric.is_headline and is_of_processor(metric)])


def counters(run: Run) -> tuple[Table, ...]:
    """One table a counter, with the modes side by side where it has that label."""
    names = dict.fromkeys(counter.name for counter in run.counters)
    return tuple(
        _counter_table(name, [entry for entry in run.counters if entry.name == name]) for name in names
    )


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
    rows = tuple((key, _plain(value)) for key, value in run.params.items())
    return Table("Parameters", ("parameter", "value"), (*rows, ("seed", str(run.seed))), text_columns=1)


def words_of(labels: Mapping[str, Label]) -> str:
    """Labels as people read them: ``pods 5,000, release suite:sid``."""
    return ", ".join(f"{key} {_plain(value)}" for key, value in labels.items())


def _spread_row(metric: Metric) -> tuple[str, ...]:
    return (
        metric.name,
        quantity(metric.value, metric.unit),
        span(metric.ci95, metric.unit),
        number(metric.n),
        number(metric.failed),
        number(metric.instances),
    )


def _pivots(metrics: Sequence[Metric]) -> tuple[Table, ...]:
    shapes = dict.fromkeys(tuple(metric.labels) for metric in metrics)
    return tuple(
        _pivot(shape, [entry for entry in metrics if tuple(entry.labels) == shape]) for shape in shapes
    )


def _pivot(shape: tuple[str, ...], metrics: Sequence[Metric]) -> Table:
    """Metrics as rows and their labels as columns, or one row a record if there are many."""
    columns = list(dict.fromkeys(words_of(entry.labels) for entry in metrics))
    title = "By " + " and ".join(shape).replace("_", " ")
    if len(columns) > WIDEST:
        rows = tuple((words_of(entry.labels), *_spread_row(entry)) for entry in metrics)
        header = ("labels", "metric", "value", "95 % interval", "measured", "failed", "instances")
        return Table(title, header, rows, text_columns=2)
    names = dict.fromkeys(entry.name for entry in metrics)
    known = {(entry.name, words_of(entry.labels)): entry for entry in metrics}
    rows = tuple((name, *(_cell(known.get((name, column))) for column in columns)) for name in names)
    return Table(title, ("metric", *columns), rows)


def _cell(metric: Metric | None) -> str:
    if metric is None:
        return ""
    failed = f" ({metric.failed} of {metric.attempts} failed)" if metric.failed else ""
    return quantity(metric.value, metric.unit) + failed


def _counter_table(name: str, counters: Sequence[Counter]) -> Table:
    modes = list(dict.fromkeys(str(entry.labels.get("mode", "")) for entry in counters))
    keys = list(dict.fromkeys(key for entry in counters for key in entry.labels if key != "mode"))
    rest = dict.fromkeys(_others(entry, keys) for entry in counters)
    known = {(_others(entry, keys), str(entry.labels.get("mode", ""))): entry for entry in counters}
    rows = tuple((*others, *(_amount(known.get((others, mode))) for mode in modes)) for others in rest)
    header = (*(key.replace("_", " ") for key in keys), *(mode or "a change" for mode in modes))
    return Table(name, header, rows, text_columns=len(keys))


def _others(counter: Counter, keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(_plain(counter.labels.get(key, "")) for key in keys)


def _amount(counter: Counter | None) -> str:
    if counter is None:
        return ""
    if counter.minimum is None or counter.maximum is None or counter.minimum == counter.maximum:
        return quantity(counter.value, counter.unit)
    return f"{quantity(counter.value, counter.unit)} ({number(counter.minimum)} to {number(counter.maximum)})"


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


def _plain(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(entry) for entry in value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    return str(value)
