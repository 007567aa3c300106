"""What will not compare is refused before anything is started, as far as it is known then."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from testbed.cli.compare import between, require_will_compare
from testbed.experiment.errors import Unfit
from testbed.results import Host, ReleaseUnderTest, Run, RunDirectory, RunWriter, Validity

SYSTEM, SID = ReleaseUnderTest(name="system"), ReleaseUnderTest(name="suite:sid")

Writing = Callable[[Run], RunDirectory]


@pytest.fixture
def kept(tmp_path: Path) -> Writing:
    def write(run: Run) -> RunDirectory:
        writer = RunWriter.create(tmp_path, run.scenario)
        writer.finish(replace(run, id=writer.id))
        return RunDirectory(writer.path)

    return write


def a_run(**fields: object) -> Run:
    good = Run(
        id="this run",
        scenario="incremental",
        params={"pods": 20, "ladder": [5]},
        host=Host(fingerprint="a", cores=2),
        releases=(SYSTEM,),
        validity=Validity(verdict="valid"),
        status="complete",
    )
    return replace(good, **fields)


def test_a_run_as_it_was_planned_will_compare(kept: Writing) -> None:
    planned = a_run(status="running", validity=Validity())
    require_will_compare(kept(a_run()), planned, anyway=False)


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (a_run(params={"pods": 10, "ladder": [5]}), "parameter pods: 10 against 20"),
        (a_run(host=Host(fingerprint="b", cores=4)), "machine: b"),
        (a_run(validity=Validity(verdict="suspect")), "is suspect"),
        (a_run(status="interrupted"), "is interrupted"),
    ],
)
def test_other_circumstances_are_refused_unless_told_otherwise(kept: Writing, before: Run, told: str) -> None:
    older = kept(before)
    with pytest.raises(Unfit, match=told):
        require_will_compare(older, a_run(), anyway=False)
    require_will_compare(older, a_run(), anyway=True)


@pytest.mark.parametrize(
    "before", [a_run(scenario="scale"), a_run(releases=(SYSTEM, replace(SYSTEM, name="prefix:/x")))]
)
def test_nothing_makes_other_scenarios_or_releases_compare(kept: Writing, before: Run) -> None:
    with pytest.raises(Unfit, match="not comparable"):
        require_will_compare(kept(before), a_run(releases=(SID,)), anyway=True)


def test_one_release_compares_with_another_one_and_several_with_those_of_their_name(kept: Writing) -> None:
    require_will_compare(kept(a_run(releases=(SID,))), a_run(), anyway=False)
    (one,) = between(kept(a_run(releases=(SYSTEM, SID))), kept(a_run(releases=(SID,))), anyway=False)
    assert one.releases == ("suite:sid", "suite:sid")


def test_what_became_of_the_newer_run_is_refused_when_it_is_known(kept: Writing) -> None:
    with pytest.raises(Unfit, match="validity: valid against suspect"):
        between(kept(a_run()), kept(a_run(validity=Validity(verdict="suspect"))), anyway=False)
