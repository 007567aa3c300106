"""Spans of time as kubectl shows them: two units at most, the coarser the longer it lasted."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from testbed.apiserver.tables.printer import UNKNOWN

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86_400, 365 * 86_400


def span(seconds: float) -> str:
    """``45s``, ``5m30s``, ``3h12m``, ``2d5h``, ``400d``, ``3y20d``.

    A clock that is a second behind is forgiven; the bounds between the forms are those of Kubernetes'
    ``duration.HumanDuration``.
    """
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    whole = max(whole, 0)
    if whole < 2 * _MINUTE:
        return f"{whole}s"
    if whole < 10 * _MINUTE:
        return _two(whole, _MINUTE, "m", 1, "s")
    if whole < 3 * _HOUR:
        return f"{whole // _MINUTE}m"
    if whole < 8 * _HOUR:
        return _two(whole, _HOUR, "h", _MINUTE, "m")
    if whole < 2 * _DAY:
        return f"{whole // _HOUR}h"
    if whole < 8 * _DAY:
        return _two(whole, _DAY, "d", _HOUR, "h")
    if whole < 2 * _YEAR:
        return f"{whole // _DAY}d"
    if whole < 8 * _YEAR:
        return _two(whole, _YEAR, "y", _DAY, "d")
    return f"{whole // _YEAR}y"


def since(moment: Any, now: float) -> str:
    """The time from a moment as Kubernetes writes it to now (seconds since the epoch)."""
    found = seconds(moment)
    return UNKNOWN if found is None else span(now - found)


def age(document: dict[str, Any], now: float) -> str:
    """The time since an object was created."""
    return since(document["metadata"].get("creationTimestamp"), now)


def seconds(moment: Any) -> float | None:
    """A moment as seconds since the epoch; None for what is none."""
    return _parsed(moment) if isinstance(moment, str) else None


@lru_cache(maxsize=4096)
def _parsed(moment: str) -> float | None:
    try:
        return datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return None


def _two(whole: int, unit: int, letter: str, smaller: int, smaller_letter: str) -> str:
    rest = whole % unit // smaller
    return f"{whole // unit}{letter}" + (f"{rest}{smaller_letter}" if rest else "")
