"""Pages whose shell commands are carried out, and whose output must be what the page shows.

A block of `bash` holds commands; a block of `text` right after it holds lines of their output, in order. A line
``...`` stands for any lines, ``...`` within a line for any words. Numbers that stand alone (times, identifiers, the
ports of senders) may differ from what the page shows; addresses, names and shares such as 1/1 may not.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```bash\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", flags=re.MULTILINE | re.DOTALL)
_ADDRESS = r"(?:\d+\.){3}\d+|(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"
_NUMBER = r"(?<![\w./])(?:0x[0-9a-f]+|\d+(?:\.\d+)?)(?=m?s\b|\b)(?!/)|(?<=\.)\d{5}\b"
_PART = re.compile(rf"(?P<any>\.\.\.)|(?P<space>\s+)|(?P<address>{_ADDRESS})|(?P<number>{_NUMBER})")
_MAY_BE = {"any": ".*", "space": r"\s+", "number": r"(?:0x[0-9a-f]+|\d+(?:\.\d+)?)"}
_MARK = "=== end of step"


@dataclass(frozen=True)
class Step:
    """Commands, and the lines that their output must hold in this order."""

    commands: str
    output: tuple[str, ...]


def steps(page: str) -> list[Step]:
    """The steps of a page of Markdown, or of a part of it."""
    return [
        Step(commands, tuple(line for line in shown.splitlines() if line.strip() not in ("", "...")))
        for commands, shown in _BLOCK.findall(page)
    ]


def pattern(line: str) -> str:
    """The regular expression of what may stand where the page shows ``line``."""
    found, place = "", 0
    for part in _PART.finditer(line):
        found += re.escape(line[place : part.start()])
        found += _MAY_BE.get(part.lastgroup or "", re.escape(part.group()))
        place = part.end()
    return found + re.escape(line[place:])


def carry_out(
    wanted: Sequence[Step], directory: Path, environment: Mapping[str, str], timeout_s: float
) -> None:
    """Run the steps in one shell, as somebody would who copies them. Raises ``AssertionError`` that names the step."""
    script = ["set -eu -o pipefail"]
    for step in wanted:
        script += [step.commands, f"echo; echo '{_MARK}'"]
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    outputs = done.stdout.split(_MARK)
    for step, output in zip(wanted, outputs, strict=False):
        lines = iter(output.splitlines())
        for line in step.output:
            assert any(re.fullmatch(pattern(line), said.rstrip()) for said in lines), (
                f"{step.commands}should say\n{line}\nbut says\n{output}\n{done.stderr}"
            )
    assert done.returncode == 0, f"{wanted[len(outputs) - 1].commands}{outputs[-1]}\n{done.stderr}"
