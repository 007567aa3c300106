"""What a container writes, kept in bounded files.

A container writes to a FIFO that it holds open for reading too: while no kubelet reads, it waits once the FIFO is full
instead of being killed by SIGPIPE, and a kubelet that comes back misses nothing. One file an attempt, in the format of
Kubernetes' container runtimes (time, stream, F for a whole line or P for a part, text), so that lines have times.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

LARGEST = 10 * 2**20
"""Bytes of a file before it becomes the older one of two; Kubernetes' containerLogMaxSize."""
LONGEST_LINE = 16_384
KEPT = 2
"""Attempts whose output is kept: the present one and the previous one."""
_CHUNK = 65_536


class Output:
    """The output of one container of one pod, below `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._fifo = directory / "stream"
        self._reader: int | None = None
        self._file: int | None = None
        self._path = directory
        self._size = 0
        self._rest = b""
        self._listeners: set[asyncio.Event] = set()

    def begin(self, attempt: int) -> int:
        """Keep what an attempt writes; returns the descriptor to write to, which the caller closes.

        An attempt that runs already is gone on with.
        """
        self.finish()
        self._directory.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkfifo(self._fifo, 0o600)
        self._path = log_file(self._directory, attempt)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._file).st_size
        self._forget(attempt - KEPT)
        writer = os.open(self._fifo, os.O_RDWR | os.O_CLOEXEC)
        self._reader = os.open(self._fifo, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        asyncio.get_running_loop().add_reader(self._reader, self._read)
        return writer

    def note(self, text: str) -> None:
        """A line of our own."""
        self._keep(text.encode() + b"\n")

    def finish(self) -> None:
        """Take what is left and close."""
        while self._reader is not None and self._read():
            pass
        self._stop_reading()
        if self._rest:
            self._keep(b"\n")
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._tell()

    def is_writing(self, path: Path) -> bool:
        """Whether more may come in that file."""
        return self._file is not None and self._path == path

    @contextlib.contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """An event that is set whenever something was written or an attempt has ended."""
        event = asyncio.Event()
        self._listeners.add(event)
        try:
            yield event
        finally:
            self._listeners.discard(event)

    def _tell(self) -> None:
        for event in self._listeners:
            event.set()

    def _read(self) -> bool:
        """Whether something was read."""
        if self._reader is None:
            return False
        try:
            data = os.read(self._reader, _CHUNK)
        except BlockingIOError:
            return False
        if not data:  # nobody is left who could write
            self._stop_reading()
            return False
        self._keep(data)
        return True

    def _stop_reading(self) -> None:
        if self._reader is not None:
            asyncio.get_running_loop().remove_reader(self._reader)
            os.close(self._reader)
            self._reader = None

    def _keep(self, data: bytes) -> None:
        *lines, rest = (self._rest + data).split(b"\n")
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z").encode()
        whole, part = now + b" stdout F ", now + b" stdout P "
        kept = [whole + line + b"\n" for line in lines]
        if len(rest) > LONGEST_LINE:
            kept.append(part + rest + b"\n")
            rest = b""
        self._rest = rest
        if kept:
            self._write(b"".join(kept))

    def _write(self, data: bytes) -> None:
        if self._file is None:
            return
        if self._size > LARGEST:
            self._path.replace(older(self._path))
            os.close(self._file)
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._size = 0
        self._size += os.write(self._file, data)
        self._tell()

    def _forget(self, last: int) -> None:
        for path in self._directory.glob("*.log*"):
            number = path.name.partition(".")[0]
            if number.isdecimal() and int(number) <= last:
                path.unlink(missing_ok=True)


def directory_of(pod: Path, container: str) -> Path:
    """Where the output of a pod's container is, below that of its pod."""
    return pod / f"container-{quote(container, safe='')}"


def log_file(directory: Path, attempt: int) -> Path:
    """Where an attempt's output is."""
    return directory / f"{attempt}.log"


def older(path: Path) -> Path:
    """Where the older part of a file's output is."""
    return path.with_suffix(".log.1")


def attempts(directory: Path) -> list[int]:
    """The attempts whose output is kept, in order."""
    names = [path.name.partition(".")[0] for path in directory.glob("*.log")]
    return sorted(int(name) for name in names if name.isdecimal())


def forget(directory: Path) -> None:
    """Remove all that is kept of a pod."""
    shutil.rmtree(directory, ignore_errors=True)
