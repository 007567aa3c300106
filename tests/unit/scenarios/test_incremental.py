import json
from itertools import count
from typing import Any

import msgspec
import pandas as pd
import pytest

from scenarios._incremental_summary import summarise
from scenarios.incremental import Incremental, Params
from testbed.results import Growth, Sample, lookup, text_of_labels

Rows = list[Sample]


def rung(pods: int, incremental: list[float | None], full: list[float | None], change: str = "added") -> Rows:
    """Samples as the scenario records them at one size: a time is a time to the last node, None a failed attempt."""
    rows = [Sample(metric="flows_per_node", value=pods * 10.0, labels=text_of_labels({"pods": pods}))]
    rows.append(Sample(metric="pods", value=float(pods), labels=text_of_labels({"pods": pods})))
    rows.append(Sample(metric="nodes", value=3.0, labels=text_of_labels({"pods": pods})))
    trials = count(1)
    for mode, times in (("incremental", incremental), ("full", full)):
        for time in times:
            rows += trial(mode, change, pods, next(trials), time)
    return rows


def trial(mode: str, change: str, pods: int, number: int, time: float | None, block: int = 1) -> Rows:
    def sample(metric: str, value: float | None, **labels: Any) -> Sample:
        return Sample(
            metric=metric,
            value=value,
            mode=mode,
            block=block,
            trial=number,
            labels=text_of_labels({"change": change, "pods": pods, **labels}),
            outcome="ok" if value is not None else "failed",
            reason="" if value is not None else "it did",
        )

    settled = "pod_ready_ms" if change == "added" else "pod_gone_ms"
    if time is None:
        return [sample("all_nodes_ms", None), sample(settled, None)]
    recomputes = 1.0 if mode == "full" else 0.0
    return [
        sample("all_nodes_ms", time),
        sample(settled, time + 1),
        sample("stage_ms", time / 4, stage="accepted_to_nb"),
        sample("stage_ms", time / 2, stage="nb_to_all_nodes"),
        sample("stage_ms", time / 4, stage="unattributed"),
        sample("processor_ms", time * 2, of="northd and busiest node"),
        sample("processor_ms", time, of="northd"),
        sample("end_ms", time - 1, end="installed"),
        sample("recomputes", recomputes, daemon="ovn-northd", engine_node="lflow"),
        sample("recomputes", recomputes, daemon="ovn-controller", engine_node="lflow_output"),
        sample("recomputes", 0.0, daemon="ovn-controller", engine_node="addr_sets"),
        sample("rows_written", 1.0, database="nb", operation="inserted"),
        sample("flow_modifications", 8.0),
    ]


def frame(rows: Rows) -> pd.DataFrame:
    return pd.DataFrame([msgspec.structs.asdict(row) for row in rows], columns=list(Sample.__struct_fields__))


def test_the_last_rung_gives_the_headlines_and_the_others_carry_their_size() -> None:
    found = summarise(frame(rung(500, [1.0, 1.0], [4.0]) + rung(1_500, [10.0, 20.0, 30.0], [100.0, 300.0])))
    headlines = {entry.name: entry.value for entry in found.metrics if entry.is_headline}
    assert headlines["pods"] == 1_500
    assert headlines["flows_per_node"] == 15_000
    assert headlines["nodes"] == 3
    assert headlines["incremental_all_nodes_p50_ms"] == 20
    assert headlines["incremental_pod_ready_p50_ms"] == 21
    assert headlines["full_all_nodes_p50_ms"] == 200
    assert headlines["full_all_nodes_max_ms"] == 300
    assert headlines["full_over_incremental"] == 10
    assert headlines["full_over_incremental_cpu"] == 10
    below = lookup(found.metrics, "full_over_incremental", {"pods": 500})
    assert below is not None
    assert below.value == 4


def test_deleted_pods_are_measured_apart() -> None:
    rows = rung(500, [10.0], [20.0]) + rung(500, [5.0], [50.0], change="deleted")
    found = summarise(frame(rows))
    deleted = lookup(found.metrics, "full_over_incremental", {"change": "deleted"})
    headline = lookup(found.metrics, "full_over_incremental")
    assert deleted is not None
    assert headline is not None
    assert (headline.value, deleted.value) == (2, 10)


