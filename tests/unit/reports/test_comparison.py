"""What people read of a comparison: the worst first, the reason beside it, nothing more exact than it is."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace
from rich.console import Console

from analysis.comparison import Comparison, CounterChange, MetricChange
from analysis.comparison_stages import StageChange
from reports.comparison import comparison_markdown, print_comparison
from reports.comparison_tables import counters, figures, foremost, stages, tables
from reports.comparison_words import headline, notes, title

SLOW = MetricChange(
    name="all_nodes_p50_ms",
    unit="ms",
    better="lower",
    before=100.0,
    after=300.0,
    difference=200.0,
    ratio=3.0,
    ci95=(2.0, 4.5),
    p=0.001,
    smallest=0.4,
    repeats=2,
    instances=(3, 3),
    failed=(0, 2),
    verdict="worse",
    stage=StageChange(name="nb_to_sb", before=40.0, after=230.0, unit="ms", share=0.95),
)
SEEN = MetricChange(
    name="incremental_busiest_node_cpu_p50_ms",
    unit="ms",
    before=90.6,
    after=51.5,
    ratio=0.568,
    ci95=(0.535, 0.603),
    verdict="within-run only",
)
MORE = CounterChange(
    name="recomputes_per_change",
    labels={"mode": "full", "change": "added", "daemon": "ovn-northd", "engine_node": "lflow"},
    before=1,
    after=5,
    verdict="worse",
)
LESS = replace(MORE, labels={**MORE.labels, "mode": "incremental"}, before=4, after=0, verdict="better")
SAME = CounterChange(name="rows_per_change", before=1, after=1, verdict="equal")


def comparison(*metrics: MetricChange, counters: tuple[CounterChange, ...] = (SAME,)) -> Comparison:
    return Comparison(
        baseline="old",
        run="new",
        releases=("a", "b"),
        judged=sum(entry.p is not None for entry in metrics),
        metrics=metrics,
        counters=counters,
    )


def plain(row: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(cell.replace("\N{NO-BREAK SPACE}", " ") for cell in row)


def test_the_result_comes_first_in_words_with_its_units_and_its_stage() -> None:
    found = comparison(SLOW, counters=(MORE, SAME))
    assert (
        headline(found)
        == "1 of 1 figures became worse. Work a change: worse in recomputes (1); of 2 counters."
    )
    (row,) = foremost(found).rows
    assert plain(row) == (
        "all nodes, median",
        "300 ms instead of 100 ms",
        "3 times",
        "worse",
        "in stage nb to sb",
    )


def test_what_changed_beyond_noise_leads_what_the_run_names_first() -> None:
    calm = replace(SLOW, name="ready_p50_ms", verdict="within noise", stage=None)
    rows = foremost(comparison(*[calm] * 6, SLOW)).rows
    assert len(rows) == 5
    assert [plain(row)[3] for row in rows[:2]] == ["worse", "within noise"]


def test_a_quiet_comparison_says_how_many_figures_it_judged() -> None:
    calm = replace(SLOW, verdict="within noise", stage=None)
    assert headline(comparison(calm)).startswith("Nothing became worse beyond noise (1 figures judged).")
    assert "no difference in 1 counters" in headline(comparison(calm))


def test_a_figure_that_is_lost_is_in_the_headline() -> None:
    gone = replace(SLOW, after=None, ratio=None, ci95=None, verdict="lost", stage=None)
    assert headline(comparison(gone, counters=())) == "1 no longer measured."
    assert foremost(comparison(gone)).rows[0][0] == "all nodes, median"


def test_the_row_of_a_figure_holds_all_that_the_verdict_rests_on() -> None:
    found = comparison(SLOW, counters=(MORE, SAME))
    (row,) = figures(found).rows
    assert plain(row) == ("all_nodes_p50_ms", "worse", "100 ms", "300 ms", "3", "2 to 4.50", "+40%", "2")
    assert figures(found).header[2:4] == ("a", "b")
    assert "0, then 2" in figures(found).note
    assert stages(found).rows[0][1] == "nb_to_sb"


def test_that_one_cluster_gives_no_verdict_is_said_once_and_not_on_each_row() -> None:
    found = comparison(SEEN, replace(SEEN, name="ready_p50_ms"))
    assert headline(found).startswith("No verdict on times: one cluster a side.")
    assert figures(found).header == ("metric", "a", "b", "ratio", "95 % interval")
    assert not any("within-run" in cell for table in tables(found) for row in table.rows for cell in row)
    assert sum("one cluster" in note for note in notes(found)) == 1
    several = comparison(SLOW, replace(SEEN, name="pods"))
    assert not any("one cluster" in note for note in notes(several))


def test_counters_stand_in_a_row_for_their_work_and_a_column_for_mode_and_change() -> None:
    found = replace(comparison(SEEN, counters=(MORE, LESS, SAME)), alone=(0, 7))
    table = counters(replace(found, versions=("23.03", "23.03")))
    assert table.header == ("work", "", "full", "incremental")
    assert table.rows == (("recomputes added/northd/lflow", "worse/better", "1 → 5", "4 → 0"),)
    assert table.note == "Of the other counters 1 are equal, 7 only b has."


def test_different_versions_do_more_or_less_work_not_worse_or_better_work() -> None:
    found = replace(comparison(SEEN, counters=(MORE, LESS, SAME)), versions=("23.03", "26.03"))
    assert "Work a change: more in recomputes (1); less in recomputes (1); of 3 counters." in headline(found)
    assert counters(found).rows[0][1] == "more/less"
    assert title(found) == "new (b, OVN 26.03) against old (a, OVN 23.03)"
    assert found.regressions == (MORE,)


def test_releases_of_one_run_are_named_without_it() -> None:
    found = replace(comparison(), run="old", versions=("23.03", "26.03"))
    assert title(found) == "b (OVN 26.03) against a (OVN 23.03)"


def test_figures_that_are_equal_and_have_no_direction_are_left_out() -> None:
    pods = MetricChange(name="pods", before=5, after=5, ratio=1, verdict="within-run only")
    flows = replace(pods, name="flows", after=6, ratio=1.2)
    assert [row[0] for row in figures(comparison(pods, flows)).rows] == ["flows"]


@pytest.mark.parametrize("width", [80, 120])
def test_no_figure_is_cut_off_and_no_name_broken_where_there_is_room(width: int) -> None:
    screen = io.StringIO()
    rows = tuple(
        replace(
            MORE, labels={**MORE.labels, "mode": mode, "change": change, "engine_node": "sync_to_sb_addr_set"}
        )
        for mode in ("full", "incremental")
        for change in ("added", "deleted")
    )
    big = tuple(replace(row, name="bytes_logged_per_change", before=12_345, after=23_456) for row in rows)
    print_comparison(comparison(SEEN, counters=(*rows, *big)), Console(file=screen, width=width))
    shown = screen.getvalue()
    assert shown.count("12,345 → 23,456") == 4
    assert "0.535 to 0.603" in shown
    assert width < 120 or "recomputes northd/sync_to_sb_addr_set" in shown
    assert "incremental_busiest_node_cpu_p50_ms" in shown
    assert max(map(len, shown.splitlines())) <= width


def test_a_change_too_large_to_be_of_use_is_not_told_exactly() -> None:
    (row,) = figures(comparison(replace(SLOW, smallest=1e9, repeats=None))).rows
    assert row[-2:] == ("over tenfold", "over 100")


def test_obstacles_that_were_overridden_stay_in_sight() -> None:
    found = notes(replace(comparison(), obstacles=("machine: a against b",)))
    assert any("machine: a against b" in note for note in found)


def test_terminal_and_markdown_tell_the_same() -> None:
    screen = io.StringIO()
    print_comparison(comparison(SLOW), Console(file=screen, width=160))
    for text in (screen.getvalue(), comparison_markdown(comparison(SLOW))):
        assert "nb\\_to\\_sb" in text or "nb_to_sb" in text
        assert "new (b) against old (a)" in text


def test_markdown_tells_what_is_in_words_as_a_list() -> None:
    text = comparison_markdown(comparison(SLOW)).replace("\N{NO-BREAK SPACE}", " ")
    assert "- all nodes, median: 300 ms instead of 100 ms, 3 times, worse, in stage nb to sb" in text
