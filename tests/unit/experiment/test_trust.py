from testbed.experiment.trust import worst
from testbed.results import Validity


def test_a_run_is_believed_as_much_as_its_worst_instance() -> None:
    found = worst(
        [
            Validity(verdict="valid"),
            Validity(verdict="invalid", reasons=("steal",)),
            Validity(verdict="suspect", reasons=("late", "steal")),
        ]
    )
    assert found == Validity(verdict="invalid", reasons=("steal", "late"))


def test_a_run_that_nobody_judged_is_unjudged() -> None:
    assert worst([]).verdict == "unjudged"
    assert worst([Validity(verdict="valid"), Validity()]).verdict == "unjudged"
