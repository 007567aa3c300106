from dataclasses import dataclass, field

import pytest

from testbed.results import Counter, Metric, judge
from testbed.results.records import Label


@dataclass
class AtMost:
    metric: str
    most: float
    labels: dict[str, Label] = field(default_factory=dict)
    why: str = "seen: half of it"

    def holds(self, value: float | None) -> bool:
        return value is not None and value <= self.most

    def __str__(self) -> str:
        return f"{self.metric} <= {self.most:g}"


METRICS = (
    Metric(name="ready_ms", value=99.0, labels={"pods": 5000}),
    Metric(name="ready_ms", value=10.0),
    Metric(name="lost_ms", value=None, attempts=3, failed=3),
)
COUNTERS = (Counter(name="recomputes_per_change", value=0, labels={"mode": "incremental"}),)


@pytest.mark.parametrize(
    ("bound", "outcome", "value"),
    [
        (AtMost("ready_ms", 10), "met", 10.0),
        (AtMost("ready_ms", 9.9), "failed", 10.0),
        (AtMost("ready_ms", 50, {"pods": 5000}), "failed", 99.0),
        (AtMost("recomputes_per_change", 0, {"mode": "incremental"}), "met", 0.0),
    ],
)
def test_a_bound_is_held_against_the_record_of_its_name_and_exactly_its_labels(
    bound: AtMost, outcome: str, value: float
) -> None:
    (verdict,) = judge([bound], METRICS, COUNTERS)
    assert (verdict.outcome, verdict.value) == (outcome, value)
    assert verdict.passed == (outcome == "met")


@pytest.mark.parametrize(
    "bound", [AtMost("other_ms", 1e9), AtMost("lost_ms", 1e9), AtMost("ready_ms", 1e9, {"pods": 1})]
)
def test_a_metric_that_was_not_measured_fails_its_expectation(bound: AtMost) -> None:
    (verdict,) = judge([bound], METRICS, COUNTERS)
    assert verdict.outcome == "not measured"
    assert not verdict.passed


def test_a_verdict_says_the_bound_in_words_and_where_it_comes_from() -> None:
    (verdict,) = judge([AtMost("ready_ms", 10)], METRICS)
    assert (verdict.expectation, verdict.why) == ("ready_ms <= 10", "seen: half of it")
