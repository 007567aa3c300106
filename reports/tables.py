"""The tables of a report, once for all its forms: page, Markdown and terminal show the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pandas import DataFrame

from analysis.resources import usage
from reports.numbers import number, quantity, span
from reports.references import Reference, about
from testbed.results import Counter, Ecdf, Growth, Metric, Run
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
    return _headlines("Headline figures", [metric for metric in run.metrics if metric.is_headline])


def ladders(run: Run) -> tuple[Table, ...]:
    """The metrics with labels, those of processor time left to ``processor``: a table for each set of labels."""
    return _pivots(
        [metric for metric in run.metrics if not metric.is_headline and not is_of_processor(metric)]
    )


def processor_headlines(run: Run) -> Table:
    """Those of the headlines that are of processor time."""
    return _headlines(
        "", [metric for metric in run.metrics if metric.is_headline and is_of_processor(metric)]
    )


def processor(run: Run) -> tuple[Table, ...]:
    """The metrics of processor time that carry labels."""
    return _pivots([metric for metric in run.metrics if not metric.is_headline and is_of_processor(metric)])


def counters(run: Run) -> tuple[Table, ...]:
    """Counters with the modes side by side: those that differ by mode alone in one table, else a table a counter."""
    modes = _modes(run)
    plain = [entry for entry in run.counters if not _without_mode(entry.labels)]
    split = [entry for entry in run.counters if _without_mode(entry.labels)]
    found = [_counter_table("", ("counter",), plain, modes)] if plain else []
    for name in dict.fromkeys(entry.name for entry in split):
        same = [entry for entry in split if entry.name == name]
        keys = tuple(dict.fromkeys(key for entry in same for key in _without_mode(entry.labels)))
        found.append(_counter_table(name, keys, same, modes))
    return tuple(found)


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


def words_of(labels: Mapping[str, Label]) -> str:
    """Labels as people read them: ``pods 5,000, release suite:sid``."""
    return ", ".join(f"{key} {_plain(value)}" for key, value in labels.items())


def _headlines(title: str, metrics: Sequence[Metric]) -> Table:
    scopes = {metric.scope for metric in metrics if metric.ci95}
    note = "Intervals are within-run only: one cluster was built." if scopes == {"within-run only"} else ""
    header = ("metric", "value", "95 % interval", "measured", "failed", "instances")
    return Table(title, header, tuple(_spread_row(metric) for metric in metrics), note=note)


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
    """Metrics (and modes) as rows and their other labels as columns, or one row a record if there are many."""
    columns = list(dict.fromkeys(words_of(_without_mode(entry.labels)) for entry in metrics))
    title = "By " + " and ".join(shape).replace("_", " ")
    if len(columns) > WIDEST:
        rows = tuple((words_of(entry.labels), *_spread_row(entry)) for entry in metrics)
        header = ("labels", "metric", "value", "95 % interval", "measured", "failed", "instances")
        return Table(title, header, rows, text_columns=2)
    modal = "mode" in shape
    heads = dict.fromkeys((entry.name, str(entry.labels.get("mode", ""))) for entry in metrics)
    known = {
        (entry.name, str(entry.labels.get("mode", "")), words_of(_without_mode(entry.labels))): entry
        for entry in metrics
    }
    rows = tuple(
        (*(head if modal else head[:1]), *(_cell(known.get((*head, column))) for column in columns))
        for head in heads
    )
    header = ("metric", *(("mode",) if modal else ()), *(column or "value" for column in columns))
    return Table(title, header, rows, text_columns=2 if modal else 1)


def _without_mode(labels: Mapping[str, Label]) -> dict[str, Label]:
    return {key: value for key, value in labels.items() if key != "mode"}


def _cell(metric: Metric | None) -> str:
    if metric is None:
        return ""
    failed = f" ({metric.failed} of {metric.attempts} failed)" if metric.failed else ""
    return quantity(metric.value, metric.unit) + failed


def _modes(run: Run) -> list[str]:
    """The modes of the counters, in the order in which the plots name them."""
    named = [
        entry.name for figure in run.figures if isinstance(figure, (Ecdf, Growth)) for entry in figure.series
    ]
    found = list(dict.fromkeys(str(entry.labels.get("mode", "")) for entry in run.counters))
    return sorted(found, key=lambda mode: named.index(mode) if mode in named else len(named))


def _counter_table(
    title: str, keys: tuple[str, ...], counters: Sequence[Counter], modes: Sequence[str]
) -> Table:
    """Rows by the labels ``keys`` (``"counter"`` is the name), columns by those of ``modes`` that occur."""
    known = {(_row_of(entry, keys), str(entry.labels.get("mode", ""))): entry for entry in counters}
    used = [mode for mode in modes if any(mode == key[1] for key in known)]
    rows = tuple(
        (*row, *(_amount(known.get((row, mode))) for mode in used))
        for row in dict.fromkeys(key[0] for key in known)
    )
    header = (*(key.replace("_", " ") for key in keys), *(mode or "a change" for mode in used))
    return Table(title, header, rows, text_columns=len(keys))


def _row_of(counter: Counter, keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(counter.name if key == "counter" else _plain(counter.labels.get(key, "")) for key in keys)


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
