"""Plots as data: a scenario says what is to be seen, reports draw it by type, and the run keeps both apart.

So a plot can be drawn anew in ten years from ``run.json`` alone, without the scenario's code.
"""

from __future__ import annotations

import msgspec


class _Figure(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every figure has.

    ``title`` says what is to be seen, ``caption`` how to read it; ``references`` names the topic of other people's
    published figures that may be drawn beside it (``reports.references``; none by default).
    """

    title: str
    caption: str = ""
    references: str = ""


class EcdfSeries(msgspec.Struct, frozen=True, kw_only=True):
    """One distribution: every value (in the figure's unit, any order), and how many attempts gave none."""

    name: str
    values: tuple[float, ...]
    failed: int = 0


class Ecdf(_Figure, frozen=True, kw_only=True, tag="ecdf"):
    """Empirical distributions: which share of attempts took at most x. Failed attempts keep a curve below 1."""

    x_label: str
    unit: str
    series: tuple[EcdfSeries, ...]
    log_x: bool = True


class PowerLaw(msgspec.Struct, frozen=True, kw_only=True):
    """``y = factor * x ** exponent``, with the exponent's 95 % interval if it could be estimated."""

    factor: float
    exponent: float
    ci95: tuple[float, float] | None = None


class GrowthPoint(msgspec.Struct, frozen=True, kw_only=True):
    """The median ``y`` at size ``x`` from ``n`` samples; ``low`` and ``high`` are the spread that is drawn."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    n: int = 1


class GrowthSeries(msgspec.Struct, frozen=True, kw_only=True):
    """How one mode grows with size."""

    name: str
    points: tuple[GrowthPoint, ...]
    fit: PowerLaw | None = None


class Growth(_Figure, frozen=True, kw_only=True, tag="growth"):
    """How a figure grows with the size of the cluster, on two logarithmic axes (a power law is a line)."""

    x_label: str
    y_label: str
    unit: str
    series: tuple[GrowthSeries, ...]
    spread: str = "quartiles"


class StackPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a whole, in the figure's unit."""

    name: str
    value: float


class StackBar(msgspec.Struct, frozen=True, kw_only=True):
    """A whole and its parts, in their order in time."""

    name: str
    parts: tuple[StackPart, ...]


class Stack(_Figure, frozen=True, kw_only=True, tag="stack"):
    """Where the time (or the work) goes: wholes made of the same parts."""

    x_label: str
    unit: str
    bars: tuple[StackBar, ...]


class Heatmap(_Figure, frozen=True, kw_only=True, tag="heatmap"):
    """A value for each pair of ``rows`` and ``columns``; None where nothing was measured."""

    x_label: str
    y_label: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    unit: str

    def __post_init__(self) -> None:
        shape = {len(row) for row in self.values}
        if len(self.values) != len(self.rows) or shape - {len(self.columns)}:
            raise ValueError(
                f"heatmap {self.title!r}: found {len(self.values)} rows of {sorted(shape)} values, "
                f"allowed {len(self.rows)} rows of {len(self.columns)}"
            )


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One value with its 95 % interval, if it has one."""

    name: str
    value: float
    ci95: tuple[float, float] | None = None


class BarSeries(msgspec.Struct, frozen=True, kw_only=True):
    """The bars of one mode; bars of the same name stand side by side."""

    name: str
    bars: tuple[Bar, ...]


class Bars(_Figure, frozen=True, kw_only=True, tag="bars"):
    """Single values side by side."""

    x_label: str
    unit: str
    series: tuple[BarSeries, ...]
    log_x: bool = False


Figure = Ecdf | Growth | Stack | Heatmap | Bars
