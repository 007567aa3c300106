"""Figures as people read them: three significant digits, thousands set apart, the unit always beside them."""

from __future__ import annotations

import math


def number(value: float | None) -> str:
    """``value`` with three significant digits (more only for whole numbers): 0.0312, 2.5, 20.1, 448, 12,345.

    A dash for what was not measured.
    """
    if value is None or math.isnan(value):
        return "\N{EN DASH}"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    digits = 2 - math.floor(math.log10(abs(value)))
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def quantity(value: float | None, unit: str) -> str:
    """``value`` and its unit; a ratio's or count's is empty."""
    return f"{number(value)}\N{NO-BREAK SPACE}{unit}" if unit and value is not None else number(value)


def span(ends: tuple[float, float] | None, unit: str = "") -> str:
    """An interval, ``17.6 to 21.2 ms``; empty if there is none."""
    if ends is None:
        return ""
    low, high = ends
    return f"{number(low)} to {quantity(high, unit)}"


def duration(seconds: float) -> str:
    """A duration to be read at a glance: ``85 s``, ``12 min 5 s``, ``2 h 3 min``."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 120:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