def test_warm_up_counts_for_nothing() -> None:
    rows = rung(500, [10.0], [20.0]) + trial("incremental", "added", 500, 99, 9_999.0, block=0)
    found = lookup(summarise(frame(rows)).metrics, "incremental_all_nodes_max_ms")
    assert found is not None
    assert (found.value, found.attempts) == (10, 1)


def test_failed_attempts_are_counted_and_give_no_time() -> None:
    found = lookup(
        summarise(frame(rung(500, [10.0, None, None], [20.0]))).metrics, "incremental_all_nodes_p50_ms"
    )
    assert found is not None
    assert (found.value, found.n, found.attempts, found.failed) == (10, 1, 3, 2)


def test_a_tail_is_called_p99_from_a_hundred_samples_on() -> None:
    few = summarise(frame(rung(500, [1.0] * 99, [2.0])))
    many = summarise(frame(rung(500, [1.0] * 100, [2.0])))
    assert lookup(few.metrics, "incremental_all_nodes_p99_ms") is None
    assert lookup(many.metrics, "incremental_all_nodes_p99_ms") is not None


def test_counters_are_told_by_mode_and_those_that_never_move_are_left_out() -> None:
    found = summarise(frame(rung(500, [10.0], [20.0])))
    where = {"change": "added", "daemon": "ovn-controller", "engine_node": "lflow_output"}
    values = {
        mode: lookup(found.counters, "recomputes_per_change", {"mode": mode, **where})
        for mode in ("incremental", "full")
    }
    assert {mode: entry and entry.value for mode, entry in values.items()} == {"incremental": 0, "full": 1}
    assert not [entry for entry in found.counters if entry.labels.get("engine_node") == "addr_sets"]
    rows = [entry for entry in found.counters if entry.name == "rows_written_per_change"]
    assert {entry.labels["mode"] for entry in rows} == {"incremental", "full"}


def test_a_ladder_of_one_rung_has_no_growth() -> None:
    one = summarise(frame(rung(500, [10.0], [20.0])))
    two = summarise(frame(rung(500, [10.0], [20.0]) + rung(900, [11.0], [40.0])))
    assert not [figure for figure in one.figures if isinstance(figure, Growth)]
    assert [figure for figure in two.figures if isinstance(figure, Growth)]


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        ([], "No pod was measured."),
        (rung(500, [], []), "No pod was measured."),
        (rung(500, [None], [None]), "No pod was measured."),
        (rung(500, [10.0], []), "processing in full was not measured"),
        (
            rung(1_500, [50.0], [600.0]),
            "One more pod reached all 3 nodes, of at least 15,000 flows each, in 50 ms (median) when it was processed "
            "incrementally, and in 600 ms when everything was recomputed: 12.0 times as long, at 12.0 times the "
            "processor time.",
        ),
    ],
)
def test_the_answer_is_a_sentence_whatever_the_run_got_to(rows: Rows, answer: str) -> None:
    assert answer in summarise(frame(rows)).answer


def test_whatever_was_summed_up_can_be_written_and_read_again() -> None:
    found = summarise(frame(rung(500, [10.0], [20.0]) + rung(900, [11.0], [40.0])))
    assert json.loads(msgspec.json.encode(found))["answer"]


@pytest.mark.parametrize(
    ("ladder", "rungs"),
    [((), (100,)), ((50, 10), (10, 50, 100)), ((50, 50), (50, 100)), ((100, 200, 50), (50, 100))],
)
def test_rungs_ascend_to_the_last_size(ladder: tuple[int, ...], rungs: tuple[int, ...]) -> None:
    assert Params(pods=100, ladder=ladder).rungs == rungs


def test_the_quick_profile_is_as_large_as_promised() -> None:
    quick = Incremental.profiles["quick"]
    assert quick.nodes == 3
    assert quick.pods >= 1_500
