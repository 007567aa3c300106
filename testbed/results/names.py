"""How metrics are named, so that no figure can be read in the wrong unit.

A name ends in its unit; counts and ratios have none. One rule, enforced wherever a metric, counter or sample is made,
spares every reader (reports, comparisons, dashboards) a table of units.
"""

from __future__ import annotations

import re

UNITS = {"ms": "ms", "s": "s", "mib": "MiB", "mpps": "Mpps", "gbps": "Gbit/s"}
"""Suffix of a name to the unit as people read it."""

_FOREIGN_TIMES = ("us", "ns", "sec", "secs", "second", "seconds", "msec", "millis", "minutes", "hours")
_FOREIGN_SIZES = ("kb", "mb", "gb", "kib", "gib", "bps", "kbps", "mbps", "pps", "kpps", "pct", "percent")
_FOREIGN = frozenset((*_FOREIGN_TIMES, *_FOREIGN_SIZES))
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def unit_of(name: str) -> str:
    """The unit that ``name`` ends in.

    That is ``"ms"``, ``"s"``, ``"MiB"``, ``"Mpps"`` or ``"Gbit/s"``; ``""`` for counts and ratios, ``"/s"`` for what is
    counted per second (``..._per_s``).

    Raises ``ValueError`` for a name that is not lower-case words joined by ``_``, or ends in a unit that the project
    does not use, so that milliseconds and microseconds never meet in one table.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"metric name: found {name!r}, allowed: lower-case words joined by _")
    if "_over_" in name:
        return ""
    words = name.split("_")
    last = words[-1]
    if len(words) < 2:
        return ""
    if last in _FOREIGN:
        allowed = ", ".join("_" + suffix for suffix in UNITS)
        raise ValueError(
            f"metric name: found {name!r} ending in _{last}, allowed units: {allowed}; none for counts"
        )
    if words[-2:] == ["per", "s"]:
        return "/s"
    return UNITS.get(last, "")
