from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from reports import print_run, render_markdown, tables, words
from testbed.results import Counter, Metric, Run, RunDirectory, RunWriter


def a_run(**fields: object) -> Run:
    return msgspec.structs.replace(Run(id="20260102T030405Z-0a1b2c", scenario="incremental"), **fields)


def test_headlines_are_the_metrics_without_labels() -> None:
    run = a_run(
        metrics=(Metric(name="pods", value=5.0), Metric(name="pods", value=6.0, labels={"release": "x"}))
    )
    assert [row[:2] for row in tables.headlines(run).rows] == [("pods", "5")]


def test_a_within_run_interval_is_marked_so_and_others_are_not() -> None:
    single = Metric(name="a_ms", value=1.0, ci95=(0.9, 1.1), scope="within-run only")
    several = msgspec.structs.replace(single, scope="across instances")
    assert "within-run only" in tables.headlines(a_run(metrics=(single,))).note
    assert tables.headlines(a_run(metrics=(several,))).note == ""


def test_the_label_with_the_most_values_goes_across_and_the_others_down() -> None:
    metrics = tuple(
        Metric(name="cpu_ms", value=pods / 10, labels={"mode": mode, "pods": pods})
        for pods in (500, 1000, 1500)
        for mode in ("incremental", "full")
    )
    (table,) = tables.processor(a_run(metrics=metrics))
    assert table.header == ("metric", "mode", "500", "1,000", "1,500")
    assert [row[:2] for row in table.rows] == [("cpu_ms", "incremental"), ("cpu_ms", "full")]


def test_records_that_lack_a_label_stand_beside_those_that_have_it() -> None:
    metrics = (
        Metric(name="stage_ms", value=1.0, labels={"stage": "nb_to_sb"}),
        Metric(name="stage_ms", value=2.0, labels={"stage": "sb_to_claimed"}),
        Metric(name="stage_ms", value=3.0, labels={"pods": 500, "stage": "nb_to_sb"}),
    )
    (table,) = tables.ladders(a_run(metrics=metrics))
    assert table.title == "By stage"
    assert table.header == ("metric", "pods", "nb to sb", "sb to claimed")
    assert [row[1] for row in table.rows] == ["", "500"]
    assert table.rows[1][3] == ""


def test_many_rungs_become_rows_and_none_is_lost() -> None:
    metrics = tuple(Metric(name="a_ms", value=1.0, labels={"pods": pods}) for pods in range(1, 9))
    (table,) = tables.ladders(a_run(metrics=metrics))
    assert len(table.rows) == 8


def test_counters_show_their_extremes_only_where_changes_differed() -> None:
    counters = (
        Counter(name="rows_written_per_change", value=2, minimum=2, maximum=2, labels={"mode": "full"}),
        Counter(
            name="rows_written_per_change", value=2, minimum=2, maximum=4, labels={"mode": "incremental"}
        ),
    )
    (table,) = tables.counters(a_run(counters=counters))
    assert table.rows == (("rows_written_per_change", "2", "2 (2 to 4)"),)


def test_a_rung_stands_beside_the_headline_that_differs_from_it_by_that_label_alone() -> None:
    metrics = (
        Metric(name="a_ms", value=9.0),
        Metric(name="a_ms", value=8.0, labels={"change": "deleted"}),
        Metric(name="a_ms", value=1.0, labels={"pods": 500}),
        Metric(name="a_ms", value=2.0, labels={"pods": 500, "change": "deleted"}),
        Metric(name="a_ms", value=3.0, labels={"pods": 1000}),
    )
    table = next(entry for entry in tables.ladders(a_run(metrics=metrics)) if entry.title == "By pods")
    assert table.header == ("metric", "change", "500", "1,000", "headline")
    assert [row[4][:4] for row in table.rows] == ["9.00", "8.00"]


def test_changes_and_modes_of_counters_go_across_and_engines_down() -> None:
    counters = tuple(
        Counter(
            name="recomputes_per_change",
            value=1,
            labels={"mode": mode, "change": change, "daemon": "northd", "engine_node": node},
        )
        for mode in ("full", "incremental")
        for change in ("deleted", "added")
        for node in ("lflow", "northd", "sync", "other")
    )
    (table,) = tables.counters(a_run(counters=counters))
    assert table.header[:3] == ("daemon", "engine node", "added, full")
    assert len(table.header) == 6
    assert len(table.rows) == 4


def test_every_figure_of_every_run_is_in_the_markdown_with_the_run_s_id(invented: RunDirectory) -> None:
    text = render_markdown([invented, invented])
    run = invented.run()
    assert text.count(f"run `{run.id}`") == 2
    for metric in run.metrics:
        assert metric.name in text
    assert words.NOT in text
    assert "Alauda" in text


def test_every_table_of_the_markdown_is_rectangular(invented: RunDirectory) -> None:
    width = 0
    for line in render_markdown([invented]).splitlines():
        cells = line.replace("\\|", "").count("|") if line.startswith("|") else 0
        assert cells in (0, width) or width == 0
        width = cells


def test_a_pipe_in_a_reason_does_not_break_a_table(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, "s")
    writer.finish(a_run(params={}, status="failed", reason="a | b\nc"))
    assert "a \\| b c" in render_markdown([writer])


def test_the_command_that_makes_a_run_again_names_every_param(invented: RunDirectory) -> None:
    assert words.again(invented.run()) == (
        "testbed run incremental --profile quick --set nodes=3 --set pods=1500 --set ladder=500,1000 "
        "--release suite:sid --seed 42"
    )


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("full_all_nodes_p50_ms", "full all nodes, median"),
        ("ready_p99_ms", "ready, p99"),
        ("ready_max_ms", "ready, maximum"),
        ("flows_per_node", "flows per node"),
        ("pods_ready_per_s", "pods ready per s"),
    ],
)
def test_a_metric_is_named_in_words_without_its_unit(name: str, plain: str) -> None:
    assert words.plain(name) == plain


def test_the_terminal_shows_answer_figures_verdicts_and_doubts(invented: RunDirectory) -> None:
    console = Console(width=120, record=True, file=Path("/dev/null").open("w"))  # noqa: SIM115
    run = invented.run()
    print_run(run, console)
    said = console.export_text()
    for text in ("full_over_incremental", "not measured", "suspect", run.id, "known fault of suite:sid"):
        assert text in said


def test_the_terminal_shows_what_a_run_says_as_it_is() -> None:
    console = Console(width=120, record=True, file=Path("/dev/null").open("w"))  # noqa: SIM115
    print_run(a_run(status="failed", reason="[bold]lost[/bold]"), console)
    assert "[bold]lost[/bold]" in console.export_text()
