"""Figures as people read them: three significant digits, thousands set apart, the unit always beside them."""

from __future__ import annotations

import math


def number(value: float | None) -> str:
    """A count or a ratio: whole numbers as they are, others with three significant digits.

    0.0312, 2.5 becomes 2.50, 448, 12,345; a dash for what was not measured.
    """
    if value is not None and value == value and value == int(value):
        return f"{int(value):,}"
    return _three_digits(value)


def quantity(value: float | None, unit: str) -> str:
    """A measured value with three significant digits and its unit: 1.00 s, 20.1 ms; without a unit, ``number``."""
    if not unit or value is None:
        return number(value)
    return f"{_three_digits(value)}\N{NO-BREAK SPACE}{unit}"


def _three_digits(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "\N{EN DASH}"
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def span(ends: tuple[float, float] | None, unit: str = "") -> str:
    """An interval, ``17.6 to 21.2 ms``; empty if there is none."""
    if ends is None:
        return ""
    low, high = ends
    return f"{quantity(low, unit).removesuffix(unit).rstrip()} to {quantity(high, unit)}"


def duration(seconds: float) -> str:
    """A duration to be read at a glance: ``85 s``, ``12 min 5 s``, ``2 h 3 min``."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 120:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
