"""A comparison in the terminal and as Markdown: the page draws the same tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from reports.comparison_tables import tables
from reports.comparison_words import headline, notes, title
from reports.markdown import markdown_table
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
    """It as a section of a Markdown document."""
    blocks = [f"## {title(comparison)}", f"**{headline(comparison)}**"]
    for table in tables(comparison):
        blocks += markdown_table(table)
    return "\n\n".join([*blocks, *notes(comparison)]) + "\n"
