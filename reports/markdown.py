"""Runs as Markdown: the tables that stand in the documentation, each with the id of the run that it comes from."""

from __future__ import annotations

from collections.abc import Sequence

from reports import tables, words
from reports.comparison import comparison_blocks
from reports.markdown_parts import escape, table_blocks
from reports.numbers import duration
from testbed.results import Run, RunDirectory


def render_markdown(directories: Sequence[RunDirectory]) -> str:
    """One document of the runs in ``directories``, in their order. Raises ``UnreadableRun``."""
    runs = [directory.run() for directory in directories]
    blocks = [
        "# Results",
        "Written by `testbed report --format markdown` from the runs named below; do not edit.",
    ]
    for directory, run in zip(directories, runs, strict=True):
        blocks += _of_run(run, _side_by_side(directory) if len(run.releases) > 1 else [])
    if references := tables.references(runs):
        blocks += ["## Others' figures", words.REFERENCED, *table_blocks(references)]
    blocks += ["## How figures are made", words.STATISTICS, "## What these figures are not", words.NOT]
    return "\n\n".join(blocks) + "\n"


def _side_by_side(directory: RunDirectory) -> list[str]:
    from analysis.comparison import side_by_side  # needs scipy.stats, which takes a second to load

    return [block for found in side_by_side(directory) for block in comparison_blocks(found)]


def _of_run(run: Run, compared: Sequence[str]) -> list[str]:
    releases = ", ".join(
        f"OVN {release.ovn}, OVS {release.ovs} ({escape(release.name)})" for release in run.releases
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
    blocks = [f"## {heading}", f"**{escape(words.answer(run))}**", " · ".join(filter(None, facts))]
    if run.status != "complete":
        blocks.append(f"**Not complete.** {escape(words.status(run))}")
    blocks += [_list("Doubts about the run:", run.validity.reasons)] if run.validity.reasons else []
    for release in run.releases:
        if release.defects:
            blocks.append(
                _list(f"Known faults of {escape(release.name)} that bear on these figures:", release.defects)
            )
    blocks += compared
    every = (
        tables.headlines(run),
        *tables.ladders(run),
        *tables.processor(run),
        *tables.counters(run),
        tables.expectations(run),
        tables.machine(run),
    )
    for table in every:
        blocks += table_blocks(table) if table else []
    return [*blocks, f"Again: `{words.again(run)}`"]


def _list(title: str, entries: Sequence[str]) -> str:
    return "\n".join([title, "", *(f"- {escape(entry)}" for entry in entries)])
