"""What samples of lost gateways amount to."""

from __future__ import annotations

import msgspec
import pandas as pd

from scenarios.gateway_failover import GatewayFailover, Params
from testbed.results import Sample, lookup, text_of_labels


def trial(mode: str, phase: str, outage: float | None, number: int) -> list[Sample]:
    return [
        Sample(
            metric=metric,
            value=value,
            mode=mode,
            trial=number,
            labels=text_of_labels({"phase": phase}),
            outcome="failed" if value is None else "ok",
        )
        for metric, value in (("outage_ms", outage), ("lost_packets", outage and outage / 10))
    ]


def summary(*samples: list[Sample]):  # type: ignore[no-untyped-def]
    rows = [Sample(metric="nodes", value=4.0), *(sample for group in samples for sample in group)]
    return GatewayFailover().summarise(pd.DataFrame([msgspec.structs.asdict(row) for row in rows]))


def test_headlines_are_of_the_loss_and_the_return_has_its_own() -> None:
    found = summary(
        trial("link_cut", "lost", 150, 1),
        trial("link_cut", "lost", 170, 2),
        trial("link_cut", "returned", 900, 1),
    )
    middle, worst = (lookup(found.metrics, f"link_cut_outage_{name}_ms") for name in ("p50", "max"))
    assert middle is not None
    assert worst is not None
    assert (middle.value, worst.value) == (160, 170)
    back = lookup(found.metrics, "link_cut_outage_max_ms", {"phase": "returned"})
    assert back is not None
    assert back.value == 900
    assert "160 ms (median) when the link of the gateway node was cut" in found.answer


def test_a_trial_that_never_came_to_rest_is_a_failed_one_and_no_zero() -> None:
    found = summary(trial("node_killed", "lost", None, 1), trial("node_killed", "lost", 140, 2))
    middle = lookup(found.metrics, "node_killed_outage_p50_ms")
    assert middle is not None
    assert (middle.value, middle.attempts, middle.failed) == (140, 2, 1)


def test_a_run_that_lost_no_gateway_says_so() -> None:
    assert summary().answer == "No gateway was lost."


def test_every_profile_has_a_node_that_is_no_gateway() -> None:
    assert all(isinstance(entry, Params) and entry.nodes >= 3 for entry in GatewayFailover.profiles.values())
