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
    """``figure`` drawn by its type, in the colours that ``palette`` gave to the same names before."""
    with mpl.rc_context(STYLE):
        return _draw(figure, palette)


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
