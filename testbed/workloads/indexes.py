"""The indexes of an indexed job's pods, and how many of them are written.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
"""

from __future__ import annotations

from collections.abc import Iterable

from testbed.workloads.objects import Pod

INDEX = "batch.kubernetes.io/job-completion-index"
VARIABLE = "JOB_COMPLETION_INDEX"
"""The environment variable by which a container knows its index."""


def of(pod: Pod) -> int:
    """A pod's index; -1 if it has none."""
    found = pod.annotations.get(INDEX, "")
    return int(found) if found.isdigit() else -1


def read(text: str, below: int) -> set[int]:
    """The numbers that a status has written, of those below a bound; what is no number is passed over."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and (last or first).isdigit():
            found.update(range(int(first), min(int(last or first) + 1, below)))
    return found


def written(numbers: Iterable[int]) -> str:
    """Numbers as a status has them: ``0,3-5``."""
    spans: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)
