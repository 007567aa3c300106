"""What samples of pods that come and go amount to."""

from __future__ import annotations

import json
from collections.abc import Iterable

import msgspec
import pandas as pd
import pytest

from scenarios.churn import Churn, Params
from testbed.experiment.scenario import Summary
from testbed.results import Ecdf, Growth, Sample, lookup, text_of_labels

Rows = list[Sample]
SECONDS = 10


def step(rate: float, served: float, mode: str = "search", instance: int = 0, failed: int = 0) -> Rows:
    """Samples of a step at which a queue gets ``served`` changes done a second: pods come and go in turns."""
    begin = int(1e9)
    rows = [sample("step_s", SECONDS, mode, instance, begin, rate=rate)]
    free = 0.0
    for number in range(round(rate * SECONDS)):
        due = number / rate
        free = max(due, free) + 1 / served
        kind, metric = (("created", "ready_ms"), ("deleted", "released_ms"))[number % 2]
        value = None if number < failed else (free - due) * 1e3
        at = begin + round(due * 1e9)
        rows.append(sample(metric, value, mode, instance, at, rate=rate, change=kind))
        rows.append(sample("late_ms", 1.0, mode, instance, at, rate=rate, change=kind))
    return rows


def counts(
    metric: str, where: str, what: str, before: int, anew: int, instance: int = 0, after: int | None = None
) -> Rows:
    return [
        sample(metric, count, mode, instance, where=where, what=what)
        for mode, count in (("before", before), ("after", anew if after is None else after), ("anew", anew))
    ]


def clean(instance: int = 0) -> Rows:
    return [
        *counts("rows", "nb", "Logical_Switch_Port", 10, 10, instance),
        *counts("addresses", "api", "records", 10, 10, instance),
        *counts("flows", "node1", "br-int", 900, 900, instance),
    ]


def sample(
    metric: str, value: float | None, mode: str, instance: int = 0, start_ns: int = 0, **labels: str | float
) -> Sample:
    return Sample(
        metric=metric,
        value=value,
        mode=mode,
        instance=instance,
        start_ns=start_ns,
        labels=text_of_labels(labels),
        outcome="failed" if value is None else "ok",
    )


def summary(*rows: Rows) -> Summary:
    table = [msgspec.structs.asdict(row) for group in rows for row in group]
    return Churn().summarise(pd.DataFrame(table, columns=list(Sample.__struct_fields__)))


def value(found: Summary, name: str, **labels: str | float) -> float | None:
    entry = lookup(found.metrics, name, labels)
    assert entry is not None, name
    return entry.value


def test_the_highest_rate_below_the_first_that_fell_behind_is_the_one_kept_up() -> None:
    found = summary(step(10, 50), step(20, 50), step(40, 20), step(80, 200), clean())
    assert value(found, "sustained_changes_per_s") == 20
    assert value(found, "done_changes_per_s", rate=40.0) == pytest.approx(20, rel=0.05)
    assert found.answer == "20 changes a second were kept up; 1,500 changes left nothing behind."


def test_of_several_instances_the_one_that_managed_least_counts() -> None:
    first = (step(10, 50), step(20, 50), clean())
    second = (step(10, 50, instance=1), step(20, 5, instance=1), clean(1))
    assert value(summary(*first, *second), "sustained_changes_per_s") == 10


def test_rates_of_which_none_fell_behind_are_a_lower_bound() -> None:
    assert summary(step(10, 50), clean()).answer.startswith("At least 10 changes a second were kept up;")


def test_a_change_that_failed_is_counted_and_its_rate_not_kept_up() -> None:
    found = summary(step(10, 50), step(20, 50, failed=2), clean())
    came = lookup(found.metrics, "ready_p50_ms", {"rate": 20.0})
    assert came is not None
    assert (came.attempts, came.failed) == (100, 1)
    assert value(found, "sustained_changes_per_s") == 10


