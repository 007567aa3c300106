"""A run in the terminal: the answer, the headline figures, the verdicts."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from reports import tables, words
from reports.numbers import duration
from reports.table import Table
from testbed.results import Run

_COLOURS = {
    **dict.fromkeys(("met", "valid", "better", "less"), "green"),
    **dict.fromkeys(("failed", "not measured", "invalid", "worse", "lost"), "red"),
    "more": "yellow",
}


def print_run(run: Run, console: Console) -> None:
    """Print the run to ``console``; what the run says is text, never markup."""
    console.print(Text(words.answer(run), style="bold"))
    console.print(Text(_line(run), style="dim"))
    if run.status != "complete":
        console.print(Text(words.status(run), style="red"))
    for table in (tables.headlines(run), *tables.sizes(run), _verdicts(run)):
        if table:
            console.print(Padding(rich_table(table), (1, 0, 0, 0)))
            if table.note:
                console.print(Text(table.note, style="dim"))
    _doubts(run, console)


def _line(run: Run) -> str:
    releases = ", ".join(f"OVN {release.ovn} ({release.name})" for release in run.releases)
    took = duration(run.duration_s) if run.duration_s else ""
    return " · ".join(filter(None, (run.scenario, run.profile, releases, took, run.id)))


def _doubts(run: Run, console: Console) -> None:
    colour = _COLOURS.get(run.validity.verdict, "yellow")
    console.print(Text.assemble("\nvalidity: ", (run.validity.verdict, colour)))
    for reason in run.validity.reasons:
        console.print(Text(f"  {reason}", style=colour))
    for release in run.releases:
        for defect in release.defects:
            console.print(Text(f"known fault of {release.name}: {defect}", style="yellow"))
    for warning in run.warnings:
        console.print(Text(warning, style="yellow"))


def _verdicts(run: Run) -> Table:
    found = tables.expectations(run)
    return Table(found.title, found.header[:3], tuple(row[:3] for row in found.rows), text_columns=2)


def rich_table(table: Table) -> RichTable:
    """A table as the terminal draws it."""
    drawn = RichTable(
        title=Text(table.title) if table.title else None,
        title_justify="left",
        show_header=any(table.header),
        box=None,
        padding=(0, 2, 0, 0),
        pad_edge=False,
    )
    for place, name in enumerate(table.header):
        is_text = place < table.text_columns
        drawn.add_column(
            Text(name.replace(", ", ",\n")),
            justify="left" if is_text else "right",
            header_style="dim",
            overflow="fold",
            no_wrap=not is_text,
        )
    for row in table.rows:
        drawn.add_row(*(Text(cell, style=_COLOURS.get(cell, "")) for cell in row))
    return drawn
