"""The daemons' own words around a measured window, kept so that a figure can be questioned long after the run."""

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

from controller.ovsdb import unixctl
from controller.ovsdb.unixctl import UnixctlError
from testbed.measure.counters import ENGINE_ROLES
from testbed.measure.subjects import MeasuredDaemon

EVERY_DAEMON = ("memory/show", "coverage/show")
ENGINES = ("inc-engine/show-stats", "stopwatch/show")

ANSWER_TIMEOUT_S = 10.0
"""A daemon answers between two loops; recomputing 100,000 ports takes seconds."""

Words = dict[str, dict[str, str]]
"""By daemon ("node1 chassis"), by command: what it printed, or why it did not answer."""


async def capture(daemons: Iterable[MeasuredDaemon], *, timeout: float = ANSWER_TIMEOUT_S) -> Words:
    """Ask every daemon for all that it tells; one that does not answer within `timeout` s is noted, not raised.

    It wakes them, so it belongs before and after a measured window.
    """
    asked = [(daemon, command) for daemon in daemons for command in _commands(daemon)]
    answers = await asyncio.gather(*(_ask(daemon, command, timeout) for daemon, command in asked))
    words: Words = {}
    for (daemon, command), answer in zip(asked, answers, strict=True):
        words.setdefault(f"{daemon.node} {daemon.role}", {})[command] = answer
    return words


def write(words: Mapping[str, Mapping[str, str]], path: Path) -> None:
    """As one text file with a heading for each daemon and command."""
    parts = [
        f"== {daemon}: {command}\n{answer.rstrip()}\n"
        for daemon, answers in words.items()
        for command, answer in answers.items()
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts))


def _commands(daemon: MeasuredDaemon) -> tuple[str, ...]:
    return EVERY_DAEMON + (ENGINES if daemon.role in ENGINE_ROLES else ())


async def _ask(daemon: MeasuredDaemon, command: str, timeout: float) -> str:
    try:
        return await unixctl.call(daemon.control, command, timeout=timeout)
    except UnixctlError as error:
        return f"(no answer: {error})"
