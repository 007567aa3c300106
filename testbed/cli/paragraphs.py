"""Docstrings as help: their paragraphs are broken for the source, and a terminal breaks them for its own width."""

from __future__ import annotations


def flowing(text: str) -> str:
    """``text`` with every paragraph on a line; what is indented stays as it is."""
    lines: list[str] = []
    for line in text.splitlines():
        if lines and line and lines[-1] and not line.startswith(" ") and not lines[-1].startswith(" "):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return "\n".join(lines)
