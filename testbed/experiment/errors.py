"""Two ways in which a run cannot give an answer, kept apart because people act differently on each.

``Unfit`` is theirs to put right (exit status 2, said before anything is started); ``Fault`` is the testbed's own
(exit status 3, with where the logs are).
"""

from __future__ import annotations

from pathlib import Path


class Unfit(Exception):
    """The request, or this machine, is unfit: the message says in one line what is wrong and what to do."""


class Fault(Exception):
    """The testbed itself failed; ``logs`` is where to look."""

    def __init__(self, message: str, logs: Path | None = None) -> None:
        super().__init__(message)
        self.logs = logs
