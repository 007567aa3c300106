import msgspec
import pytest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from reports.export import FORMATS
from reports.export.history import moment
from testbed.results import Metric, Run, RunDirectory


@pytest.fixture
def run(invented: RunDirectory) -> Run:
    return invented.run()


def families(*runs: Run) -> dict[str, Family]:
    """What the strict parser of OpenMetrics reads."""
    text = FORMATS["openmetrics"].render(runs)
    parsed = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    return {family.name: family for family in parsed}


def with_only(run: Run, *metrics: Metric) -> Run:
    return msgspec.structs.replace(run, metrics=metrics, counters=(), expectations=())


@pytest.mark.parametrize(
    ("name", "value", "exported", "base"),
    [
        ("start_p50_ms", 250.0, "ovn_testbed_start_p50_seconds", 0.25),
        ("outage_s", 2.5, "ovn_testbed_outage_seconds", 2.5),
        ("node_mib", 3.0, "ovn_testbed_node_bytes", 3 * 1024 * 1024),
        ("wire_mpps", 0.9, "ovn_testbed_wire_packets_per_second", 900_000),
        ("wire_gbps", 8.0, "ovn_testbed_wire_bytes_per_second", 1e9),
        ("pods_per_s", 65_000.0, "ovn_testbed_pods_per_second", 65_000),
        ("full_over_incremental", 6.5, "ovn_testbed_full_over_incremental", 6.5),
        ("pods", 1_500.0, "ovn_testbed_pods", 1_500),
    ],
)
def test_values_are_in_base_units_and_names_say_so(
    run: Run, name: str, value: float, exported: str, base: float
) -> None:
    (sample,) = families(with_only(run, Metric(name=name, value=value)))[exported].samples
    assert sample.value == pytest.approx(base)


def test_what_was_not_measured_is_no_sample_but_its_attempts_are_told(run: Run) -> None:
    found = families(with_only(run, Metric(name="start_p50_ms", value=None, attempts=3, failed=3)))
    assert "ovn_testbed_start_p50_seconds" not in found
    for name in ("ovn_testbed_attempts", "ovn_testbed_failed_attempts"):
        (sample,) = found[name].samples
        assert (sample.labels["metric"], sample.value) == ("start_p50_ms", 3)


def test_an_interval_has_its_two_ends(run: Run) -> None:
    found = families(with_only(run, Metric(name="start_p50_ms", value=250.0, ci95=(200.0, 300.0))))
    ends = {
        sample.labels["bound"]: sample.value for sample in found["ovn_testbed_start_p50_ci95_seconds"].samples
    }
    assert ends == {"low": pytest.approx(0.2), "high": pytest.approx(0.3)}


def test_runs_are_points_of_the_same_series_stamped_with_their_ends(run: Run) -> None:
    later = msgspec.structs.replace(run, id="later", finished="2026-01-03T03:05:26+00:00")
    points = families(later, run)["ovn_testbed_full_over_incremental"].samples
    assert [float(point.timestamp or 0) for point in points] == [moment(run), moment(later)]
    assert points[0].labels == points[1].labels == {
        "scenario": "incremental",
        "profile": "quick",
        "release": "suite:sid",
    }  # fmt: skip


def test_an_expectation_that_was_not_measured_is_not_met(run: Run) -> None:
    verdicts = {
        sample.labels["outcome"]: sample.value
        for sample in families(run)["ovn_testbed_expectation_met"].samples
    }
    assert verdicts["met"] == 1
    assert verdicts["not measured"] == 0


def test_a_run_tells_its_validity_and_machine(run: Run) -> None:
    (sample,) = families(run)["ovn_testbed_run_info"].samples
    assert sample.labels["validity"] == "suspect"
    assert sample.labels["machine"] == run.host.fingerprint


def test_labels_of_any_text_are_escaped(run: Run) -> None:
    hostile = Metric(name="pods", value=1.0, labels={"change-of": 'a "b"\\\nc'})
    (sample,) = families(with_only(run, hostile))["ovn_testbed_pods"].samples
    assert sample.labels["change_of"] == 'a "b"\\\nc'
