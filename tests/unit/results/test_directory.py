import errno
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from testbed.results import (
    Event,
    Resource,
    Run,
    RunDirectory,
    RunNotFound,
    RunWriter,
    Sample,
    UnreadableRun,
    find,
)
from testbed.results.directory import write_whole
from testbed.results.journal import Journal

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
GOOD = Sample(metric="ready_ms", value=1.5, mode="full", trial=3, labels='{"pods":500}')
BAD = Sample(metric="ready_ms", value=None, outcome="failed", reason="never up")


def a_writer(runs: Path, now: datetime = NOW, scenario: str = "incremental") -> RunWriter:
    writer = RunWriter.create(runs, scenario, now)
    writer.write(Run(id=writer.id, scenario=scenario))
    return writer


def test_a_run_is_named_by_its_scenario_its_utc_time_and_a_short_id(tmp_path: Path) -> None:
    writer = a_writer(tmp_path, NOW.astimezone())
    assert writer.path.parent == tmp_path / "incremental"
    stamp, _, digits = writer.id.partition("-")
    assert stamp == "20260102T030405Z"
    assert len(digits) == 6


def test_rows_are_read_back_with_their_columns_and_failures(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    writer.sample_log.append(GOOD)
    writer.sample_log.append(BAD)
    writer.event_log.append(Event(monotonic_ns=1, wall_ns=2, kind="started", object="northd"))
    writer.resource_log.append(Resource(monotonic_ns=1, node="node1", daemon="ovn-controller", pss_mib=35.5))
    for stage in ("running", "finished"):
        kept = RunDirectory(writer.path)
        samples = kept.samples()
        assert list(samples.columns) == list(Sample.__struct_fields__), stage
        assert samples["value"].tolist()[0] == 1.5
        assert samples["value"].isna().tolist() == [False, True]
        assert samples["reason"].tolist() == ["", "never up"]
        assert kept.events()["kind"].tolist() == ["started"]
        assert kept.resources()["pss_mib"].tolist() == [35.5]
        writer.finish(Run(id=writer.id, scenario="incremental", status="complete"))
    assert sorted(path.name for path in writer.path.iterdir()) == [
        "events.parquet", "logs", "resources.parquet", "run.json", "samples.parquet"
    ]  # fmt: skip


def test_a_run_without_rows_has_empty_tables_with_all_columns(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    writer.finish(Run(id=writer.id, scenario="incremental"))
    kinds: tuple[type[msgspec.Struct], ...] = (Sample, Event, Resource)
    for table, kind in zip((writer.samples(), writer.events(), writer.resources()), kinds, strict=True):
        assert len(table) == 0
        assert list(table.columns) == list(kind.__struct_fields__)


KILLED = """
import os, signal, sys
from pathlib import Path
from testbed.results import Run, RunWriter, Sample
writer = RunWriter.create(Path(sys.argv[1]), "incremental")
writer.write(Run(id=writer.id, scenario="incremental"))
for trial in range(1000):
    writer.sample_log.append(Sample(metric="ready_ms", value=1.0, trial=trial))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_run_killed_at_any_moment_keeps_every_row_that_it_had(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    kept = find(tmp_path, "latest")
    assert kept.run().status == "running"
    assert kept.samples()["trial"].tolist() == list(range(1000))


def test_a_row_torn_by_a_crash_is_left_out_and_those_before_it_are_kept(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    writer.sample_log.append(GOOD)
    with (writer.path / "samples.jsonl").open("ab") as file:
        file.write(b'{"metric": "ready_ms", "val')
    assert writer.samples()["trial"].tolist() == [3]


def test_a_full_disk_keeps_what_was_there_and_what_comes_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "samples.parquet", Sample)
    journal.append(GOOD)
    write = os.pwrite

    def full_after_ten_bytes(file: int, data: bytes, offset: int) -> int:
        if len(data) <= 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[: len(data) - 10], offset)

    monkeypatch.setattr(os, "pwrite", full_after_ten_bytes)
    with pytest.raises(OSError, match="No space"):
        journal.extend([BAD, BAD, BAD])
    assert (tmp_path / "samples.jsonl").read_bytes() == msgspec.json.encode(GOOD) + b"\n"
    monkeypatch.undo()
    journal.append(BAD)
    assert (tmp_path / "samples.jsonl").read_bytes() == b"".join(
        msgspec.json.encode(row) + b"\n" for row in (GOOD, BAD)
    )


def test_rows_that_cannot_be_turned_into_parquet_stay_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = a_writer(tmp_path)
    writer.sample_log.append(GOOD)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    with pytest.raises(OSError, match="No space"):
        writer.finish(Run(id=writer.id, scenario="incremental", status="complete"))
    assert writer.run().status == "complete"
    assert len(writer.samples()) == 1
    assert not list(writer.path.glob("*.tmp"))


def test_a_row_after_the_end_is_refused(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    writer.finish(Run(id=writer.id, scenario="incremental"))
    with pytest.raises(ValueError, match="closed"):
        writer.sample_log.append(GOOD)


def test_on_a_full_disk_a_run_still_says_how_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = a_writer(tmp_path)
    sync = os.fsync

    def full_while_the_reserve_is_there(file: int) -> None:
        if (writer.path / ".reserve").exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(file)

    monkeypatch.setattr(os, "fsync", full_while_the_reserve_is_there)
    writer.write(Run(id=writer.id, scenario="incremental", status="failed", reason="disk full"))
    assert writer.run().reason == "disk full"


def test_a_record_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = a_writer(tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        writer.write(Run(id=writer.id, scenario="incremental", status="complete"))
    assert writer.run().status == "running"
    assert not list(writer.path.glob(".*.tmp"))


def test_latest_is_the_run_begun_last(tmp_path: Path) -> None:
    a_writer(tmp_path)
    second = a_writer(tmp_path, NOW + timedelta(seconds=1), "recovery")
    assert (tmp_path / "latest").resolve() == second.path
    assert find(tmp_path, "latest").id == second.id


def test_latest_is_found_when_its_link_dangles(tmp_path: Path) -> None:
    first = a_writer(tmp_path)
    second = a_writer(tmp_path, NOW + timedelta(seconds=1))
    second.record.unlink()
    assert find(tmp_path, "latest").id == first.id


def test_a_run_is_found_by_path_and_by_any_unique_beginning_of_its_id_or_digits(tmp_path: Path) -> None:
    first, second = a_writer(tmp_path), a_writer(tmp_path, NOW + timedelta(days=1))
    for text in (str(first.path), str(first.record), first.id, "20260102", first.id.partition("-")[2]):
        assert find(tmp_path, text).id == first.id
    with pytest.raises(RunNotFound, match="several runs") as error:
        find(tmp_path, "2026")
    assert first.id in str(error.value)
    assert second.id in str(error.value)


@pytest.mark.parametrize("text", ["1999", "", "no/such/run", "incremental"])
def test_a_run_that_is_not_there_is_told_in_one_line(tmp_path: Path, text: str) -> None:
    a_writer(tmp_path)
    with pytest.raises(RunNotFound) as error:
        find(tmp_path, text)
    assert "\n" not in str(error.value)


def test_no_run_at_all_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(RunNotFound, match="testbed run"):
        find(tmp_path / "none", "latest")


def test_a_broken_record_is_named(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    writer.record.write_text("{")
    with pytest.raises(UnreadableRun, match=r"run\.json: not JSON"):
        writer.run()


def test_a_file_is_written_whole_into_a_folder_that_is_made_for_it(tmp_path: Path) -> None:
    path = tmp_path / "docs" / "results.md"
    write_whole(path, b"text")
    assert path.read_bytes() == b"text"
    assert list(path.parent.iterdir()) == [path]
