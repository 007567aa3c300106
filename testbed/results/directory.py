"""The directory that a run is: written so that whatever ends the run, what it had is there to be read.

``run.json`` is replaced as a whole, never edited; rows are appended as they come (``testbed.results.journal``).
"""

from __future__ import annotations

import errno
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.results.journal import Journal, read_table
from testbed.results.rows import Event, Resource, Sample
from testbed.results.run import Run
from testbed.results.versions import UnreadableRun, decode, encode

if TYPE_CHECKING:
    from pandas import DataFrame

RECORD = "run.json"
LATEST = "latest"
RESERVE_BYTES = 1 << 20
"""Room for the last ``run.json``; one of a few thousand samples takes a tenth of it."""


class RunDirectory:
    """A run on disk, for whoever reads it; ``RunWriter`` is for the one who makes it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def id(self) -> str:
        """The run's name: when it began (UTC) and a few random digits."""
        return self.path.resolve().name

    @property
    def record(self) -> Path:
        """``run.json``."""
        return self.path / RECORD

    @property
    def logs(self) -> Path:
        """Where every daemon's log goes."""
        return self.path / "logs"

    @property
    def report(self) -> Path:
        """Where the report of the run goes."""
        return self.path / "report.html"

    def run(self) -> Run:
        """What ``run.json`` says. Raises ``UnreadableRun`` naming the file."""
        try:
            return decode(self.record.read_bytes())
        except (UnreadableRun, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise UnreadableRun(f"{self.record}: {reason}") from None

    def samples(self) -> DataFrame:
        """Every sample, with the columns of ``Sample``; also of a run that was killed."""
        return read_table(self.path / "samples.parquet", Sample)

    def events(self) -> DataFrame:
        """What happened when, with the columns of ``Event``."""
        return read_table(self.path / "events.parquet", Event)

    def resources(self) -> DataFrame:
        """What each daemon held over time, with the columns of ``Resource``."""
        return read_table(self.path / "resources.parquet", Resource)


class RunWriter(RunDirectory):
    """A run being made. ``sample_log``, ``event_log`` and ``resource_log`` take rows as they come."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.logs.mkdir(exist_ok=True)
        self._reserve = path / ".reserve"
        with self._reserve.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
        self.sample_log = Journal(path / "samples.parquet", Sample)
        self.event_log = Journal(path / "events.parquet", Event)
        self.resource_log = Journal(path / "resources.parquet", Resource)

    @classmethod
    def create(cls, runs: Path, scenario: str, now: datetime | None = None) -> RunWriter:
        """Make ``runs/<scenario>/<UTC time>-<short id>/`` and point ``runs/latest`` at it. Raises ``OSError``."""
        moment = (now or datetime.now(UTC)).astimezone(UTC)
        name = f"{moment:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        path = runs / scenario / name
        path.mkdir(parents=True)
        _point(runs / LATEST, Path(scenario) / name)
        return cls(path)

    def write(self, run: Run) -> None:
        """Put ``run`` in place of what ``run.json`` said; a reader sees the old or the new one, never a part.

        On a full disk it takes the room that was set aside for this, so that a run can still say how it ended.
        """
        try:
            write_whole(self.record, encode(run))
        except OSError as error:
            if error.errno != errno.ENOSPC or not self._reserve.exists():
                raise
            self._reserve.unlink()
            write_whole(self.record, encode(run))

    def finish(self, run: Run) -> None:
        """Turn the rows into Parquet and write ``run``, which comes first: it is what must not be lost."""
        self.write(run)
        self._reserve.unlink(missing_ok=True)
        for log in (self.sample_log, self.event_log, self.resource_log):
            log.consolidate()


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that the file is the old or the new one, whatever happens midway."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _point(link: Path, target: Path) -> None:
    unfinished = link.with_name(f".{link.name}.{secrets.token_hex(3)}")
    unfinished.symlink_to(target)
    unfinished.replace(link)
