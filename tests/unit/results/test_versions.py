from pathlib import Path
from typing import Any

import msgspec
import pytest

from testbed.results import (
    SCHEMA,
    Bar,
    Bars,
    BarSeries,
    Counter,
    Ecdf,
    EcdfSeries,
    Growth,
    GrowthPoint,
    GrowthSeries,
    Heatmap,
    Metric,
    PowerLaw,
    Run,
    Stack,
    StackBar,
    StackPart,
    UnreadableRun,
    Verdict,
    decode,
    encode,
)

KEPT = Path(__file__).parent / "versions"


def a_run() -> Run:
    return Run(
        id="20260102T030405Z-0a1b2c",
        scenario="incremental",
        status="complete",
        params={"nodes": 3, "ladder": [500]},
        metrics=(
            Metric(name="ready_p50_ms", value=2.5, labels={"pods": 500, "release": "system"}, n=3, attempts=4, failed=1,
                   ci95=(2.0, 3.0), scope="within-run only"),
            Metric(name="full_over_incremental", value=None),
        ),
        counters=(Counter(name="rows_written_per_change", value=2, minimum=2, maximum=2, labels={"mode": "full"}),),
        figures=(
            Ecdf(title="a", x_label="x", unit="ms", series=(EcdfSeries(name="full", values=(1.0, 2.0), failed=1),)),
            Growth(title="b", x_label="pods", y_label="y", unit="ms", series=(
                GrowthSeries(name="full", points=(GrowthPoint(x=1, y=2, low=1.5, high=3, n=4),),
                             fit=PowerLaw(factor=1.0, exponent=0.5, ci95=(0.4, 0.6))),)),
            Stack(title="c", x_label="x", unit="ms",
                  bars=(StackBar(name="full", parts=(StackPart(name="northd", value=1.0),)),)),
            Heatmap(title="d", x_label="x", y_label="y", unit="ms", columns=("1", "2"), rows=("a",),
                    values=((1.0, None),)),
            Bars(title="e", x_label="x", unit="s",
                 series=(BarSeries(name="full", bars=(Bar(name="a", value=1.0, ci95=(0.9, 1.2)),)),)),
        ),
        expectations=(Verdict(expectation="ready_p50_ms <= 3", metric="ready_p50_ms", outcome="met", value=2.5),),
    )  # fmt: skip


def test_what_was_written_is_what_is_read() -> None:
    assert decode(encode(a_run())) == a_run()


@pytest.mark.parametrize("version", range(1, SCHEMA + 1))
def test_every_version_ever_written_is_read(version: int) -> None:
    run = decode((KEPT / f"run-{version}.json").read_bytes())
    assert run.schema == SCHEMA
    assert run == a_run()


def test_a_document_of_an_older_version_is_upgraded_step_by_step() -> None:
    def rename(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "scenario": document.pop("experiment")}

    old = {"schema": SCHEMA - 1, "id": "x", "experiment": "incremental"}
    assert decode(msgspec.json.encode(old), {SCHEMA - 1: rename}).scenario == "incremental"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "not JSON"),
        (b"[]", "no schema version"),
        (b'{"id": "x"}', "no schema version"),
        (b'{"schema": 99}', "newer testbed"),
        (b'{"schema": 0}', "never written"),
        (b'{"schema": 1, "scenario": "incremental"}', "id"),
        (
            b'{"schema": 1, "id": "x", "scenario": "y", "metrics": [{"name": "latency_us", "value": 1}]}',
            "_us",
        ),
    ],
)
def test_what_is_no_run_is_refused_with_what_was_found(document: bytes, said: str) -> None:
    with pytest.raises(UnreadableRun, match=said):
        decode(document)


def test_a_heat_map_has_a_value_for_each_pair() -> None:
    with pytest.raises(ValueError, match="allowed 1 rows of 2"):
        Heatmap(title="t", x_label="", y_label="", unit="", columns=("a", "b"), rows=("c",), values=((1.0,),))


def test_a_run_passes_only_if_it_is_complete_and_every_expectation_is_met() -> None:
    run = a_run()
    lost = Verdict(expectation="x", metric="x", outcome="not measured")
    assert run.passed
    assert not msgspec.structs.replace(run, status="timed-out").passed
    assert not msgspec.structs.replace(run, expectations=(*run.expectations, lost)).passed
