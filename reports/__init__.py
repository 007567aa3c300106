"""Runs as people read them: a page, Markdown, a table in the terminal. Knows runs, never a cluster or a scenario."""

from reports.comparison import comparison_markdown, print_comparison
from reports.markdown import render_markdown
from reports.page import figures_html, render_html
from reports.terminal import print_run

__all__ = [
    "comparison_markdown",
    "figures_html",
    "print_comparison",
    "print_run",
    "render_html",
    "render_markdown",
]
