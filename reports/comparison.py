"""A comparison as people read it: what became worse comes first, then what was judged, then exact work."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from analysis.comparison import Comparison, CounterChange, MetricChange
from reports.markdown import markdown_table
from reports.numbers import number, quantity, span
from reports.table import Table, words_of
from reports.terminal import rich_table

NOTE = (
    "A ratio is the newer figure over the older one, with its 95 % interval over instances and samples. Judged are the "
    "headline figures together, so that equal builds raise an alarm in at most {level:.0%} of comparisons: a verdict "
    "takes more than an interval that leaves out 1, and a change of at least {least:.0%}. These samples show "
    "a change from the size stated on, with a chance of 80 %; needs says how many instances a side would settle the "
    "change that was seen (or {least:.0%}, if that is more)."
)
MOST_NAMED = 4
ONE = "One cluster was built on a side: times give no verdict, counters do. `--repeat 3` or more builds several."


def headline(comparison: Comparison) -> str:
    """The result in a sentence."""
    worse = comparison.regressions
    if worse:
        named = list(dict.fromkeys(_told(entry) for entry in worse))
        more = f", and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
        return f"{len(worse)} became worse: {', '.join(named[:MOST_NAMED])}{more}."
    if not comparison.judged:
        return "No time could be judged."
    return f"Nothing became worse beyond noise ({comparison.judged} figures judged)."


def tables(comparison: Comparison) -> tuple[Table, ...]:
    """The tables of a comparison: judged metrics, and the counters that differ."""
    return (_metrics(comparison), _stages(comparison.metrics), _counters(comparison.counters))


def notes(comparison: Comparison) -> tuple[str, ...]:
    """What must be known to read it."""
    found = [f"In spite of a difference: {entry}." for entry in comparison.obstacles]
    if any(entry.verdict == "within-run only" for entry in comparison.metrics):
        found.append(ONE)
    return (*found, NOTE.format(level=comparison.level, least=comparison.least))


def title(comparison: Comparison) -> str:
    """Which two sides."""
    before, after = comparison.releases
    if comparison.baseline == comparison.run:
        return f"{after} against {before}"
    return f"{comparison.run} ({after}) against {comparison.baseline} ({before})"


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print it to ``console``."""
    console.print(Text(f"\n{title(comparison)}", style="bold"))
    console.print(Text(headline(comparison), style="red" if comparison.regressions else ""))
    for table in tables(comparison):
        if table:
            console.print(Padding(rich_table(table), (1, 0, 0, 0)))
    for note in notes(comparison):
        console.print(Text(note, style="dim"))


def comparison_markdown(comparison: Comparison) -> str:
    """It as a section of a Markdown document."""
    blocks = [f"## {title(comparison)}", f"**{headline(comparison)}**"]
    for table in tables(comparison):
        blocks += markdown_table(table) if table else []
    return "\n\n".join([*blocks, *notes(comparison)]) + "\n"


def _metrics(comparison: Comparison) -> Table:
    shown = [
        entry
        for entry in comparison.metrics
        if entry.verdict in ("worse", "lost", "better")
        or (not entry.labels and (entry.verdict != "not judged" or entry.ci95 is not None))
    ]
    rows = tuple(_metric(entry) for entry in shown)
    header = ("metric", "verdict", "before", "after", "ratio", "95 % interval", "shows from", "needs")
    failed = [
        f"{_name(entry)}: {entry.failed[0]}, then {entry.failed[1]}" for entry in shown if any(entry.failed)
    ]
    note = f"Attempts that failed: {'; '.join(failed)}." if failed else ""
    return Table("Figures", header, rows, text_columns=2, note=note)


def _metric(entry: MetricChange) -> tuple[str, ...]:
    return (
        _name(entry),
        entry.verdict,
        quantity(entry.before, entry.unit),
        quantity(entry.after, entry.unit),
        number(entry.ratio),
        span(entry.ci95),
        _smallest(entry.smallest),
        "" if entry.smallest is None else number(entry.repeats) if entry.repeats else "over 100",
    )


def _smallest(change: float | None) -> str:
    """A relative change; one that is no use to know exactly is only called so."""
    if change is None:
        return ""
    return f"+{change:.0%}" if change < 10 else "over tenfold"


def _stages(metrics: Sequence[MetricChange]) -> Table:
    rows = tuple(
        (
            _name(entry),
            entry.stage.name,
            quantity(entry.stage.before, entry.stage.unit),
            quantity(entry.stage.after, entry.stage.unit),
            f"{entry.stage.share:.0%}",
        )
        for entry in metrics
        if entry.stage is not None
    )
    header = ("metric", "stage that grew most", "mean before", "mean after", "of all that grew")
    return Table("Where it went", header, rows, text_columns=2)


def _counters(counters: Sequence[CounterChange]) -> Table:
    rows = tuple(
        (_name(entry), entry.verdict, number(entry.before), number(entry.after))
        for entry in counters
        if entry.verdict not in ("equal", "varies")
    )
    equal = sum(entry.verdict == "equal" for entry in counters)
    note = f"{equal} others are equal, {len(counters) - equal - len(rows)} vary from change to change."
    return Table("Work a change that differs", ("counter", "verdict", "before", "after"), rows, 2, note)


def _name(entry: MetricChange | CounterChange) -> str:
    return f"{entry.name} ({words_of(entry.labels)})" if entry.labels else entry.name


def _told(entry: MetricChange | CounterChange) -> str:
    stage = entry.stage if isinstance(entry, MetricChange) else None
    return _name(entry) + (f" (in stage {stage.name})" if stage else "")
