"""Comparisons of invented runs whose spread is that of real ones: samples of one cluster spread by about half."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from analysis import count, median, ratio_of_medians, select
from analysis.comparison import LEVEL, Comparison, MetricChange, compare
from analysis.comparison_effect import Effect, Spread, spread
from analysis.comparison_obstacles import foreseen, obstacles
from analysis.comparison_sides import Samples, Side
from analysis.selection import Floats
from testbed.results import Host, Metric, ReleaseUnderTest, Run, Sample, Validity, frame_of, text_of_labels

Groups = list[list[Floats]]

SPREAD = 0.5
"""Of the logarithm of one sample."""
BETWEEN = 0.1
"""By how much whole clusters of one build differ."""
STAGES = {"accepted_to_nb": 5.0, "nb_to_sb": 100.0, "sb_to_all_nodes": 95.0}


def side(
    seed: int,
    *,
    instances: int = 4,
    samples: int = 40,
    slower: Mapping[str, float] | None = None,
    recomputed: Iterable[float] = (1.0,),
) -> Side:
    """A run of one release; ``slower`` multiplies stages."""
    rng = np.random.default_rng(seed)
    rows: list[Sample] = []
    for instance in range(1, instances + 1):
        cluster = rng.lognormal(0, BETWEEN)
        for trial in range(samples):
            times = {
                stage: length * cluster * rng.lognormal(0, SPREAD) * (slower or {}).get(stage, 1.0)
                for stage, length in STAGES.items()
            }
            for stage, time in times.items():
                rows.append(_sample("stage_ms", time, instance, trial, stage=stage))
            rows.append(_sample("all_nodes_ms", sum(times.values()), instance, trial))
            rows.append(_sample("ready_ms", sum(times.values()) * rng.lognormal(0, 0.1), instance, trial))
            rows.append(_sample("processor_ms", 50 * cluster * rng.lognormal(0, SPREAD), instance, trial))
        rows += [_sample("recomputes", amount, instance, trial) for trial, amount in enumerate(recomputed)]
    table = frame_of(rows, Sample)
    metrics = [
        median(select(table, f"{name}_ms"), f"{name}_p50_ms") for name in ("all_nodes", "ready", "processor")
    ]
    metrics += [
        median(select(table, "stage_ms", labels={"stage": stage}), "stage_p50_ms", labels={"stage": stage})
        for stage in STAGES
    ]
    ratio = ratio_of_medians(
        select(table, "all_nodes_ms"), select(table, "processor_ms"), "wall_over_processor"
    )
    run = Run(
        id=f"run-{seed}",
        scenario="incremental",
        status="complete",
        metrics=(*metrics, ratio),
        counters=(count(select(table, "recomputes"), "recomputes_per_change"),),
        releases=(ReleaseUnderTest(name="system"),),
        validity=Validity(verdict="valid"),
    )
    return Side(run, "system", Samples(table))


def _sample(metric: str, value: float, instance: int, trial: int, **labels: str) -> Sample:
    return Sample(
        metric=metric,
        value=value,
        instance=instance,
        trial=trial,
        mode="incremental",
        labels=text_of_labels({"pods": 100, **labels}),
    )


def change(found: Comparison, name: str) -> MetricChange:
    return next(entry for entry in found.metrics if entry.name == name)


@pytest.mark.parametrize("instances", [2, 3, 5])
@pytest.mark.parametrize("within", [0.02, SPREAD], ids=["steady samples", "scattered samples"])
def test_figures_of_equal_builds_differ_no_more_often_than_the_stated_level(
    instances: int, within: float
) -> None:
    rng = np.random.default_rng(instances)
    pairs, level = 300, 0.05

    def groups() -> Groups:
        return [[rng.lognormal(0, BETWEEN) * rng.lognormal(3, within, 20) for _ in range(instances)]]

    seen = [Effect(_spread(groups()), _spread(groups())).p for _ in range(pairs)]
    alarms = sum(p is not None and p <= level for p in seen)
    assert alarms <= pairs * level + 2 * math.sqrt(pairs * level)


def test_samples_of_two_kinds_raise_no_alarms() -> None:
    """The median of all samples of a side would jump between the kinds."""
    rng = np.random.default_rng(8)

    def groups() -> Groups:
        return [[np.where(rng.random(20) < 0.5, 10, 20) * rng.lognormal(0, 0.02, 20) for _ in range(5)]]

    seen = [Effect(_spread(groups()), _spread(groups())).p for _ in range(200)]
    assert sum(p is not None and p <= 0.05 for p in seen) <= 10


def test_figures_ratio_and_interval_of_a_comparison_agree() -> None:
    found = change(compare(side(1), side(2, slower={"nb_to_sb": 1.5})), "all_nodes_p50_ms")
    assert found.before is not None
    assert found.after is not None
    assert found.ci95 is not None
    assert found.ratio == pytest.approx(found.after / found.before)
    assert math.sqrt(found.ci95[0] * found.ci95[1]) == pytest.approx(found.ratio)


def test_clusters_that_agree_by_chance_claim_no_certainty() -> None:
    rng = np.random.default_rng(5)
    seen = []
    for _ in range(100):
        fast, slow = (np.append(rng.choice([10.0, 20.0], 20), middle) for middle in (10.0, 20.0))
        seen.append(Effect(_spread([[fast, fast, fast]]), _spread([[slow, slow, slow]])).p)
    assert min(p for p in seen if p is not None) > 0.01


def test_a_ratio_keeps_what_both_of_its_medians_share() -> None:
    """A cluster that is slow in both modes has the same ratio as the others."""
    rng = np.random.default_rng(6)
    full, incremental = [], []
    for _ in range(3):
        cluster = rng.lognormal(0, 1)
        full.append(cluster * rng.lognormal(5, 0.01, 20))
        incremental.append(cluster * rng.lognormal(3, 0.01, 20))
    assert _spread([full, incremental]).variance < 1e-3 < _spread([full]).variance


def test_too_few_samples_of_one_cluster_have_no_spread_and_no_positive_value_no_logarithm() -> None:
    assert spread([[np.array([1.0, 2.0])]]) is None
    assert spread([[np.array([1.0, 2.0]), np.array([2.0, 3.0])]]) is not None
    assert spread([[np.zeros(5)]]) is None


def test_comparisons_of_equal_builds_raise_no_more_alarms_than_the_stated_level() -> None:
    pairs = 30
    alarms = sum(
        bool(
            compare(
                side(2 * n, instances=3, samples=20), side(2 * n + 1, instances=3, samples=20)
            ).regressions
        )
        for n in range(pairs)
    )
    assert alarms <= pairs * LEVEL + 2 * math.sqrt(pairs * LEVEL)


def test_five_runs_of_one_build_raise_no_alarm() -> None:
    runs = [side(seed) for seed in range(5)]
    for before, after in pairwise(runs):
        assert compare(before, after).regressions == ()


def test_a_slower_stage_is_found_and_named() -> None:
    found = compare(side(1), side(2, slower={"nb_to_sb": 4.0}))
    slow = change(found, "all_nodes_p50_ms")
    assert slow.verdict == "worse"
    assert slow.ci95 is not None
    assert slow.ci95[0] > 1
    assert slow.stage is not None
    assert slow.stage.name == "nb_to_sb"
    assert slow.stage.share > 0.9
    assert change(found, "processor_p50_ms").verdict == "within noise"


def test_what_became_faster_is_better_and_no_regression() -> None:
    found = compare(side(1, slower={"nb_to_sb": 4.0}), side(2))
    assert change(found, "all_nodes_p50_ms").verdict == "better"
    assert found.regressions == ()


def test_one_instance_gives_no_verdict_on_times_only_on_counters() -> None:
    found = compare(side(1, instances=1), side(2, instances=1, slower={"nb_to_sb": 9.0}, recomputed=(2.0,)))
    assert found.judged == 0
    slow = change(found, "all_nodes_p50_ms")
    assert (slow.verdict, slow.p, slow.smallest, slow.repeats) == ("within-run only", None, None, None)
    assert slow.ci95 is not None
    assert [entry.name for entry in found.regressions] == ["recomputes_per_change"]


def test_counters_that_vary_differ_only_beyond_all_that_was_seen() -> None:
    overlapping = compare(side(1, recomputed=(1.0, 2.0)), side(2, recomputed=(2.0, 3.0)))
    assert [entry.verdict for entry in overlapping.counters] == ["varies"]
    apart = compare(side(1, recomputed=(1.0, 2.0)), side(2, recomputed=(3.0, 4.0)))
    assert [entry.verdict for entry in apart.counters] == ["worse"]
    assert [entry.verdict for entry in compare(side(1), side(2)).counters] == ["equal"]


def test_a_figure_that_is_no_longer_measured_is_lost() -> None:
    after = side(2)
    kept = tuple(entry for entry in after.run.metrics if entry.name != "ready_p50_ms")
    blind = Side(_with(after.run, metrics=kept), "system", after.samples)
    assert [entry.name for entry in compare(side(1), blind).regressions] == ["ready_p50_ms"]


def test_a_change_of_the_stated_size_is_found_about_four_times_out_of_five() -> None:
    """The promise behind ``smallest``, for a figure on its own."""
    error_level = 0.05
    rng = np.random.default_rng(3)

    def groups(factor: float) -> Groups:
        return [[factor * rng.lognormal(0, BETWEEN) * rng.lognormal(3, SPREAD, 30) for _ in range(6)]]

    size = float(np.median([_smallest(groups(1), groups(1), error_level) for _ in range(20)]))
    found = 0
    for _ in range(60):
        seen = Effect(_spread(groups(1)), _spread(groups(1 + size)))
        assert seen.p is not None
        found += seen.p < error_level
    assert 0.6 <= found / 60 <= 0.98


def test_more_instances_settle_smaller_changes() -> None:
    seen = Effect(Spread(3, 0.01, 3), Spread(3, 0.01, 3))
    small, large = seen.repeats(0.01, 0.1), seen.repeats(0.01, 0.5)
    assert large is not None
    assert small is None or small > large > 1


def test_as_many_instances_as_it_needs_show_a_change_four_times_out_of_five() -> None:
    """The promise behind ``repeats``."""
    rng = np.random.default_rng(7)
    size, level, each = 0.25, 0.05, BETWEEN**2

    def seen(instances: int) -> Effect:
        logs = [rng.normal(mean, BETWEEN, instances) for mean in (0, math.log1p(size))]
        sides = [Spread(row.mean(), row.var(ddof=1) / instances, instances) for row in logs]
        return Effect(sides[0], sides[1])

    count = Effect(Spread(0, each / 3, 3), Spread(math.log1p(size), each / 3, 3)).repeats(level, 0.05)
    assert count is not None

    def found(instances: int) -> float:
        p = [seen(instances).p for _ in range(400)]
        return sum(entry is not None and entry < level for entry in p) / len(p)

    assert found(count) > 0.72
    assert found(count - 1) < 0.85


def test_a_smaller_change_than_is_worth_acting_on_is_noise_however_sure() -> None:
    before, after = (
        side(seed, instances=8, slower=dict.fromkeys(STAGES, factor))
        for seed, factor in ((1, 1.0), (1, 1.04))
    )
    found = change(compare(before, after), "all_nodes_p50_ms")
    assert found.ratio == pytest.approx(1.04)
    assert found.verdict == "within noise"


def test_counters_that_one_side_has_alone_are_counted() -> None:
    before, after = side(1), side(2)
    renamed = tuple(replace(entry, name="other_per_change") for entry in after.run.counters)
    more = Side(_with(after.run, counters=(*after.run.counters, *renamed)), "system", after.samples)
    assert compare(before, more).alone == (0, 1)
    assert compare(more, before).alone == (1, 0)


def test_every_difference_of_circumstances_is_named() -> None:
    run = side(1).run
    assert obstacles(run, side(2).run) == ()
    elsewhere = _with(run, host=Host(fingerprint="b", cores=4), params={"pods": 5}, status="interrupted")
    doubtful = _with(elsewhere, validity=Validity(verdict="suspect"))
    told = " ".join(obstacles(run, doubtful))
    for word in ("machine", "parameter pods", "valid against suspect", "interrupted"):
        assert word in told


def test_what_became_of_the_older_run_is_foreseen_and_of_the_planned_one_is_not() -> None:
    run = side(1).run
    assert foreseen(run, _with(run, validity=Validity(), status="running")) == ()
    assert len(foreseen(_with(run, status="timed-out", validity=Validity(verdict="suspect")), run)) == 2


def test_invalid_runs_do_not_compare_even_with_each_other() -> None:
    invalid = _with(side(1).run, validity=Validity(verdict="invalid"))
    assert obstacles(invalid, invalid) == ("validity: invalid against invalid",)


def test_records_whose_samples_cannot_be_found_give_no_verdict() -> None:
    before, after = side(1), side(2, slower={"nb_to_sb": 9.0})
    old = tuple(_sourceless(entry) for entry in before.run.metrics)
    found = compare(Side(_with(before.run, metrics=old), "system", before.samples), after)
    assert {entry.verdict for entry in found.metrics} == {"not judged"}


def _sourceless(metric: Metric) -> Metric:
    return replace(metric, sources=())


def _with(run: Run, **fields: Any) -> Run:
    return replace(run, **fields)


def _spread(groups: Groups) -> Spread:
    found = spread(groups)
    assert found is not None
    return found


def _smallest(before: Groups, after: Groups, level: float) -> float:
    found = Effect(_spread(before), _spread(after)).smallest(level)
    assert found is not None
    return found
