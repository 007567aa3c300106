from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from reports.export import FORMATS
from testbed.results import Run, RunDirectory, Validity

junitparser = pytest.importorskip("junitparser")
Error, Failure, Skipped = junitparser.Error, junitparser.Failure, junitparser.Skipped


@pytest.fixture
def run(invented: RunDirectory) -> Run:
    return invented.run()


def suites(*runs: Run) -> list[Any]:
    return list(junitparser.JUnitXml.fromstring(FORMATS["junit"].render(runs).encode()))


def cases(suite: Any) -> dict[str, Any]:
    return {case.name: case for case in suite}


def kinds(case: Any) -> Iterator[type]:
    return (type(result) for result in case.result)


def test_a_run_is_a_suite_and_an_expectation_a_case(run: Run) -> None:
    first, second = suites(run, msgspec.structs.replace(run, profile="nightly"))
    assert (first.name, second.name) == ("incremental.quick", "incremental.nightly")
    assert first.time == pytest.approx(run.duration_s)
    assert first.timestamp == "2026-01-02T03:05:26"
    assert {entry.expectation for entry in run.expectations} < set(cases(first))
    assert {entry.name: entry.value for entry in first.properties()}["run"] == run.id


def test_counts_say_what_the_cases_say(run: Run) -> None:
    (suite,) = suites(run)
    results = [kind for case in suite for kind in kinds(case)]
    assert (suite.failures, suite.errors, suite.skipped) == (
        results.count(Failure),
        results.count(Error),
        results.count(Skipped),
    )
    assert suite.tests == len(list(suite))


def test_a_bound_that_was_broken_fails_with_what_was_found_and_where_the_bound_comes_from(run: Run) -> None:
    broken = msgspec.structs.replace(run.expectations[0], outcome="failed", value=1.5)
    (suite,) = suites(msgspec.structs.replace(run, expectations=(broken,)))
    (failure,) = cases(suite)[broken.expectation].result
    assert isinstance(failure, Failure)
    assert failure.message == "full_over_incremental: found 1.50"
    assert broken.why in failure.text


def test_a_figure_that_was_not_measured_is_an_error_not_a_pass(run: Run) -> None:
    (suite,) = suites(run)
    assert list(kinds(cases(suite)["incremental_pod_added_p50_ms >= 1"])) == [Error]


@pytest.mark.parametrize(
    ("verdict", "result"),
    [("valid", []), ("suspect", [Skipped]), ("unjudged", [Skipped]), ("invalid", [Error])],
)
def test_validity_is_a_case_of_its_own(run: Run, verdict: str, result: list[type]) -> None:
    judged = msgspec.convert({"verdict": verdict, "reasons": ["steal"]}, Validity)
    (suite,) = suites(msgspec.structs.replace(run, validity=judged))
    assert list(kinds(cases(suite)["the run may be believed"])) == result


def test_a_run_that_broke_off_is_no_green_one(run: Run) -> None:
    (suite,) = suites(msgspec.structs.replace(run, status="timed-out", reason="30 min", expectations=()))
    assert list(kinds(cases(suite)["the run is complete"])) == [Error]


def test_text_that_xml_cannot_hold_does_not_break_the_document(run: Run) -> None:
    hostile = "\x1b[31m <&\"'> \x00 \ud800 ]]>"
    (suite,) = suites(msgspec.structs.replace(run, answer=hostile, status="failed", reason=hostile))
    (error,) = cases(suite)["the run is complete"].result
    assert "<&\"'>" in error.message
