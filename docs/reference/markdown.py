"""The two shapes that reference pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells may hold Markdown, in which only the bars between columns are escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(text) for text in line) + " |" for line in lines)


def code(text: str) -> str:
    """``text`` as code within a line; nothing for nothing."""
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    """Outside code (between backticks) a ``<`` would begin a tag; within it, it stands for itself."""
    parts = " ".join(text.split()).replace("|", "\\|").split("`")
    return "`".join(part if place % 2 else part.replace("<", "&lt;") for place, part in enumerate(parts))
