"""Which drawing belongs to which type of figure; a new type is one more line here."""

from __future__ import annotations

import matplotlib as mpl

from reports.drawing.canvas import STYLE, Drawing, Palette
from reports.drawing.comparison import bars, heatmap
from reports.drawing.composition import composition
from reports.drawing.distribution import distribution
from reports.drawing.scaling import scaling
from testbed.results import Bars, Ecdf, Figure, Growth, Heatmap, Stack


def draw(figure: Figure, palette: Palette) -> Drawing:
    """``figure`` drawn by its type, in the colours that ``palette`` gave to the same names before.

    Its ``svg`` is empty if nothing was measured.
    """
    if not _has_values(figure):
        return Drawing(svg="", alt=f"{figure.title}. Nothing was measured.", header=(), rows=())
    with mpl.rc_context(STYLE):
        return _draw(figure, palette)


def _has_values(figure: Figure) -> bool:
    match figure:
        case Ecdf():
            return any(series.values for series in figure.series)
        case Growth():
            return any(series.points for series in figure.series)
        case Stack():
            return any(part.value for bar in figure.bars for part in bar.parts)
        case Heatmap():
            return any(value is not None for row in figure.values for value in row)
        case Bars():
            return any(series.bars for series in figure.series)


def _draw(figure: Figure, palette: Palette) -> Drawing:
    match figure:
        case Ecdf():
            return distribution(figure, palette)
        case Growth():
            return scaling(figure, palette)
        case Stack():
            return composition(figure, palette)
        case Heatmap():
            return heatmap(figure, palette)
        case Bars():
            return bars(figure, palette)
