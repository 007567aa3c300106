"""Where the time goes: wholes and their parts, as shares, so that a whole of 20 ms is seen as well as one of 2 s."""

from __future__ import annotations

from matplotlib.axes import Axes

from reports.drawing.canvas import PAPER, Drawing, Palette, legend, sheet, svg_of
from reports.numbers import quantity
from testbed.results import Stack, StackBar


def composition(figure: Stack, palette: Palette) -> Drawing:
    """A bar for each whole, all of one length, its parts in order; each part's own figure stands in it if it fits."""
    names = list(dict.fromkeys(part.name for bar in figure.bars for part in bar.parts))
    columns = 3
    paper, axes = sheet(0.9 + 0.62 * len(figure.bars) + 0.2 * -(-len(names) // columns))
    axes.grid(visible=False)
    labelled: set[str] = set()
    for row, bar in enumerate(figure.bars):
        _bar(axes, row, bar, figure.unit, palette, labelled)
    axes.set_yticks(range(len(figure.bars)), [_name(bar, figure.unit) for bar in figure.bars])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 25, 50, 75, 100], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.set_xlabel(f"{figure.x_label}, share of the whole")
    legend(paper, axes, columns)
    alt = f"{figure.title}. " + "; ".join(_words(bar, figure.unit) for bar in figure.bars) + "."
    return Drawing(
        svg=svg_of(paper, alt, figure.title),
        alt=alt,
        header=("", *(bar.name for bar in figure.bars)),
        rows=tuple((name, *(_cell(bar, name, figure.unit) for bar in figure.bars)) for name in names),
    )


def _bar(axes: Axes, row: int, bar: StackBar, unit: str, palette: Palette, labelled: set[str]) -> None:
    total = sum(part.value for part in bar.parts)
    left = 0.0
    for part in bar.parts:
        share = 100 * part.value / total if total else 0.0
        label = None if part.name in labelled else part.name.replace("_", " ")
        labelled.add(part.name)
        axes.barh(
            row,
            share,
            left=left,
            height=0.62,
            color=palette.part(part.name),
            edgecolor=PAPER,
            linewidth=1,
            label=label,
        )
        if share >= 8:
            axes.text(
                left + share / 2,
                row,
                quantity(part.value, unit),
                ha="center",
                va="center",
                color=PAPER,
                fontsize=8.5,
            )
        left += share


def _name(bar: StackBar, unit: str) -> str:
    return f"{bar.name}\n{quantity(sum(part.value for part in bar.parts), unit)}"


def _words(bar: StackBar, unit: str) -> str:
    return f"{bar.name}: " + ", ".join(f"{part.name} {quantity(part.value, unit)}" for part in bar.parts)


def _cell(bar: StackBar, name: str, unit: str) -> str:
    return next((quantity(part.value, unit) for part in bar.parts if part.name == name), "")
