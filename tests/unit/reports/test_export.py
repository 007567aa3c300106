import json
from pathlib import Path

import msgspec
import pytest

from reports.export import FORMATS, NotOneHistory
from reports.export.history import moment
from testbed.cli import exits
from testbed.cli.app import status_of
from testbed.cli.export import Format
from testbed.results import Metric, Run, RunDirectory, Validity
from tests.unit.reports.conftest import write_invented

Capture = pytest.CaptureFixture[str]
UNMEASURED = Metric(name="recovery_p50_ms", value=None, better="lower", attempts=3, failed=3)
HISTORIES = ("otava", "github-benchmark", "github-benchmark-higher")


@pytest.fixture
def run(invented: RunDirectory) -> Run:
    return invented.run()


def nights(run: Run, count: int) -> list[Run]:
    return [
        msgspec.structs.replace(run, id=f"night-{night}", finished=f"2026-01-{night:02}T03:00:00+00:00")
        for night in range(1, count + 1)
    ]


def test_the_command_offers_exactly_the_formats_there_are() -> None:
    assert [form.value for form in Format] == list(FORMATS)


@pytest.mark.parametrize("form", FORMATS)
def test_what_was_not_measured_has_no_figure_in_any_format(run: Run, form: str) -> None:
    blind = msgspec.structs.replace(run, metrics=(*run.metrics, UNMEASURED))
    for line in FORMATS[form].render([blind]).splitlines():
        if "recovery_p50" in line and "attempts" not in line:
            figures = line.replace("recovery_p50_ms", "").split("|")[:3]
            assert not any(character.isdigit() for figure in figures for character in figure)


@pytest.mark.parametrize("form", HISTORIES)
def test_a_history_is_of_one_scenario_on_one_machine(run: Run, form: str) -> None:
    elsewhere = msgspec.structs.replace(
        run, host=msgspec.structs.replace(run.host, fingerprint="another machine")
    )
    with pytest.raises(NotOneHistory, match="different machine"):
        FORMATS[form].render([run, elsewhere])
    with pytest.raises(NotOneHistory, match="different scenario"):
        FORMATS[form].render([run, msgspec.structs.replace(run, scenario="traffic")])


@pytest.mark.parametrize("form", HISTORIES)
@pytest.mark.parametrize(
    "change", [{"validity": Validity(verdict="invalid", reasons=("steal",))}, {"status": "timed-out"}]
)
def test_a_run_that_must_not_be_believed_stays_out_of_histories(
    run: Run, form: str, change: dict[str, object]
) -> None:
    assert FORMATS[form].unfit(run) == ""
    assert FORMATS[form].unfit(msgspec.structs.replace(run, **change)) != ""


def test_otava_gets_runs_in_the_order_of_time_and_null_where_nothing_was_measured(run: Run) -> None:
    first, second, third = nights(run, 3)
    second = msgspec.structs.replace(
        second, metrics=tuple(entry for entry in run.metrics if entry.name != "full_over_incremental")
    )
    told = json.loads(FORMATS["otava"].render([third, first, second]))
    assert [entry["attributes"]["run"] for entry in told] == ["night-1", "night-2", "night-3"]
    assert [entry["timestamp"] for entry in told] == [int(moment(night)) for night in (first, second, third)]
    names = [[metric["name"] for metric in entry["metrics"]] for entry in told]
    assert names[0] == names[1] == names[2]
    ratios = [
        next(metric["value"] for metric in entry["metrics"] if metric["name"] == "full_over_incremental")
        for entry in told
    ]
    assert ratios[1] is None
    assert ratios[0] == ratios[2] > 1


def test_labels_are_part_of_a_series_name(run: Run) -> None:
    told = json.loads(FORMATS["otava"].render([run]))
    names = {metric["name"] for metric in told[0]["metrics"]}
    assert {"incremental_all_nodes_p50_ms", "incremental_all_nodes_p50_ms{pods=500}"} <= names


def test_github_benchmark_gets_one_direction_a_file_as_its_schema_wants(run: Run) -> None:
    lower = json.loads(FORMATS["github-benchmark"].render([run]))
    higher = json.loads(FORMATS["github-benchmark-higher"].render([run]))
    names = [{entry["name"] for entry in entries} for entries in (lower, higher)]
    assert "incremental: full_all_nodes_p50_ms" in names[0]
    assert "incremental: full_over_incremental" in names[1]
    assert not names[0] & names[1]
    assert not any("flows_per_node" in name for name in names[0] | names[1])
    for entry in (*lower, *higher):
        assert set(entry) <= {"name", "unit", "value", "range", "extra"}
        assert isinstance(entry["value"], (int, float))
        assert isinstance(entry["unit"], str)


def test_github_benchmark_takes_the_newest_of_several_runs(run: Run) -> None:
    early, late = nights(run, 2)
    entries = json.loads(FORMATS["github-benchmark"].render([late, early]))
    assert {entry["extra"].partition("\n")[0] for entry in entries} == {"run night-2"}


def test_markdown_says_verdicts_validity_and_known_faults_first(run: Run) -> None:
    text = FORMATS["markdown"].render([run])
    assert text.index("2 of 3 expectations met") < text.index("suspect") < text.index("26.03.2")
    assert "steal took 4.1 %" in text
    assert "| \N{CROSS MARK} | incremental_pod_added_p50_ms >= 1 (not measured) | \N{EN DASH} |" in text


@pytest.mark.parametrize("form", FORMATS)
def test_the_command_writes_what_the_format_says(tmp_path: Path, capsys: Capture, form: str) -> None:
    kept = write_invented(tmp_path)
    target = tmp_path / "exported"
    arguments = ["export", "--format", form, "--runs-dir", str(tmp_path)]
    assert status_of(arguments) == exits.GOOD
    assert status_of([*arguments, "latest", "-o", str(target)]) == exits.GOOD
    assert capsys.readouterr().out == target.read_text() == FORMATS[form].render([kept.run()])


def test_the_command_names_each_run_that_it_leaves_out(tmp_path: Path, capsys: Capture) -> None:
    kept = write_invented(tmp_path)
    bad = msgspec.structs.replace(kept.run(), validity=Validity(verdict="invalid"))
    kept.record.write_bytes(msgspec.json.encode(bad))
    assert status_of(["export", "--format", "otava", "--runs-dir", str(tmp_path)]) == exits.UNFIT
    told = capsys.readouterr()
    assert told.out == ""
    assert f"run {kept.run().id} is left out of otava: it is invalid" in told.err
