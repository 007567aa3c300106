"""Rows on their way to a table: appended one line at a time, so that a killed run keeps all that it had.

A Parquet file is worth nothing until its footer is written. So rows are first lines of JSON in a file (each one write
to the kernel, which outlives the process); ``consolidate`` turns them into Parquet at the end, and readers accept
either.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from testbed.results.rows import arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa
    from pandas import DataFrame

T = TypeVar("T", bound=msgspec.Struct)


class Journal(Generic[T]):
    """The rows of one kind of one run, growing. Raises ``OSError`` if the disk takes no more; what was there stays."""

    def __init__(self, table: Path, kind: type[T]) -> None:
        """``table`` is the Parquet file to be; its journal lies beside it until then."""
        self._table = table
        self._kind = kind
        self._lines = _lines_of(table)
        self._encoder = msgspec.json.Encoder()
        self._file = os.open(self._lines, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._end = os.lseek(self._file, 0, os.SEEK_END)
        self._closed = False

    def append(self, row: T) -> None:
        """Add one row; it survives a kill of this process once this returns."""
        self.extend((row,))

    def extend(self, rows: Iterable[T]) -> None:
        """Add rows in one write: either all of them are kept or, if this raises, none.

        Raises ``ValueError`` once the journal is closed.
        """
        if self._closed:
            raise ValueError(f"{self._lines.name} is closed: the run has ended")
        data = b"".join(self._encoder.encode(row) + b"\n" for row in rows)
        written = 0
        try:
            while written < len(data):
                written += os.pwrite(self._file, data[written:], self._end + written)
        except OSError:
            os.ftruncate(self._file, self._end)
            raise
        self._end += written

    def close(self) -> None:
        """Stop appending; what is there stays readable."""
        if not self._closed:
            self._closed = True
            os.close(self._file)

    def consolidate(self) -> None:
        """Close and turn the lines into the Parquet table. If that fails (a full disk) the lines stay."""
        self.close()
        if self._lines.exists():
            write_table(self._table, read_lines(self._lines, self._kind), self._kind)
            self._lines.unlink()


def _lines_of(table: Path) -> Path:
    return table.with_suffix(".jsonl")


def read_lines(path: Path, kind: type[T]) -> list[T]:
    """The whole rows of ``path``; a line torn by a crash can only be the last one, and is left out."""
    decoder = msgspec.json.Decoder(kind)
    lines = path.read_bytes().split(b"\n")
    return [decoder.decode(line) for line in lines[:-1]]


def write_table(path: Path, rows: Iterable[msgspec.Struct], kind: type[msgspec.Struct]) -> None:
    """Write ``rows`` as Parquet to ``path``, which appears whole or not at all."""
    from pyarrow import parquet

    table = _arrow_of(rows, kind)
    unfinished = path.with_suffix(".parquet.tmp")
    try:
        parquet.write_table(table, unfinished, compression="zstd")
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def read_table(path: Path, kind: type[msgspec.Struct]) -> DataFrame:
    """The rows kept for ``path``, with the columns of ``kind``.

    From the Parquet file or, if the run never ended, from its lines; empty if neither is there.
    """
    from pyarrow import parquet

    if path.exists():
        frame: DataFrame = parquet.read_table(path).to_pandas()
        return frame
    lines = _lines_of(path)
    return frame_of(read_lines(lines, kind) if lines.exists() else (), kind)


def frame_of(rows: Iterable[msgspec.Struct], kind: type[msgspec.Struct]) -> DataFrame:
    """``rows`` as a table with the columns of ``kind``."""
    frame: DataFrame = _arrow_of(rows, kind).to_pandas()
    return frame


def _arrow_of(rows: Iterable[msgspec.Struct], kind: type[msgspec.Struct]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist([msgspec.structs.asdict(row) for row in rows], schema=arrow_schema(kind))
