"""A comparison in the terminal and as Markdown: the page draws the same tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from reports.comparison_tables import tables
from reports.comparison_words import headline, notes, title
from reports.markdown_parts import escape, table_blocks
from reports.table import Table
from reports.terminal import rich_table

if TYPE_CHECKING:
    from analysis.comparison import Comparison


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print it to ``console``."""
    console.print(Text(f"\n{title(comparison)}", style="bold"))
    console.print(Text(headline(comparison), style="red" if comparison.regressions else ""))
    for table in tables(comparison):
        console.print(Padding(rich_table(table), (1, 0, 0, 0)))
        if table.note:
            console.print(Text(table.note, style="dim"))
    for note in notes(comparison):
        console.print(Text(f"\n{note}", style="dim"))


def comparison_markdown(comparison: Comparison) -> str:
    """It as a Markdown document."""
    return "\n\n".join(comparison_blocks(comparison)) + "\n"


def comparison_blocks(comparison: Comparison) -> list[str]:
    """What a comparison says as blocks of Markdown, for a section of a run."""
    told = [block for table in tables(comparison) for block in _blocks(table)]
    return [f"### {escape(title(comparison))}", f"**{headline(comparison)}**", *told, *notes(comparison)]


def _blocks(table: Table) -> list[str]:
    """Markdown has no table without a header: what stands in words becomes a list."""
    if any(table.header):
        return table_blocks(table)
    return ["\n".join(f"- {escape(row[0])}: {', '.join(filter(None, row[1:]))}" for row in table.rows)]
