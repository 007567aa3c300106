"""What people read of a comparison: the worst first, the reason beside it, nothing more exact than it is."""

from __future__ import annotations

import io

from msgspec.structs import replace
from rich.console import Console

from analysis.comparison import Comparison, CounterChange, MetricChange
from analysis.comparison_stages import StageChange
from reports.comparison import comparison_markdown, headline, notes, print_comparison, tables

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
MORE = CounterChange(
    name="recomputes_per_change", labels={"mode": "full"}, before=1, after=5, verdict="worse"
)
SAME = CounterChange(name="rows_per_change", before=1, after=1, verdict="equal")


def comparison(*metrics: MetricChange, counters: tuple[CounterChange, ...] = (SAME,)) -> Comparison:
    return Comparison(
        baseline="old",
        run="new",
        releases=("a", "b"),
        judged=len(metrics),
        metrics=metrics,
        counters=counters,
    )


def test_what_became_worse_is_told_first_with_its_stage() -> None:
    said = headline(comparison(SLOW, counters=(MORE, SAME)))
    assert said.startswith("2 became worse: all_nodes_p50_ms (in stage nb_to_sb), recomputes_per_change")


def test_a_quiet_comparison_says_how_many_figures_it_judged() -> None:
    calm = MetricChange(
        name="ready_p50_ms", unit="ms", better="lower", before=1.0, after=1.0, verdict="within noise"
    )
    assert headline(comparison(calm)) == "Nothing became worse beyond noise (1 figures judged)."


def test_the_row_of_a_figure_holds_all_that_the_verdict_rests_on() -> None:
    figures, stages, counters = tables(comparison(SLOW, counters=(MORE, SAME)))
    (row,) = figures.rows
    plain = tuple(cell.replace("\N{NO-BREAK SPACE}", " ") for cell in row)
    assert plain == ("all_nodes_p50_ms", "worse", "100 ms", "300 ms", "3", "2 to 4.50", "+40%", "2")
    assert "0, then 2" in figures.note
    assert stages.rows[0][1] == "nb_to_sb"
    assert [entry[1:] for entry in counters.rows] == [("worse", "1", "5")]
    assert counters.note.startswith("1 others are equal")


def test_a_change_too_large_to_be_of_use_is_not_told_exactly() -> None:
    (figures, *_) = tables(comparison(replace(SLOW, smallest=1e9, repeats=None)))
    assert figures.rows[0][-2:] == ("over tenfold", "over 100")


def test_obstacles_that_were_overridden_stay_in_sight() -> None:
    found = notes(replace(comparison(), obstacles=("machine: a against b",)))
    assert any("machine: a against b" in note for note in found)


def test_terminal_and_markdown_tell_the_same() -> None:
    screen = io.StringIO()
    print_comparison(comparison(SLOW), Console(file=screen, width=160))
    for text in (screen.getvalue(), comparison_markdown(comparison(SLOW))):
        assert "nb\\_to\\_sb" in text or "nb_to_sb" in text
        assert "new (b) against old (a)" in text
