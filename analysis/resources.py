"""What the daemons of a cluster held and used, from the table of resources over time."""

from __future__ import annotations

from dataclasses import dataclass

from pandas import DataFrame


@dataclass(frozen=True)
class Usage:
    """One kind of daemon over all its processes; None where the run did not record it.

    ``peak_mib`` is the most proportional set size that one process held at any moment, ``processor_s`` and ``wait_s``
    the seconds that all of them together ran, and waited for a processor, between first and last record.
    """

    daemon: str
    processes: int
    peak_mib: float | None
    processor_s: float | None
    wait_s: float | None


def usage(resources: DataFrame) -> tuple[Usage, ...]:
    """Each kind of daemon in ``resources`` (columns of ``testbed.results.Resource``), by name."""
    found = []
    for daemon, rows in resources.sort_values("monotonic_ns").groupby("daemon", sort=True):
        processes = rows.groupby(["instance", "node"])
        peak = rows["pss_mib"].max()
        found.append(
            Usage(
                daemon=str(daemon),
                processes=processes.ngroups,
                peak_mib=None if peak != peak else float(peak),
                processor_s=_spent(rows, "processor_ns"),
                wait_s=_spent(rows, "wait_ns"),
            )
        )
    return tuple(found)


def _spent(rows: DataFrame, column: str) -> float | None:
    """Seconds of a growing count of nanoseconds, over all processes.

    A process that was started anew counts from nothing: its count fell, and what it holds afterwards is all its own.
    """
    known = rows.dropna(subset=[column])
    if known.empty:
        return None
    steps = known.groupby(["instance", "node"])[column].diff()
    restarted = steps < 0
    return float((steps.where(~restarted, known[column])).sum()) / 1e9
