"""What samples of restarts amount to."""

from __future__ import annotations

import msgspec
import pandas as pd

from scenarios.restart import Params, Restart
from testbed.experiment.scenario import Summary
from testbed.results import Growth, Sample, lookup, text_of_labels


def trial(way: str, pods: int, ready: float, number: int = 1, **amounts: float | None) -> list[Sample]:
    values: dict[str, float | None] = {"ready_s": ready, "rows_written": 0, **amounts}
    return [
        Sample(
            metric=metric,
            value=value,
            mode=way,
            trial=number,
            labels=text_of_labels({"pods": pods}),
            outcome="failed" if value is None else "ok",
        )
        for metric, value in values.items()
    ]


def size(pods: int) -> list[Sample]:
    labels = text_of_labels({"pods": pods})
    return [
        Sample(metric=name, value=float(pods), labels=labels) for name in ("pods", "flows_per_node", "nodes")
    ]


def summary(*samples: list[Sample]) -> Summary:
    rows = [sample for group in samples for sample in group]
    columns = [field.name for field in msgspec.structs.fields(Sample)]
    return Restart().summarise(pd.DataFrame([msgspec.structs.asdict(row) for row in rows], columns=columns))


def value(found: Summary, name: str, **labels: int) -> float | None:
    metric = lookup(found.metrics, name, labels)
    return metric.value if metric else None


def test_headlines_are_of_the_largest_size_and_smaller_ones_have_a_label() -> None:
    found = summary(
        *(size(pods) for pods in (100, 1_000)),
        trial("unchanged", 100, 0.4),
        trial("unchanged", 1_000, 1.0),
        trial("unchanged", 1_000, 3.0, 2),
        trial("one_percent", 1_000, 1.5),
        trial("rebuild", 1_000, 4.0, rows_written=2_000),
    )
    assert value(found, "pods") == 1_000
    assert value(found, "restart_unchanged_s") == 2.0
    assert value(found, "restart_unchanged_s", pods=100) == 0.4
    assert value(found, "restart_one_percent_s") == 1.5
    assert value(found, "restart_rebuild_s") == 4.0
    assert value(found, "restart_rebuild_rows_written") == 2_000
    assert "At 1,000 pods" in found.answer
    assert "4.0 s with all of NB lost (2,000 rows written)" in found.answer


def test_the_worst_of_several_trials_counts_where_nothing_was_to_happen() -> None:
    found = summary(
        size(100),
        trial("unchanged", 100, 1.0, 1, rows_written=0, flow_modifications=0, lost_packets=0),
        trial("unchanged", 100, 1.0, 2, rows_written=1, flow_modifications=4, lost_packets=2),
    )
    names = ("rows_written", "flow_modifications", "lost_packets")
    assert [value(found, f"restart_unchanged_{name}") for name in names] == [1, 4, 2]


def test_a_log_that_was_compacted_is_a_failed_attempt_and_no_zero() -> None:
    found = summary(size(100), trial("rebuild", 100, 1.0, bytes_written=None))
    metric = lookup(found.metrics, "restart_rebuild_bytes_written")
    assert metric is not None
    assert (metric.value, metric.failed) == (None, 1)


def test_several_sizes_show_growth_and_one_does_not() -> None:
    both = [*size(100), *size(1_000), *trial("unchanged", 100, 0.4), *trial("unchanged", 1_000, 1.0)]
    assert any(isinstance(figure, Growth) for figure in summary(both).figures)
    assert not any(
        isinstance(figure, Growth) for figure in summary(size(100), trial("unchanged", 100, 0.4)).figures
    )


def test_a_run_that_came_to_no_restart_says_so() -> None:
    assert summary().answer == "The controller was not restarted."
    assert summary(size(100)).answer == "The controller was not restarted."


def test_rungs_end_with_the_size_of_the_headline() -> None:
    assert Params(pods=10_000, ladder=(1_000, 20_000, 10_000)).rungs == (1_000, 10_000)
    assert all(isinstance(entry, Params) for entry in Restart.profiles.values())
