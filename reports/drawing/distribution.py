"""Distributions: which share of the attempts took at most so long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from analysis.quantiles import middle, quantile
from reports.drawing.canvas import (
    DASHES,
    INK,
    MUTED,
    PAPER,
    Drawing,
    Palette,
    legend,
    logarithmic,
    sheet,
    svg_of,
)
from reports.numbers import number, quantity
from reports.references import Reference, about
from testbed.results import Ecdf, EcdfSeries


def distribution(figure: Ecdf, palette: Palette) -> Drawing:
    """Step curves; one that ends below 100 % is of a mode whose attempts failed."""
    drawn = [entry for entry in figure.series if entry.values]
    references = about(figure.references, figure.unit)
    paper, axes = sheet(3.5 + 0.19 * len(references))
    _limits(axes, figure, [*(value for entry in drawn for value in entry.values)], references)
    for entry in figure.series:
        _curve(axes, entry, figure.unit, palette)
    _mark(axes, references)
    axes.set_ylim(0, 1.015)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.set_ylabel("share of attempts")
    axes.set_xlabel(f"{figure.x_label} ({figure.unit})")
    legend(paper, axes, columns=1 if len(figure.series) > 2 else 2)
    alt = f"{figure.title}. " + "; ".join(_words(entry, figure.unit) for entry in figure.series) + "."
    return Drawing(
        svg=svg_of(paper, alt, figure.title),
        alt=alt,
        header=("", "attempts", "failed", "least", "25 %", "median", "75 %", "most"),
        rows=tuple(_row(entry, figure.unit) for entry in figure.series),
    )


def _limits(axes: Axes, figure: Ecdf, values: Sequence[float], references: Sequence[Reference]) -> None:
    everything = [*values, *(entry.value for entry in references), *(entry.high or 0 for entry in references)]
    seen = [value for value in everything if value > 0]
    if figure.log_x and seen and min(values, default=1) > 0:
        logarithmic(axes, "x", min(seen) / 1.3, max(seen) * 1.3)
    elif seen:
        axes.set_xlim(min(0, *values), max(seen) * 1.05)


def _curve(axes: Axes, entry: EcdfSeries, unit: str, palette: Palette) -> None:
    style: dict[str, Any] = {
        "color": palette.colour(entry.name),
        "linestyle": DASHES[palette.series(entry.name) % len(DASHES)],
        "linewidth": 2,
    }
    if not entry.values:
        axes.plot([], [], label=_words(entry, unit), **style)
        return
    ordered = np.sort(np.array(entry.values))
    attempts = len(ordered) + entry.failed
    shares = np.arange(1, len(ordered) + 1) / attempts
    failed = f", {entry.failed} failed" if entry.failed else ""
    axes.step(
        np.array([ordered[0], *ordered, axes.get_xlim()[1]]),
        np.array([0.0, *shares, shares[-1]]),
        where="post",
        **style,
        label=f"{entry.name}: median {quantity(middle(ordered), unit)}, {attempts} attempts{failed}",
    )


def _mark(axes: Axes, references: Sequence[Reference]) -> None:
    """Lines of others' figures, each labelled above the plot on a line of its own, so that no two labels touch."""
    low, high = axes.get_xlim()
    for row, entry in enumerate(references):
        height = 1.03 + 0.068 * (len(references) - 1 - row)
        if entry.high is not None:
            axes.axvspan(entry.value, entry.high, color=MUTED, alpha=0.15, linewidth=0)
        axes.plot(
            [entry.place] * 2,
            [0, height],
            color=MUTED,
            linewidth=0.9,
            linestyle=(0, (2, 2)),
            clip_on=False,
            transform=axes.get_xaxis_transform(),
        )
        middle_of_axis = (low * high) ** 0.5 if axes.get_xscale() == "log" else (low + high) / 2
        side = "right" if entry.place > middle_of_axis else "left"
        axes.annotate(
            entry.label,
            (entry.place, height),
            xycoords=axes.get_xaxis_transform(),
            xytext=(-4 if side == "right" else 4, 0),
            textcoords="offset points",
            ha=side,
            va="center",
            color=INK,
            fontsize=8.5,
            style="italic",
            annotation_clip=False,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5},
            zorder=5,
        )


def _words(entry: EcdfSeries, unit: str) -> str:
    attempts = len(entry.values) + entry.failed
    if not entry.values:
        return f"{entry.name}: none of {attempts} attempts gave a value"
    ordered = np.sort(np.array(entry.values))
    return (
        f"{entry.name}: {number(ordered[0])} to {quantity(float(ordered[-1]), unit)}, "
        f"median {quantity(middle(ordered), unit)}, {attempts} attempts, {entry.failed} failed"
    )


def _row(entry: EcdfSeries, unit: str) -> tuple[str, ...]:
    ordered = np.sort(np.array(entry.values))
    quartiles = (
        [quantile(ordered, 0.25), middle(ordered), quantile(ordered, 0.75)] if len(ordered) else [None] * 3
    )
    ends = [float(ordered[0]), float(ordered[-1])] if len(ordered) else [None] * 2
    figures = [quantity(value, unit) for value in (ends[0], *quartiles, ends[1])]
    return (entry.name, str(len(ordered) + entry.failed), str(entry.failed), *figures)
