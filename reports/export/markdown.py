"""A run on one screen of Markdown, for a pull request's comment or the summary of a CI job.

The long form, with every rung and counter, is ``testbed report --format markdown``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports import tables, words
from reports.markdown_parts import escape, table_text
from reports.numbers import duration
from reports.table import Table
from testbed.results import Run

_MARKS = {"met": "\N{WHITE HEAVY CHECK MARK}", "failed": "\N{CROSS MARK}", "not measured": "\N{CROSS MARK}"}


def render(runs: Sequence[Run]) -> str:
    """One document of all ``runs``."""
    return "\n\n".join(block for run in runs for block in _blocks(run)) + "\n"


def _blocks(run: Run) -> Iterator[str]:
    yield f"### {escape(' '.join(filter(None, (run.scenario, run.profile))))}: {words.verdict(run)}"
    yield f"**{escape(words.answer(run))}**"
    if run.status != "complete":
        yield escape(words.status(run))
    if run.validity.verdict != "valid":
        reasons = "; ".join(run.validity.reasons)
        yield f"Validity: **{run.validity.verdict}**" + (f" ({escape(reasons)})" if reasons else "")
    for release in run.releases:
        for defect in release.defects:
            yield f"Known fault of {escape(release.name)}: {escape(defect)}"
    for table in (_verdicts(run), tables.headlines(run)):
        if table:
            yield table_text(table)
            if table.note:
                yield table.note
    releases = ", ".join(f"OVN {release.ovn}, OVS {release.ovs}" for release in run.releases)
    facts = (
        f"run `{run.id}`",
        escape(releases),
        duration(run.duration_s),
        f"machine `{run.host.fingerprint}`",
    )
    yield " · ".join(filter(None, facts))


def _verdicts(run: Run) -> Table:
    found = tables.expectations(run)
    rows = tuple((_MARKS[row[0]], f"{row[1]} ({row[0]})", row[2]) for row in found.rows)
    return Table("", ("", "expectation", "found"), rows, text_columns=2)
