"""The common ground of all plots: size, type, grid, and colours that the page decides.

Matplotlib writes fixed colours. It is given stand-ins, and what it wrote is made to refer to the page's CSS variables,
so that one SVG is right in light, in dark and in print. Text stays text: small, searchable, read aloud.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullFormatter, NullLocator

from reports.numbers import number

WIDTH = 7.6
"""Inches; the page scales it to its column."""

INK, MUTED, GRID, PAPER = "#010101", "#010102", "#010103", "#010104"
_VARIABLES = {INK: "--ink", MUTED: "--muted", GRID: "--grid", PAPER: "--paper"}
_SERIES = tuple(f"#0102{index:02x}" for index in range(1, 7))
_PARTS = tuple(f"#0103{index:02x}" for index in range(1, 11))
_VARIABLES |= {colour: f"--series-{index}" for index, colour in enumerate(_SERIES, 1)}
_VARIABLES |= {colour: f"--part-{index}" for index, colour in enumerate(_PARTS, 1)}

MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)), "-", "-")

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": "none",
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
}


@dataclass(frozen=True)
class Drawing:
    """A plot as a page takes it: ``svg`` (an element), ``alt`` (the same in words), its numbers as a table."""

    svg: str
    alt: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass
class Palette:
    """One colour, marker and dash for each name, the same in all plots of a page."""

    _series: list[str] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)

    def series(self, name: str) -> int:
        """The place of a series among all that were asked for."""
        return _place(self._series, name)

    def colour(self, name: str) -> str:
        """The colour of a series."""
        return _SERIES[self.series(name) % len(_SERIES)]

    def part(self, name: str) -> str:
        """The colour of a part of a whole."""
        return _PARTS[_place(self._parts, name) % len(_PARTS)]


def _place(names: list[str], name: str) -> int:
    if name not in names:
        names.append(name)
    return names.index(name)


def sheet(height: float) -> tuple[Sheet, Axes]:
    """An empty plot ``height`` inches high, with a grid behind; to be drawn on in the context of ``STYLE``."""
    paper = Sheet(figsize=(WIDTH, height), layout="constrained")
    axes = paper.add_subplot()
    axes.grid(color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(length=3, width=0.8)
    return paper, axes


def legend(paper: Sheet, axes: Axes, columns: int = 2) -> None:
    """The legend under the plot, where it covers nothing."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        paper.legend(
            handles, labels, loc="outside lower left", ncols=columns, handlelength=2.4, columnspacing=2.4
        )


def logarithmic(axes: Axes, which: str, low: float, high: float, at: Sequence[float] = ()) -> None:
    """Make an axis logarithmic from ``low`` to ``high``, with plain numbers at 1, 2, 5 steps or at those of ``at``."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    if which == "x":
        axes.set_xscale("log")
        axes.set_xlim(low, high)
    else:
        axes.set_yscale("log")
        axes.set_ylim(low, high)
    ticks = _apart(at, low, high) if at else steps(low, high)
    axis.set_major_locator(FixedLocator(list(ticks)))
    axis.set_major_formatter(FixedFormatter([number(tick) for tick in ticks]))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def steps(low: float, high: float) -> list[float]:
    """Round numbers for a logarithmic axis: 1, 2, 5 of each decade; fewer if it spans many, more if it spans less."""
    decades = math.log10(high / low)
    leading = (1, 2, 5) if decades < 2.6 else (1, 3) if decades < 4 else (1,)
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [digit * 10.0**exponent for exponent in exponents for digit in leading]
    within = [tick for tick in found if low * 0.999 <= tick <= high * 1.001]
    if len(within) < 3:
        within = [float(tick) for tick in MaxNLocator(nbins=5).tick_values(low, high) if low <= tick <= high]
    return within


def _apart(ticks: Iterable[float], low: float, high: float, least: float = 0.07) -> list[float]:
    """Those of ``ticks`` whose labels do not touch: each at least a share ``least`` of the axis from the last."""
    kept: list[float] = []
    for tick in sorted(set(ticks)):
        if not kept or math.log(tick / kept[-1]) >= least * math.log(high / low):
            kept.append(tick)
    return kept


def svg_of(paper: Sheet, alt: str, salt: str) -> str:
    """The SVG element of ``paper``, coloured by the page; ``salt`` keeps its ids apart from other plots'."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": salt}):
        paper.savefig(
            buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r' id="[a-zA-Z0-9.]+_\d+"', "", text)
    text = re.sub(r"#0[0-9a-f]{5}\b", _variable, text)
    text = re.sub(r'font: ([\d.]+)px [^;"]*', r"font-size: \1px", text)
    text = re.sub(r"\n\s*", "\n", text)
    opening = re.compile(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>')
    return opening.sub(
        lambda found: f'<svg viewBox="{found[1]}" role="img" aria-label="{_attribute(alt)}">', text, count=1
    )


def _variable(found: re.Match[str]) -> str:
    name = _VARIABLES.get(found[0])
    return f"var({name})" if name else found[0]


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
