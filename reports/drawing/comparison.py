"""Single values side by side: bars with their intervals, and the grid of a heat map."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize

from reports.drawing.canvas import INK, Drawing, Palette, legend, logarithmic, sheet, svg_of
from reports.numbers import number, quantity, span
from testbed.results import Bar, Bars, BarSeries, Heatmap

_SHADES = LinearSegmentedColormap.from_list("shades", ["#e6f0f7", "#8fbbd9", "#2b6ca3", "#123a63"])


def bars(figure: Bars, palette: Palette) -> Drawing:
    """Horizontal bars, those of one name together, each with its value and its 95 % interval as a whisker."""
    names = list(dict.fromkeys(bar.name for entry in figure.series for bar in entry.bars))
    drawn = [entry for entry in figure.series if entry.bars]
    paper, axes = sheet(0.9 + 0.3 * len(names) * len(figure.series) + 0.25)
    axes.grid(visible=False, axis="y")
    thickness = 0.8 / max(len(figure.series), 1)
    values = [bar.value for entry in figure.series for bar in entry.bars]
    ends = [
        end for entry in figure.series for bar in entry.bars for end in (bar.ci95 or (bar.value, bar.value))
    ]
    positive = [end for end in ends if end > 0]
    if figure.log_x and len(positive) == len(ends) and ends:
        logarithmic(axes, "x", min(ends) / 2, max(ends) * 2)
    elif values:
        axes.set_xlim(min(0, *ends), max(0, *ends) * 1.15 or 1)
    for place, entry in enumerate(drawn):
        offset = (place - (len(figure.series) - 1) / 2) * thickness
        rows = [names.index(bar.name) + offset for bar in entry.bars]
        _draw(axes, entry, rows, 0.9 * thickness, figure, palette)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel(f"{figure.x_label} ({figure.unit})" if figure.unit else figure.x_label)
    legend(paper, axes, columns=3)
    told = (
        f"{entry.name}, {bar.name}: {quantity(bar.value, figure.unit)}"
        for entry in figure.series
        for bar in entry.bars
    )
    alt = f"{figure.title}. {'; '.join(told)}."
    return Drawing(
        svg=svg_of(paper, alt, figure.title),
        alt=alt,
        header=("", "", "value", "95 % interval"),
        rows=tuple(
            (bar.name, entry.name, quantity(bar.value, figure.unit), span(bar.ci95, figure.unit))
            for entry in figure.series
            for bar in entry.bars
        ),
    )


def _draw(
    axes: Axes,
    entry: BarSeries,
    rows: Sequence[float],
    height: float,
    figure: Bars,
    palette: Palette,
) -> None:
    """The bars of one series, each in its row, with what they amount to beside them."""
    below, above = zip(*(_whiskers(bar) for bar in entry.bars), strict=True)
    axes.barh(
        rows,
        [bar.value for bar in entry.bars],
        height=height,
        color=palette.colour(entry.name),
        label=entry.name if len(figure.series) > 1 else None,
        xerr=[below, above],
        error_kw={"ecolor": INK, "elinewidth": 1.1, "capsize": 2.5},
    )
    for row, bar in zip(rows, entry.bars, strict=True):
        axes.annotate(
            quantity(bar.value, figure.unit),
            (max(bar.value, *(bar.ci95 or (bar.value, bar.value))), row),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=INK,
        )


def _whiskers(bar: Bar) -> tuple[float, float]:
    """How far the interval reaches to either side; NaN, which is not drawn, without one."""
    if bar.ci95 is None:
        return math.nan, math.nan
    return max(bar.value - bar.ci95[0], 0), max(bar.ci95[1] - bar.value, 0)


def heatmap(figure: Heatmap, palette: Palette) -> Drawing:
    """A cell for each pair, darker for more, with its figure in it; a dash where nothing was measured."""
    paper, axes = sheet(1.0 + 0.42 * len(figure.rows))
    axes.grid(visible=False)
    known = [value for row in figure.values for value in row if value is not None]
    scale = Normalize(min(known, default=0), max(known, default=1) or 1)
    for y, row in enumerate(figure.values):
        for x, value in enumerate(row):
            shade = scale(value) if value is not None else 0.0
            colour = _SHADES(shade) if value is not None else "none"
            axes.barh(y, 1, left=x - 0.5, height=1, color=colour, edgecolor="none")
            text = INK if value is None else "#ffffff" if shade > 0.5 else "#111111"
            axes.text(x, y, number(value), ha="center", va="center", fontsize=8.5, color=text)
    axes.set_xlim(-0.5, len(figure.columns) - 0.5)
    axes.set_ylim(len(figure.rows) - 0.5, -0.5)
    axes.set_xticks(range(len(figure.columns)), figure.columns)
    axes.set_yticks(range(len(figure.rows)), figure.rows)
    axes.set_xlabel(f"{figure.x_label} (in the cells: {figure.unit})" if figure.unit else figure.x_label)
    axes.set_ylabel(figure.y_label)
    ends = (
        f"from {number(min(known))} to {quantity(max(known), figure.unit)}" if known else "nothing measured"
    )
    alt = f"{figure.title}. {figure.y_label} by {figure.x_label}: {ends}."
    return Drawing(
        svg=svg_of(paper, alt, figure.title),
        alt=alt,
        header=(f"{figure.y_label} \\ {figure.x_label}", *figure.columns),
        rows=tuple(
            (name, *(quantity(value, figure.unit) for value in row))
            for name, row in zip(figure.rows, figure.values, strict=True)
        ),
    )
