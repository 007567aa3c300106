import pytest

from testbed.results import Counter, Metric, Sample, unit_of


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("full_all_nodes_p50_ms", "ms"),
        ("recovery_s", "s"),
        ("northd_pss_mib", "MiB"),
        ("throughput_mpps", "Mpps"),
        ("throughput_gbps", "Gbit/s"),
        ("pods_ready_per_s", "/s"),
        ("flows_per_node", ""),
        ("nodes", ""),
        ("full_over_incremental", ""),
        ("full_ms_over_incremental_ms", ""),
    ],
)
def test_a_name_ends_in_its_unit_and_counts_and_ratios_have_none(name: str, unit: str) -> None:
    assert unit_of(name) == unit


@pytest.mark.parametrize("name", ["latency_us", "latency_seconds", "memory_mb", "rate_mbps", "loss_percent"])
def test_a_unit_that_the_project_does_not_use_is_refused_and_the_allowed_ones_are_named(name: str) -> None:
    with pytest.raises(ValueError, match="_ms, _s, _mib, _mpps, _gbps"):
        unit_of(name)


@pytest.mark.parametrize("name", ["", "Latency_ms", "latency ms", "latency-ms", "_ms", "latency__ms", "1_ms"])
def test_a_name_is_lower_case_words_joined_by_underscores(name: str) -> None:
    with pytest.raises(ValueError, match="lower-case words"):
        unit_of(name)


def test_a_record_takes_its_unit_from_its_name() -> None:
    assert Metric(name="ready_ms", value=1).unit == "ms"
    assert Counter(name="rows_written", value=1).unit == ""


def test_a_unit_that_contradicts_the_name_is_refused() -> None:
    with pytest.raises(ValueError, match="found unit 's', allowed 'ms'"):
        Metric(name="ready_ms", value=1, unit="s")


def test_not_a_number_is_no_value() -> None:
    with pytest.raises(ValueError, match="NaN"):
        Metric(name="ready_ms", value=float("nan"))


def test_a_metric_without_labels_is_a_headline() -> None:
    assert Metric(name="pods", value=1).is_headline
    assert not Metric(name="pods", value=1, labels={"release": "system"}).is_headline


@pytest.mark.parametrize(("value", "outcome"), [(None, "ok"), (1.0, "failed")])
def test_a_sample_has_a_value_exactly_if_it_went_well(value: float | None, outcome: str) -> None:
    with pytest.raises(ValueError, match="allowed a value with 'ok', or none"):
        Sample(metric="ready_ms", value=value, outcome=outcome)