def test_a_run_that_kept_up_with_nothing_says_so_and_has_no_rate() -> None:
    found = summary(step(10, 2), step(5, 2), clean())
    assert value(found, "sustained_changes_per_s") is None
    assert found.answer.startswith("Not even 5 changes a second were kept up;")


def test_headline_times_are_of_the_long_stretch_and_each_way_to_go_has_its_own() -> None:
    found = summary(step(10, 50), step(8, 4_000, mode="lasting"), clean())
    assert value(found, "released_max_ms") == pytest.approx(0.25)
    assert value(found, "released_max_ms", change="deleted") == pytest.approx(0.25)
    assert value(found, "released_max_ms", rate=10.0) == pytest.approx(20)
    assert value(found, "late_max_ms") == 1
    assert value(found, "changes") == 100 + 80


def test_what_there_is_more_of_has_leaked_and_nothing_makes_up_for_it() -> None:
    found = summary(
        step(10, 50),
        counts("rows", "nb", "Logical_Switch_Port", 10, 12),
        counts("rows", "sb", "Port_Binding", 10, 9),
        counts("addresses", "api", "records", 10, 11),
        counts("flows", "node1", "br-int", 900, 907),
    )
    assert value(found, "leaked_rows") == 2
    assert value(found, "leaked_rows", where="nb", what="Logical_Switch_Port") == 2
    assert lookup(found.metrics, "leaked_rows", {"where": "sb", "what": "Port_Binding"}) is None
    assert value(found, "missing_rows") == 1
    assert value(found, "leaked_addresses") == 1
    assert value(found, "leaked_flows") == 7
    assert found.answer.endswith("100 changes left 2 rows, 1 addresses and 7 flows behind.")


def test_flows_that_only_computing_anew_removes_are_stale_and_have_not_leaked() -> None:
    rows = counts("rows", "nb", "ACL", 1, 1), counts("addresses", "api", "records", 1, 1)
    found = summary(step(10, 50), *rows, counts("flows", "node1", "br-int", 900, 900, after=919))
    assert (value(found, "leaked_flows"), value(found, "stale_flows")) == (0, 19)
    assert found.answer.endswith("left nothing behind; 19 flows went only when ovn-controller computed anew.")


def test_the_instance_that_leaked_most_counts() -> None:
    leaky = counts("rows", "nb", "ACL", 0, 3, instance=1)
    assert value(summary(step(10, 50), clean(), leaky), "leaked_rows") == 3


def test_what_was_not_counted_has_not_leaked_nothing() -> None:
    found = summary(step(10, 50))
    assert value(found, "leaked_rows") is None
    assert found.answer.endswith("what they leave was not counted.")
    kept = [entry.metric for entry in Churn.expectations if entry.holds(value(found, entry.metric))]
    assert kept == ["sustained_changes_per_s"]


@pytest.mark.parametrize("rows", [[], [sample("step_s", 5.0, "search", rate=10)], step(10, 50)[:1]])
def test_whatever_the_run_got_to_can_be_summed_up_and_written(rows: Iterable[Sample]) -> None:
    assert json.loads(msgspec.json.encode(summary(list(rows))))["answer"]


def test_times_grow_with_the_rate_in_one_figure_and_have_a_curve_a_rate_in_another() -> None:
    figures = summary(step(10, 50), step(20, 50), clean()).figures
    growing, asked, *curves = figures
    assert isinstance(growing, Growth)
    assert isinstance(asked, Growth)
    assert [[point.x for point in series.points] for series in (*growing.series, *asked.series)] == [
        [10, 20]
    ] * 4
    for figure in curves:
        assert isinstance(figure, Ecdf)
        assert [series.name for series in figure.series] == ["10 a second", "20 a second"]


def test_the_pods_that_move_are_among_those_there_are() -> None:
    assert Params(pods=20, churning=10, replicas=2).staying == 6
    with pytest.raises(ValueError, match="allowed at most pods, 20"):
        Params(pods=20, churning=18, replicas=2)
    with pytest.raises(ValueError, match="first_per_s"):
        Params(first_per_s=10, fastest_per_s=5)
