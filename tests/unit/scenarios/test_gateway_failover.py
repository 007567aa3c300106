"""What samples of lost gateways amount to."""

from __future__ import annotations

import msgspec
import pandas as pd
import pytest

from scenarios.gateway_failover import GatewayFailover, Params
from testbed.experiment.scenario import Summary
from testbed.results import Sample, lookup, text_of_labels
from testbed.results.records import Label


def a_sample(metric: str, value: float | None, mode: str = "", trial: int = 1, **labels: Label) -> Sample:
    outcome = "failed" if value is None else "ok"
    text = text_of_labels(labels)
    return Sample(metric=metric, value=value, mode=mode, trial=trial, labels=text, outcome=outcome)


def trial(mode: str, phase: str, outage: float | None, number: int, pods: int = 0) -> list[Sample]:
    return [
        a_sample(metric, value, mode, number, pods=pods, phase=phase)
        for metric, value in (("outage_ms", outage), ("lost_packets", outage and outage / 10))
    ]


def summary(*samples: list[Sample]) -> Summary:
    rows = [a_sample("nodes", 4.0, pods=0), *(sample for group in samples for sample in group)]
    return GatewayFailover().summarise(pd.DataFrame([msgspec.structs.asdict(row) for row in rows]))


def value(found: Summary, name: str, **labels: Label) -> float | None:
    metric = lookup(found.metrics, name, labels)
    assert metric is not None, name
    return metric.value


def test_headlines_are_of_the_loss_and_the_return_has_its_own() -> None:
    found = summary(
        trial("link_cut", "lost", 150, 1),
        trial("link_cut", "lost", 170, 2),
        trial("link_cut", "returned", 900, 1),
    )
    assert value(found, "link_cut_outage_p50_ms") == 160
    assert value(found, "link_cut_outage_max_ms") == 170
    assert value(found, "link_cut_outage_max_ms", phase="returned") == 900
    assert "160 ms (median) when the link of the gateway node was cut" in found.answer


def test_a_trial_that_never_came_to_rest_is_a_failed_one_and_no_zero() -> None:
    found = summary(trial("node_killed", "lost", None, 1), trial("node_killed", "lost", 140, 2))
    middle = lookup(found.metrics, "node_killed_outage_p50_ms")
    assert middle is not None
    assert (middle.value, middle.attempts, middle.failed) == (140, 2, 1)


def test_a_larger_cluster_has_its_own_figures_beside_the_headline() -> None:
    found = summary(
        [a_sample("nodes", 4.0, pods=500)],
        trial("node_killed", "lost", 150, 1),
        trial("node_killed", "lost", 400, 1, pods=500),
    )
    assert value(found, "node_killed_outage_p50_ms") == 150
    assert value(found, "node_killed_outage_p50_ms", pods=500) == 400
    assert "150 ms (median)" in found.answer
    assert "400 ms among 500 pods" in found.answer


def test_larger_sizes_are_larger() -> None:
    assert Params(pods=10, beyond=(30, 20)).sizes == (10, 20, 30)
    with pytest.raises(ValueError, match="beyond: found 10, allowed more than pods, 10"):
        Params(pods=10, beyond=(10,))


def test_what_planned_moves_lost_is_added_up_there_and_back() -> None:
    found = summary(
        trial("planned_move", "lost", 0, 1),
        trial("planned_move", "returned", 10, 1),
        trial("drain", "lost", 20, 2),
        trial("node_killed", "lost", 150, 3),
        trial("node_killed", "returned", 40, 3),
    )
    assert value(found, "planned_move_lost_packets") == 3
    assert value(found, "planned_move_lost_packets", way="drain", phase="lost") == 2
    assert "all planned moves together lost 3 datagrams; all returns of the node 4" in found.answer


def test_an_outage_is_told_in_its_parts() -> None:
    parts = [
        a_sample(metric, moment, "node_killed", pods=0, phase="lost")
        for metric, moment in (("detected_ms", 100), ("claimed_ms", 130), ("claim_wait_ms", 12))
    ]
    found = summary(trial("node_killed", "lost", 120, 1), parts)
    assert value(found, "node_killed_detected_p50_ms") == 100
    assert value(found, "node_killed_claimed_p50_ms") == 130
    assert value(found, "node_killed_claim_wait_p50_ms") == 12
    (bar,) = (bar for figure in found.figures for bar in getattr(figure, "bars", ()))
    assert [part.value for part in bar.parts] == [100, 30, 0]


def test_what_bfd_costs_is_the_difference_on_the_same_node_in_the_same_round() -> None:
    looks = [
        a_sample("vswitchd_cpu_ms_per_s", used, mode, number, node=node, role=role)
        for node, role, mode, number, used in (
            ("node1", "gateway", "bfd_on", 1, 9.0),
            ("node1", "gateway", "bfd_off", 1, 4.0),
            ("node1", "gateway", "bfd_on", 2, 12.0),
            ("node1", "gateway", "bfd_off", 2, 5.0),
            ("node3", "other", "bfd_on", 1, 6.0),
            ("node3", "other", "bfd_off", 1, 4.0),
        )
    ]
    found = summary(looks)
    assert value(found, "bfd_cpu_ms_per_s") == 5
    assert value(found, "bfd_cpu_ms_per_s", role="gateway") == 6
    assert value(found, "bfd_cpu_ms_per_s", role="other") == 2
    assert value(found, "vswitchd_cpu_ms_per_s", mode="bfd_off", role="gateway") == 4.5


def test_false_failovers_stand_beside_the_load_under_which_they_were_looked_for() -> None:
    found = summary([a_sample("false_failovers", 0, "load"), a_sample("load_cpu_share", 0.97, "load")])
    assert value(found, "false_failovers") == 0
    assert "0 false failovers with the processors 97% busy" in found.answer


@pytest.mark.parametrize("name", ["false_failovers", "planned_move_lost_packets", "bfd_cpu_ms_per_s"])
def test_what_was_not_looked_at_has_no_value(name: str) -> None:
    assert value(summary(), name) is None


def test_a_run_that_lost_no_gateway_says_so() -> None:
    assert summary().answer == "No gateway was lost."


def test_every_profile_has_a_node_that_is_no_gateway() -> None:
    assert all(isinstance(entry, Params) and entry.nodes >= 3 for entry in GatewayFailover.profiles.values())
