"""``testbed doctor`` tells what was found, as tables and JSON, and by its status whether a cluster can be built."""

from __future__ import annotations

import json

import msgspec
import pytest

from testbed.cli import doctor, exits
from testbed.cli.app import status_of
from testbed.cli.doctor import Examination, ReleaseReport
from testbed.datapaths import Ability, features


@pytest.fixture(scope="module")
def examined() -> Examination:
    return doctor.examine()


@pytest.fixture
def found(examined: Examination, monkeypatch: pytest.MonkeyPatch) -> Examination:
    """What is found on this machine, taken to be fit whoever runs the tests."""
    here = msgspec.structs.replace(
        examined,
        privilege=Ability(True, "root"),
        datapaths=tuple(
            msgspec.structs.replace(entry, ability=Ability(entry.name == "userspace", "because", "do this"))
            for entry in examined.datapaths
        ),
        releases=(ReleaseReport("system", "23.03.1", "3.1.0"),),
    )
    monkeypatch.setattr(doctor, "examine", lambda: here)
    return here


def test_every_datapath_feature_and_size_is_told(
    found: Examination, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(["doctor"]) == exits.GOOD
    told = capsys.readouterr().out
    for datapath in ("userspace", "kernel", "dpdk"):
        assert datapath in told
    for trial in features.TRIALS:
        assert trial.name in told
    assert f"{found.room[0].pods:,} on {found.room[0].nodes} nodes" in told
    assert "remedy: do this" in " ".join(told.split())


def test_json_is_the_same_as_data(found: Examination, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["doctor", "--json"]) == exits.GOOD
    told = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in told["datapaths"]] == ["userspace", "kernel", "dpdk"]
    assert set(told["datapaths"][0]["encapsulations"]) == {"geneve", "vlan", "none"}
    assert {entry["name"] for entry in told["features"]} == {trial.name for trial in features.TRIALS}
    assert told["room"][0]["pods"] > told["room"][-1]["pods"] > 0


def test_without_privilege_or_datapath_or_release_a_machine_is_unfit(found: Examination) -> None:
    assert found.fit
    no = Ability(False, "why")
    broken = ReleaseReport("system", fault="system has no ovn-northd")
    datapaths = tuple(msgspec.structs.replace(entry, ability=no) for entry in found.datapaths)
    assert not msgspec.structs.replace(found, privilege=no).fit
    assert not msgspec.structs.replace(found, datapaths=datapaths).fit
    assert not msgspec.structs.replace(found, releases=(broken,)).fit
    assert msgspec.structs.replace(found, releases=(broken, *found.releases)).fit


def test_an_unfit_machine_ends_with_2_and_says_why(
    found: Examination, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = ReleaseReport("system", fault="system has no ovn-northd; install it")
    monkeypatch.setattr(doctor, "examine", lambda: msgspec.structs.replace(found, releases=(broken,)))
    assert status_of(["doctor"]) == exits.UNFIT
    assert "system has no ovn-northd; install it" in " ".join(capsys.readouterr().out.split())
