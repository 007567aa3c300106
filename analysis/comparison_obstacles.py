"""What stands against comparing two runs, so that a difference of circumstances is not taken for one of builds."""

from __future__ import annotations

from testbed.results import Run


def obstacles(before: Run, after: Run) -> tuple[str, ...]:
    """Each thing in which the circumstances differ, in a line that names both; empty if they may be compared."""
    found = _circumstances(before, after)
    validities = before.validity.verdict, after.validity.verdict
    if "invalid" in validities or validities[0] != validities[1]:
        found.append(f"validity: {validities[0]} against {validities[1]}")
    for run in (before, after):
        if run.status != "complete":
            found.append(f"status: {run.id} is {run.status}")
    return tuple(found)


def foreseen(before: Run, planned: Run) -> tuple[str, ...]:
    """Those that are known before the ``planned`` run begins: what it will be, and what became of the other one."""
    found = _circumstances(before, planned)
    if before.validity.verdict != "valid":
        found.append(f"validity: {before.id} is {before.validity.verdict}")
    if before.status != "complete":
        found.append(f"status: {before.id} is {before.status}")
    return tuple(found)


def _circumstances(before: Run, after: Run) -> list[str]:
    found = []
    if before.host.fingerprint != after.host.fingerprint:
        found.append(f"machine: {_machine(before)} against {_machine(after)}")
    for key in sorted(before.params.keys() | after.params.keys()):
        values = before.params.get(key), after.params.get(key)
        if _plain(values[0]) != _plain(values[1]):
            found.append(f"parameter {key}: {_plain(values[0])} against {_plain(values[1])}")
    return found


def _machine(run: Run) -> str:
    return f"{run.host.fingerprint or 'unknown'} ({run.host.cpu}, {run.host.cores} cores)"


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
