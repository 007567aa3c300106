"""A run on one screen of Markdown, for a pull request's comment or the summary of a CI job.

The long form, with every rung and counter, is ``testbed report --format markdown``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports import tables, words
from reports.numbers import duration
from reports.table import Table
from testbed.results import Run

_MARKS = {"met": "\N{WHITE HEAVY CHECK MARK}", "failed": "\N{CROSS MARK}", "not measured": "\N{CROSS MARK}"}


def render(runs: Sequence[Run]) -> str:
    """One document of all ``runs``."""
    return "\n\n".join(block for run in runs for block in _blocks(run)) + "\n"


def _blocks(run: Run) -> Iterator[str]:
    yield f"### {_plain(' '.join(filter(None, (run.scenario, run.profile))))}: {words.verdict(run)}"
    yield f"**{_plain(words.answer(run))}**"
    if run.status != "complete":
        yield _plain(words.status(run))
    if run.validity.verdict != "valid":
        reasons = "; ".join(run.validity.reasons)
        yield f"Validity: **{run.validity.verdict}**" + (f" ({_plain(reasons)})" if reasons else "")
    for release in run.releases:
        for defect in release.defects:
            yield f"Known fault of {_plain(release.name)}: {_plain(defect)}"
    for table in (_verdicts(run), tables.headlines(run)):
        if table:
            yield _table(table)
            if table.note:
                yield table.note
    releases = ", ".join(f"OVN {release.ovn}, OVS {release.ovs}" for release in run.releases)
    facts = (
        f"run `{run.id}`",
        _plain(releases),
        duration(run.duration_s),
        f"machine `{run.host.fingerprint}`",
    )
    yield " · ".join(filter(None, facts))


def _verdicts(run: Run) -> Table:
    found = tables.expectations(run)
    rows = tuple((_MARKS[row[0]], f"{row[1]} ({row[0]})", row[2]) for row in found.rows)
    return Table("", ("", "expectation", "found"), rows, text_columns=2)


def _table(table: Table) -> str:
    aligned = [":--" if place < table.text_columns else "--:" for place in range(len(table.header))]
    cells = [[_plain(cell) for cell in line] for line in (table.header, *table.rows)]
    cells.insert(1, aligned)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, also inside a table."""
    for special in "\\|*`<":
        text = text.replace(special, "\\" + special)
    return " ".join(text.split())
