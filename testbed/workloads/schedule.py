"""When a cron job is due: its schedule in its time zone, reckoned from moments and never from a clock.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#writing-a-cronjob-spec
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, croniter

MANY_MISSED = 100
"""Missed starts beyond which a cron job complains (https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/)."""
NEVER = float("inf")
"""When a run of the 31st of February is due."""
_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}

Next = Callable[[float], float]
"""From a moment to the next one at which a run is due, both in seconds since 1970."""


class UnknownSchedule(ValueError):
    """A schedule or a time zone that cannot be read."""


def zone(name: str | None) -> tzinfo:
    """A time zone by its name; none means UTC, which is what the images of kube-controller-manager run in.

    Raises:
        UnknownSchedule: there is no such zone.
    """
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError) as error:
        raise UnknownSchedule(f"unknown time zone {name}") from error


def following(schedule: str, in_zone: tzinfo) -> Next:
    """How a schedule goes on after a moment.

    Raises:
        UnknownSchedule: it cannot be read.
    """
    if schedule.startswith("@every "):
        period = max(_seconds(schedule.removeprefix("@every ")), 1.0)
        return lambda moment: float(int(moment) + int(period))
    plain = schedule.replace("?", "*")
    if not croniter.is_valid(plain):
        raise UnknownSchedule(f"unparseable schedule: {schedule}")

    def after(moment: float) -> float:
        try:
            found: datetime = croniter(plain, datetime.fromtimestamp(moment, in_zone)).get_next(datetime)
        except CroniterBadDateError:
            return NEVER
        return found.timestamp()

    return after


def latest(due: Next, since: float, now: float) -> tuple[float | None, int]:
    """The last moment after ``since`` at which a run was due by now, if any, and how many were; counting stops."""
    found, count = None, 0
    moment = due(since)
    while moment <= now:
        found, count = moment, count + 1
        if count > MANY_MISSED:
            return _last(due, moment, now), count
        moment = due(moment)
    return found, count


def _last(due: Next, known: float, now: float) -> float:
    """The last due moment by now, found by halving the time in which it lies: nobody counts years of minutes."""
    low, high = known, now
    while high - low > 1.0:
        middle = (low + high) / 2
        if due(middle) <= now:
            low = middle
        else:
            high = middle
    found = due(low)
    return found if found <= now else known


def _seconds(text: str) -> float:
    parts = re.findall(r"([0-9.]+)(ns|us|ms|s|m|h)", text)
    if not parts:
        raise UnknownSchedule(f"unparseable schedule: @every {text}")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
