"""The report of a run: one HTML file that needs nothing else, neither a network nor the scenario's code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports import comparison_tables, comparison_words, tables, words
from reports.drawing import Drawing, Palette, draw
from reports.numbers import duration
from reports.table import Table
from testbed.results import Figure, Run, RunDirectory

_TEMPLATES = Environment(
    loader=PackageLoader("reports", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Plot:
    """A figure of the run with its drawing."""

    figure: Figure
    drawing: Drawing


def render_html(directory: RunDirectory) -> str:
    """The page of the run in ``directory``. Raises ``UnreadableRun``."""
    run = directory.run()
    return _TEMPLATES.get_template("run.html.j2").render(
        run=run,
        words=words,
        plots=plots(run),
        comparisons=comparisons(directory),
        headlines=tables.headlines(run),
        ladders=tables.ladders(run),
        processor_headlines=tables.processor_headlines(run),
        processor=tables.processor(run),
        counters=tables.counters(run),
        expectations=tables.expectations(run),
        daemons=tables.daemons_by_release(run, directory.resources()),
        releases=tables.releases(run),
        references=tables.references((run,)),
        machine=tables.machine(run),
        params=tables.params(run),
        duration=duration,
    )


@dataclass(frozen=True)
class Compared:
    """Two releases of the run: which, what became of it in a sentence, its tables and what must be known of them."""

    title: str
    headline: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


def comparisons(directory: RunDirectory) -> tuple[Compared, ...]:
    """Each further release of the run against the first; none if there is one."""
    from analysis.comparison import side_by_side  # needs scipy.stats, which takes a second to load

    return tuple(
        Compared(
            title=comparison_words.title(entry),
            headline=comparison_words.headline(entry),
            tables=comparison_tables.tables(entry),
            notes=comparison_words.notes(entry),
        )
        for entry in side_by_side(directory)
    )


def figures_html(run: Run) -> str:
    """The run's figures alone, with the colours of its page: a piece of HTML for a notebook."""
    page = _TEMPLATES.from_string('{% include "page.css" %}').render()
    colours = re.findall(r"--[\w-]+: #\w+;", page.partition("@media")[0])
    drawn = "".join(f"<h3>{escape(plot.figure.title)}</h3>{plot.drawing.svg}" for plot in plots(run))
    return f'<div style="{" ".join(colours)} background: var(--paper); max-width: 46em">{drawn}</div>'


def plots(run: Run) -> tuple[Plot, ...]:
    """Every figure of the run, drawn by its type in colours that stay with a name."""
    palette = Palette()
    return tuple(Plot(figure, draw(figure, palette)) for figure in run.figures)
