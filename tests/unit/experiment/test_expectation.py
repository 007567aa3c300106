import pytest

from testbed.experiment.expectation import Expectation


def test_at_least_holds_from_its_bound_on() -> None:
    bound = Expectation(metric="ratio", at_least=3)
    assert bound.holds(3)
    assert not bound.holds(2.999)


def test_at_most_holds_up_to_its_bound() -> None:
    bound = Expectation(metric="wait_ms", at_most=3)
    assert bound.holds(3)
    assert not bound.holds(3.001)


def test_equals_holds_for_its_bound_alone() -> None:
    bound = Expectation(metric="recomputes", equals=1)
    assert bound.holds(1)
    assert not bound.holds(0)
    assert not bound.holds(2)


@pytest.mark.parametrize("missing", [None, float("nan")])
@pytest.mark.parametrize("bound", [{"at_least": 0}, {"at_most": 9}, {"equals": 0}])
def test_what_was_not_measured_keeps_no_bound(missing: float | None, bound: dict[str, float]) -> None:
    assert not Expectation(metric="ratio", **bound).holds(missing)  # type: ignore[arg-type]


@pytest.mark.parametrize("bounds", [{}, {"at_least": 1, "at_most": 2}])
def test_an_expectation_has_exactly_one_bound(bounds: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="exactly one of at_least, at_most, equals"):
        Expectation(metric="ratio", **bounds)  # type: ignore[arg-type]


def test_an_expectation_reads_as_a_sentence() -> None:
    assert str(Expectation(metric="ratio", at_least=3)) == "ratio >= 3"
    assert str(Expectation(metric="n", equals=1, labels={"mode": "full"})) == "n{mode=full} == 1"
