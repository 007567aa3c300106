"""Runs as Markdown: the tables that stand in the documentation, each with the id of the run that it comes from."""

from __future__ import annotations

from collections.abc import Sequence

from reports import tables, words
from reports.numbers import duration
from reports.table import Table
from testbed.results import Run, RunDirectory


def render_markdown(directories: Sequence[RunDirectory]) -> str:
    """One document of the runs in ``directories``, in their order. Raises ``UnreadableRun``."""
    runs = [directory.run() for directory in directories]
    blocks = [
        "# Results",
        "Written by `testbed report --format markdown` from the runs named below; do not edit.",
    ]
    for run in runs:
        blocks += _of_run(run)
    if references := tables.references(runs):
        blocks += ["## Others' figures", words.REFERENCED, *markdown_table(references)]
    blocks += ["## How figures are made", words.STATISTICS, "## What these figures are not", words.NOT]
    return "\n\n".join(blocks) + "\n"


def _of_run(run: Run) -> list[str]:
    releases = ", ".join(
        f"OVN {release.ovn}, OVS {release.ovs} ({_escape(release.name)})" for release in run.releases
    )
    facts = [
        f"run `{run.id}`",
        f"started {run.started}" if run.started else "",
        f"took {duration(run.duration_s)}" if run.duration_s else "",
        f"seed {run.seed}",
        f"validity: {run.validity.verdict}",
        words.verdict(run),
    ]
    heading = " · ".join(filter(None, (run.scenario, run.profile, releases)))
    blocks = [f"## {heading}", f"**{_escape(words.answer(run))}**", " · ".join(filter(None, facts))]
    if run.status != "complete":
        blocks.append(f"**Not complete.** {_escape(words.status(run))}")
    blocks += [_list("Doubts about the run:", run.validity.reasons)] if run.validity.reasons else []
    for release in run.releases:
        if release.defects:
            blocks.append(
                _list(f"Known faults of {_escape(release.name)} that bear on these figures:", release.defects)
            )
    every = (
        tables.headlines(run),
        *tables.ladders(run),
        *tables.processor(run),
        *tables.counters(run),
        tables.expectations(run),
        tables.machine(run),
    )
    for table in every:
        blocks += markdown_table(table) if table else []
    return [*blocks, f"Again: `{words.again(run)}`"]


def markdown_table(table: Table) -> list[str]:
    """A table as blocks of Markdown."""
    aligned = [":--" if place < table.text_columns else "--:" for place in range(len(table.header))]
    lines = [table.header, aligned, *table.rows]
    text = "\n".join("| " + " | ".join(_escape(cell) for cell in line) + " |" for line in lines)
    return [
        *([f"### {_escape(table.title)}"] if table.title else []),
        text,
        *([table.note] if table.note else []),
    ]


def _list(title: str, entries: Sequence[str]) -> str:
    return "\n".join([title, "", *(f"- {_escape(entry)}" for entry in entries)])


def _escape(text: str) -> str:
    """Text that Markdown shows as it is, also inside a table."""
    for special in "\\|*`<":
        text = text.replace(special, "\\" + special)
    return " ".join(text.split())
