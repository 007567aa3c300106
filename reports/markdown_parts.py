"""The pieces of a Markdown document: a table, and text that Markdown shows as it is."""

from __future__ import annotations

from reports.table import Table


def table_blocks(table: Table) -> list[str]:
    """A table with its title and its note, as blocks."""
    title = [f"### {escape(table.title)}"] if table.title else []
    return [*title, table_text(table), *([table.note] if table.note else [])]


def table_text(table: Table) -> str:
    """The table alone."""
    aligned = [":--" if place < table.text_columns else "--:" for place in range(len(table.header))]
    lines = [table.header, aligned, *table.rows]
    return "\n".join("| " + " | ".join(escape(cell) for cell in line) + " |" for line in lines)


def escape(text: str) -> str:
    """Text that Markdown shows as it is, also inside a table."""
    for special in "\\|*`<":
        text = text.replace(special, "\\" + special)
    return " ".join(text.split())
