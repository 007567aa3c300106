"""What a daemon holds at one moment: memory, processor time so far, its database, the flows of its switch."""

from pathlib import Path

from testbed.measure import processor
from testbed.measure.clock import monotonic_ns
from testbed.measure.subjects import MeasuredDaemon
from testbed.results import Resource

KIB_PER_MIB = 1024


def sample(daemon: MeasuredDaemon, *, instance: int = 0, flows: int | None = None) -> Resource:
    """One row of resources.parquet. Raises ProcessLookupError when the daemon is gone.

    Reading PSS holds the memory lock of a large process for milliseconds: not for a measured window.
    """
    times = processor.read(daemon.pid)
    return Resource(
        monotonic_ns=monotonic_ns(),
        node=daemon.node,
        daemon=f"{daemon.name} {daemon.role}",
        instance=instance,
        pss_mib=pss_mib(daemon.pid),
        processor_ns=times.run_ns,
        wait_ns=times.wait_ns,
        database_bytes=database_bytes(daemon),
        flows=flows,
    )


def pss_mib(pid: int) -> float:
    """Proportional set size: shared pages divided among those who share. Raises ProcessLookupError."""
    try:
        text = (processor.PROC / str(pid) / "smaps_rollup").read_text()
    except OSError as error:
        raise ProcessLookupError(f"process {pid} is gone") from error
    line = next(line for line in text.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) / KIB_PER_MIB


def database_bytes(daemon: MeasuredDaemon) -> int | None:
    """Size of the files that an ovsdb-server has open as databases; None for other daemons."""
    if daemon.name != "ovsdb-server":
        return None
    sizes = [
        target.stat().st_size
        for target in _open_files(daemon.pid)
        if target.suffix == ".db" and target.is_file()
    ]
    return sum(sizes)


def _open_files(pid: int) -> set[Path]:
    descriptors = processor.PROC / str(pid) / "fd"
    try:
        return {descriptor.readlink() for descriptor in descriptors.iterdir()}
    except OSError as error:
        raise ProcessLookupError(f"process {pid} is gone") from error
