"""Whether a packet gets there and back: the one proof that no database can give."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

INTERVAL_S = 0.05

_TIME = re.compile(r"\btime[=<]([0-9.]+) ms\b")


@dataclass(frozen=True)
class Answered:
    """An echo that came back after ``round_trip_ms``."""

    round_trip_ms: float


class Unanswered(Exception):
    """No echo came back; the message says from where, to whom, and what ping said."""


async def until_answered(pid: int, address: str, timeout_s: float) -> Answered:
    """Ping ``address`` from the network namespace of process ``pid`` until the first answer.

    Raises ``Unanswered`` after ``timeout_s`` seconds.
    """
    argv = ("mnexec", "-a", str(pid), "ping", "-n", "-c", "1", "-i", str(INTERVAL_S))
    process = await asyncio.create_subprocess_exec(
        *argv,
        *("-w", str(max(1, round(timeout_s))), address),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await process.communicate())[0].decode(errors="replace")
    if process.returncode != 0:
        raise Unanswered(f"{address} gave no answer within {timeout_s:g} s: {said.strip().splitlines()[-1:]}")
    return parse(said)


def parse(said: str) -> Answered:
    """The first answer in what ping prints. Raises ``Unanswered`` if there is none."""
    found = _TIME.search(said)
    if found is None:
        raise Unanswered(f"no answer in {said!r}")
    return Answered(float(found.group(1)))
