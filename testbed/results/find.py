"""Which run somebody means by RUN on a command line: a path, ``latest``, or the beginning of an id."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from testbed.results.directory import LATEST, RECORD, RunDirectory


class RunNotFound(LookupError):
    """No run, or several, answer to the text; the message says so in one line with the remedy."""


def runs_in(runs: Path) -> Iterator[RunDirectory]:
    """Every run below ``runs``, oldest first."""
    found = [path.parent for path in runs.glob(f"*/*/{RECORD}") if not path.parent.parent.is_symlink()]
    return iter([RunDirectory(path) for path in sorted(found, key=lambda path: path.name)])


def find(runs: Path, text: str) -> RunDirectory:
    """The run that ``text`` means.

    It may be a path to its directory or ``run.json``, ``latest``, or a unique beginning of its id or of the random
    digits that end it. Raises ``RunNotFound``.
    """
    if text == LATEST:
        return _latest(runs)
    path = Path(text)
    if path.name == RECORD and path.is_file():
        return RunDirectory(path.parent)
    if (path / RECORD).is_file():
        return RunDirectory(path)
    if not text or "/" in text:
        raise RunNotFound(f"no run at {text!r}: no {RECORD} there")
    matches = [run for run in runs_in(runs) if _answers(run.id, text)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise RunNotFound(
            f"{text!r} means several runs: {', '.join(run.id for run in matches)}; give more of the id"
        )
    raise RunNotFound(f"no run {text!r} in {runs}: give a path, 'latest' or the beginning of an id")


def _answers(identity: str, text: str) -> bool:
    return identity.startswith(text) or identity.rpartition("-")[2].startswith(text)


def _latest(runs: Path) -> RunDirectory:
    link = runs / LATEST
    if (link / RECORD).is_file():
        return RunDirectory(link.resolve())
    *_, last = [None, *runs_in(runs)]
    if last is None:
        raise RunNotFound(f"no run in {runs} yet: `testbed run SCENARIO` makes one")
    return last
