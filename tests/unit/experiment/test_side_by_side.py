"""Several releases in one run: the order of their clusters, and figures that carry the release."""

from __future__ import annotations

from collections import Counter as Count

import pandas as pd

from analysis import ecdf_series, median, select
from testbed.experiment.expectation import Expectation
from testbed.experiment.scenario import Scenario, Summary
from testbed.experiment.side_by_side import labelled, summarise, turns, verdicts
from testbed.results import Ecdf, Sample, frame_of, lookup

RELEASES = ("system", "suite:sid")


class Plain(Scenario):
    """A scenario that knows nothing of releases."""

    def summarise(self, samples: pd.DataFrame) -> Summary:
        chosen = select(samples, "ready_ms")
        figure = Ecdf(title="Ready", x_label="time", unit="ms", series=(ecdf_series(chosen, "full"),))
        metrics = (median(chosen, "ready_p50_ms"), median(chosen, "ready_p50_ms", labels={"pods": 5}))
        return Summary(answer="It was ready.", metrics=metrics, figures=(figure,))


def table(*, releases: tuple[str, ...] = RELEASES) -> pd.DataFrame:
    rows = [
        labelled(Sample(metric="ready_ms", value=10.0 * place, labels='{"pods":5}'), release)
        for place, release in enumerate(releases, 1)
    ]
    return frame_of(rows, Sample)


def test_every_release_is_built_once_a_round_in_an_order_that_the_seed_draws() -> None:
    order = turns(RELEASES, 20, 7)
    assert [turn.number for turn in order] == list(range(1, 41))
    for first, second in zip(order[::2], order[1::2], strict=True):
        assert first.round == second.round
        assert {first.release, second.release} == set(RELEASES)
    assert set(Count(turn.release for turn in order[::2])) == set(RELEASES)
    assert turns(RELEASES, 20, 7) == order
    assert turns(RELEASES, 20, 8) != order


def test_figures_of_each_release_carry_its_label_and_the_first_gives_the_headlines() -> None:
    found = summarise(Plain(), table(), RELEASES)
    values = {name: lookup(found.metrics, "ready_p50_ms", {"release": name}) for name in RELEASES}
    assert {name: entry and entry.value for name, entry in values.items()} == {"system": 10, "suite:sid": 20}
    headline = lookup(found.metrics, "ready_p50_ms")
    assert headline is not None
    assert headline.value == 10
    rung = lookup(found.metrics, "ready_p50_ms", {"pods": 5, "release": "suite:sid"})
    assert rung is not None
    assert lookup(found.metrics, "ready_p50_ms", {"pods": 5}) is None


def test_plots_hold_the_releases_side_by_side() -> None:
    (figure,) = summarise(Plain(), table(), RELEASES).figures
    assert isinstance(figure, Ecdf)
    assert [series.name for series in figure.series] == ["full, system", "full, suite:sid"]


def test_expectations_are_held_against_each_release() -> None:
    bound = Expectation(metric="ready_p50_ms", at_most=15)
    found = verdicts((bound,), summarise(Plain(), table(), RELEASES), RELEASES)
    assert [(entry.labels["release"], entry.outcome) for entry in found] == [
        ("system", "met"),
        ("suite:sid", "failed"),
    ]
    assert found[1].expectation.startswith("suite:sid: ready_p50_ms")


def test_a_run_of_one_release_is_what_its_scenario_says() -> None:
    alone = table(releases=("system",))
    assert summarise(Plain(), alone, ("system",)) == Plain().summarise(alone)
