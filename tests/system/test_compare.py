"""Releases side by side, and runs compared, on real daemons: equal builds are equal, a slow northd is found."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from testbed.results import RunDirectory, find

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(300)]

REPOSITORY = Path(__file__).resolve().parents[2]
SAME_BUILD = "prefix:/usr"
"""The system's own programs under another name."""

SCENARIOS = '''
import os

from scenarios.incremental import Incremental, Params
from testbed.faults import Slow, suffering
from testbed.experiment.scenario import Scenario

SMALL = Params(nodes=2, pods=20, blocks=2, warm_ups=1, incremental=5, full=1)


class Small(Incremental):
    """The main question on a cluster that is soon built; its northd may be paused in pulses."""

    profiles = {"quick": SMALL}
    expectations = ()

    async def run(self, bed, params):
        share = float(os.environ.get("NORTHD_RUNS", "1"))
        if share == 1:
            await super().run(bed, params)
            return
        (northd,) = [daemon for daemon in bed.cluster.daemons() if daemon.name == "ovn-northd"]
        with suffering(Slow(northd, share)):
            await super().run(bed, params)
'''


class CommandLine:
    """The command as a person runs it, with places of its own for scenarios, state and runs."""

    def __init__(self, place: Path, state: Path) -> None:
        self.runs = place / "runs"
        self._place = place
        self._state = state
        self._scenarios = place / "scenarios"
        self._scenarios.mkdir()
        (self._scenarios / "small.py").write_text(SCENARIOS)

    def __call__(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        own = {
            "TESTBED_STATE": str(self._state),
            "TESTBED_SCENARIOS": str(self._scenarios),
            "PYTHONPATH": str(REPOSITORY),
        }
        return subprocess.run(
            [sys.executable, "-m", "testbed.cli", *arguments],
            cwd=self._place,
            env={**os.environ, **own, **variables},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )

    def measured(self, *arguments: str, **variables: str) -> RunDirectory:
        """A run of the small scenario that went well."""
        done = self("run", "small", *arguments, **variables)
        assert done.returncode in (0, 1), done.stderr
        found = find(self.runs, "latest")
        assert found.run().status == "complete"
        return found

    def compared(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """The status, and the comparison; whatever the machine was doing meanwhile."""
        done = self("compare", *arguments, "--anyway", "--json")
        assert done.returncode in (0, 1), done.stderr
        (comparison,) = json.loads(done.stdout)
        return done.returncode, comparison


@pytest.fixture
def testbed(tmp_path: Path) -> Iterator[CommandLine]:
    state = Path(tempfile.mkdtemp(prefix="testbed-", dir="/run"))
    yield CommandLine(tmp_path, state)
    assert list(state.iterdir()) == []
    shutil.rmtree(state)


def times_worse(comparison: dict[str, Any]) -> list[str]:
    return [entry["name"] for entry in comparison["metrics"] if entry["verdict"] in ("worse", "lost")]


def test_two_releases_are_built_in_turns_and_every_figure_has_its_release(testbed: CommandLine) -> None:
    found = testbed.measured("--release", "system", "--release", SAME_BUILD, "--repeat", "2", "--seed", "3")
    run = found.run()
    assert [release.name for release in run.releases] == ["system", SAME_BUILD]
    first, second = (set(release.instances) for release in run.releases)
    assert first | second == {1, 2, 3, 4}
    assert len(first & {1, 2}) == len(first & {3, 4}) == 1
    assert {entry.labels.get("release") for entry in run.metrics} == {None, "system", SAME_BUILD}
    assert all("release" in entry.labels for entry in run.counters)
    assert found.samples()["labels"].str.contains('"release":').all()
    ovn = run.releases[0].ovn
    assert f"{SAME_BUILD} (OVN {ovn}) against system (OVN {ovn})" in found.report.read_text()
    _, comparison = testbed.compared("latest")
    assert comparison["releases"] == ["system", SAME_BUILD]
    assert comparison["judged"] > 5
    assert times_worse(comparison) == []


def test_runs_of_different_parameters_are_refused_before_anything_is_started(testbed: CommandLine) -> None:
    before = testbed.measured()
    done = testbed("run", "small", "--set", "pods=10", "--against", before.id)
    assert done.returncode == 2
    assert "parameter pods: 20 against 10" in done.stderr
    assert find(testbed.runs, "latest").id == before.id
    alone = testbed("compare", before.id)
    assert alone.returncode == 2
    assert "name a second run" in alone.stderr


def test_one_cluster_a_side_gives_no_verdict_on_times(testbed: CommandLine) -> None:
    before = testbed.measured()
    done = testbed("run", "small", "--against", before.id, "--anyway")
    assert "No verdict on times: one cluster a side." in done.stdout
    _, comparison = testbed.compared(before.id, "latest")
    assert comparison["judged"] == 0
    assert times_worse(comparison) == []


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_five_runs_of_one_build_are_equal_and_a_slow_northd_is_found_and_its_stage_named(
    testbed: CommandLine,
) -> None:
    runs = [testbed.measured("--repeat", "3") for _ in range(5)]
    for before, after in pairwise(runs):
        _, comparison = testbed.compared(before.id, after.id)
        assert times_worse(comparison) == []
    slow = testbed.measured("--repeat", "3", NORTHD_RUNS="0.05")
    status, comparison = testbed.compared(runs[-1].id, slow.id)
    assert status == 1
    worse = {entry["name"]: entry for entry in comparison["metrics"] if entry["verdict"] == "worse"}
    assert worse["incremental_all_nodes_p50_ms"]["stage"]["name"] == "nb_to_sb"
