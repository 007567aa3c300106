"""How a figure grows with the size of the cluster: two logarithmic axes, on which a power law is a line."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from reports.drawing.canvas import (
    DASHES,
    INK,
    MARKERS,
    MUTED,
    Drawing,
    Palette,
    legend,
    logarithmic,
    sheet,
    svg_of,
)
from reports.numbers import number, quantity, span
from reports.references import Reference, about
from testbed.results import Growth, GrowthPoint, GrowthSeries, PowerLaw


def scaling(figure: Growth, palette: Palette) -> Drawing:
    """Medians with their spread at each size; dashed, the power law through them."""
    drawn = [entry for entry in figure.series if entry.points]
    references = about(figure.references, figure.unit)
    paper, axes = sheet(3.7)
    _limits(axes, drawn, references)
    for entry in drawn:
        _line(axes, entry, palette)
    _mark(axes, references)
    axes.set_xlabel(figure.x_label)
    axes.set_ylabel(_wrapped(f"{figure.y_label} ({figure.unit})" if figure.unit else figure.y_label))
    legend(paper, axes, columns=1)
    alt = f"{figure.title}. " + "; ".join(_words(entry, figure) for entry in figure.series) + "."
    return Drawing(
        svg=svg_of(paper, alt, figure.title),
        alt=alt,
        header=("", figure.x_label, "median", figure.spread, "n"),
        rows=tuple(
            (
                entry.name,
                number(point.x),
                quantity(point.y, figure.unit),
                _spread(point, figure.unit),
                str(point.n),
            )
            for entry in figure.series
            for point in entry.points
        ),
    )


def _limits(axes: Axes, drawn: Sequence[GrowthSeries], references: Sequence[Reference]) -> None:
    points = [point for entry in drawn for point in entry.points]
    sizes = [point.x for point in points if point.x > 0]
    heights = [value for point in points for value in (point.y, point.low, point.high) if value and value > 0]
    heights += [entry.value for entry in references]
    if sizes:
        margin = max((max(sizes) / min(sizes)) ** 0.06, 1.1)
        logarithmic(axes, "x", min(sizes) / margin, max(sizes) * margin, at=sizes)
    if heights:
        logarithmic(axes, "y", min(heights) / 1.5, max(heights) * 1.5)


def _line(axes: Axes, entry: GrowthSeries, palette: Palette) -> None:
    colour = palette.colour(entry.name)
    place = palette.series(entry.name)
    x = np.array([point.x for point in entry.points])
    y = np.array([point.y for point in entry.points])
    low = np.array([point.y if point.low is None else point.low for point in entry.points])
    high = np.array([point.y if point.high is None else point.high for point in entry.points])
    axes.errorbar(
        x,
        y,
        yerr=np.array([np.maximum(y - low, 0), np.maximum(high - y, 0)]),
        color=colour,
        marker=MARKERS[place % len(MARKERS)],
        markersize=6,
        linestyle="none",
        elinewidth=1.6,
        capsize=3.5,
    )
    axes.plot(
        [],
        [],
        color=colour,
        marker=MARKERS[place % len(MARKERS)],
        markersize=6,
        linestyle=DASHES[place % len(DASHES)],
        label=f"{entry.name}{_law(entry.fit)}",
    )
    if entry.fit is not None:
        ends = np.array(axes.get_xlim())
        axes.plot(
            ends,
            entry.fit.factor * ends**entry.fit.exponent,
            color=colour,
            linewidth=1.2,
            linestyle=DASHES[place % len(DASHES)],
            alpha=0.75,
        )
    elif len(x) > 1:
        axes.plot(x, y, color=colour, linewidth=1.2, alpha=0.75)


def _mark(axes: Axes, references: Sequence[Reference]) -> None:
    """Others' figures as lines across, labelled in the margin on the right, where no curve passes."""
    low, high = axes.get_ylim()
    heights = _apart([math.log(entry.place / low) / math.log(high / low) for entry in references])
    for entry, height in zip(references, heights, strict=True):
        if entry.high is not None:
            axes.axhspan(entry.value, entry.high, color=MUTED, alpha=0.15, linewidth=0)
        axes.axhline(entry.place, color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)))
        axes.annotate(
            entry.label.replace(": ", ":\n", 1),
            (1, height),
            xycoords="axes fraction",
            xytext=(6, 0),
            textcoords="offset points",
            ha="left",
            va="center",
            color=INK,
            fontsize=8.5,
            style="italic",
            annotation_clip=False,
        )


def _apart(heights: Sequence[float], least: float = 0.12) -> list[float]:
    """``heights`` (ascending shares of the axis), pushed up where two labels would touch."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + least) if placed else height)
    return placed


def _wrapped(label: str) -> str:
    """A label along the short side, in lines that fit it."""
    return "\n".join(textwrap.wrap(label, 34))


def _law(fit: PowerLaw | None) -> str:
    if fit is None:
        return ""
    interval = f" (95 %: {fit.ci95[0]:.2f} to {fit.ci95[1]:.2f})" if fit.ci95 else ""
    return f": grows as size to the power {fit.exponent:.2f}{interval}"


def _spread(point: GrowthPoint, unit: str) -> str:
    return span((point.low, point.high), unit) if point.low is not None and point.high is not None else ""


def _words(entry: GrowthSeries, figure: Growth) -> str:
    if not entry.points:
        return f"{entry.name}: nothing measured"
    first, last = entry.points[0], entry.points[-1]
    return (
        f"{entry.name}: {quantity(first.y, figure.unit)} at {number(first.x)}, "
        f"{quantity(last.y, figure.unit)} at {number(last.x)}{_law(entry.fit)}"
    )
