"""Runs from the command line to the run directory, on real daemons, and every way in which they may end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.cluster.state import is_held
from testbed.results import RunDirectory, find
from tests.system.remains import interfaces, mounts
from tests.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

REPOSITORY = Path(__file__).resolve().parents[2]

SCENARIOS = '''
import asyncio

from testbed.experiment.change import Unforced, add
from testbed.experiment.params import ScenarioParams
from testbed.experiment.provision import create_tenants, pod, prove_datapath, tenants
from testbed.experiment.scenario import Scenario, Summary
from testbed.results import Metric


class OneLivePod(Scenario):
    """Whether one live pod gets there."""

    profiles = {"quick": ScenarioParams(nodes=2)}

    async def run(self, bed, params):
        towns = tenants(1)
        await create_tenants(bed, towns)
        await prove_datapath(bed, towns[0], ["node1", "node2"])
        await bed.meter.start_flows()
        measured = await add(bed, pod("one", towns[0].name, "node2", "live"), Unforced())
        for name, node in measured.ends.nodes.items():
            bed.record("node_ms", (node.reached_ns - measured.accepted_ns) / 1e6, labels={"node": name})
        bed.record("pod_ready_ms", (measured.settled_ns - measured.accepted_ns) / 1e6)

    def summarise(self, samples):
        return Summary(metrics=tuple(
            Metric(name="samples", value=float(count), labels={"of": metric})
            for metric, count in samples.groupby("metric").size().items()
        ))


class Endless(Scenario):
    """What becomes of a run that is ended from without."""

    profiles = {"quick": ScenarioParams(nodes=1)}

    async def run(self, bed, params):
        bed.record("samples", 1.0)
        bed.progress("at work")
        await asyncio.Event().wait()

    def summarise(self, samples):
        return Summary(metrics=(Metric(name="samples", value=float(len(samples))),))


class Brief(Endless):
    """What several instances give; a scenario need not be a coroutine."""

    def run(self, bed, params):
        bed.record("samples", bed.rng.random())


class Clumsy(Endless):
    """What becomes of a scenario with a fault of its own."""

    async def run(self, bed, params):
        bed.record("samples", 1.0)
        raise ZeroDivisionError("no way on")
'''


class CommandLine:
    """The command as a person runs it, with places of its own for scenarios, state and runs."""

    def __init__(self, place: Path, state: Path) -> None:
        self.place = place
        self.runs = place / "runs"
        self.state = state
        self._scenarios = place / "scenarios"
        self._scenarios.mkdir()
        (self._scenarios / "cases.py").write_text(SCENARIOS)

    def start(self, *arguments: str, own: bool = True) -> subprocess.Popen[str]:
        environment = {**os.environ, "TESTBED_STATE": str(self.state), "PYTHONPATH": str(REPOSITORY)}
        if own:
            environment["TESTBED_SCENARIOS"] = str(self._scenarios)
        return subprocess.Popen(
            [sys.executable, "-m", "testbed.cli", *arguments],
            cwd=self.place,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, own: bool = True) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, own=own)
        out, err = process.communicate(timeout=200)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def until_at_work(self) -> subprocess.Popen[str]:
        """The endless scenario, once its cluster is up and it has recorded its sample."""
        process = self.start("run", "endless")
        assert process.stderr is not None
        for line in process.stderr:
            if line.strip() == "at work":
                return process
        raise AssertionError(f"it ended with {process.wait()} before it was at work")

    @property
    def latest(self) -> RunDirectory:
        return find(self.runs, "latest")

    def processes(self) -> list[int]:
        """Every process that knows our state directory: daemons, servers, kubelets."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(self.state).encode() in command:
                found.append(int(entry.name))
        return found

    def pid_of(self, program: str) -> int:
        """The one process that runs a program or, by ``python -m``, a module."""
        found = []
        for pid in self.processes():
            try:
                arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            except OSError:  # it has just ended
                continue
            if Path(arguments[0]).name == program or arguments[1:3] == ["-m", program]:
                found.append(pid)
        (only,) = found
        return only

    def clusters(self) -> list[Path]:
        return list(self.state.glob("*")) if self.state.exists() else []


@pytest.fixture
def testbed(tmp_path: Path) -> Iterator[CommandLine]:
    state = Path(tempfile.mkdtemp(prefix="testbed-", dir="/run"))  # short, as paths of sockets have to be
    testbed = CommandLine(tmp_path, state)
    yield testbed
    wait_until(lambda: testbed.processes() == [], "no process is left")
    assert not interfaces() | mounts(state)
    state.rmdir()


def values(directory: RunDirectory, metric: str) -> list[float]:
    samples = directory.samples()
    return [float(value) for value in samples.loc[samples["metric"] == metric, "value"]]


def test_one_live_pod_goes_all_the_way_from_the_api_to_an_answered_ping(testbed: CommandLine) -> None:
    done = testbed.run("run", "one-live-pod")
    assert done.returncode == 0, done.stderr
    assert "report.html" in done.stdout
    run = testbed.latest.run()
    assert (run.status, run.scenario, run.profile) == ("complete", "one-live-pod", "quick")
    samples = testbed.latest.samples()
    assert list(samples["outcome"].unique()) == ["ok"]
    assert sorted(samples.loc[samples["metric"] == "node_ms", "labels"]) == [
        '{"node":"node1"}',
        '{"node":"node2"}',
    ]
    assert all(0 < value < 10_000 for value in values(testbed.latest, "node_ms"))
    assert values(testbed.latest, "datapath_round_trip_ms")[0] > 0
    assert testbed.latest.report.stat().st_size > 1_000
    assert testbed.clusters() == []


def test_a_run_says_what_it_was_made_of(testbed: CommandLine) -> None:
    assert testbed.run("run", "one-live-pod", "--seed", "7", "--keep-databases").returncode == 0
    run = testbed.latest.run()
    (release,) = run.releases
    assert run.seed == 7
    assert release.ovn.count(".") == 2
    assert set(release.binaries) >= {"ovn-northd", "ovn-controller", "ovs-vswitchd"}
    assert run.system is not None
    assert run.system.sha256
    assert run.system.flags == ("--seed", "7")
    assert run.host.cores == len(os.sched_getaffinity(0))
    assert run.validity.verdict != "unjudged"
    daemons = set(testbed.latest.resources()["daemon"])
    assert any("northd" in name for name in daemons)
    assert set(testbed.latest.events()["kind"]) >= {"cluster-built", "pods-ready", "ping-answered"}
    logs = {path.name for path in testbed.latest.logs.rglob("*.log")}
    databases = {path.name for path in (testbed.latest.path / "databases").rglob("*.db")}
    assert databases >= {"nb.db", "sb.db", "conf.db"}
    assert logs >= {"northd.log", "ovn-controller.log", "controller.log", "apiserver.log"}


def test_the_main_scenario_counts_what_it_did(testbed: CommandLine) -> None:
    """At 20 pods a node has far fewer flows than the question is about: the expectation fails, and says so."""
    small = ["nodes=2", "pods=20", "ladder=10", "blocks=1", "blocks_below=1", "incremental=3", "full=2"]
    settings = [part for setting in (*small, "warm_ups=1") for part in ("--set", setting)]
    done = testbed.run("run", "incremental", *settings, "--json", own=False)
    assert done.returncode == 1, done.stderr
    run = testbed.latest.run()
    assert json.loads(done.stdout)["id"] == run.id
    (verdict,) = [entry for entry in run.expectations if entry.metric == "flows_per_node"]
    assert verdict.outcome == "failed"
    headlines = {entry.name: entry for entry in run.metrics if entry.is_headline}
    assert headlines["incremental_all_nodes_p50_ms"].attempts == 3
    assert headlines["full_all_nodes_p50_ms"].attempts == 2
    assert headlines["full_all_nodes_p50_ms"].failed == 0
    assert headlines["pods"].value == 22
    flows = testbed.latest.resources()["flows"].dropna()
    assert flows.max() >= headlines["flows_per_node"].value
    logged = {
        (str(entry.labels["mode"]), str(entry.labels["database"])): entry.value
        for entry in run.counters
        if entry.name == "bytes_logged_per_change" and entry.labels["change"] == "added"
    }
    assert set(logged) == {(mode, base) for mode in ("incremental", "full") for base in ("nb", "sb")}
    assert all(value is not None and value > 100 for value in logged.values())
    outputs = [
        entry
        for entry in run.counters
        if entry.name == "recomputes_per_change"
        and str(entry.labels["engine_node"]) in ("lflow_output", "logical_flow_output")
    ]
    assert {str(entry.labels["mode"]): (entry.minimum, entry.maximum) for entry in outputs} == {
        "incremental": (0, 0),
        "full": (1, 1),
    }


def test_every_instance_is_a_cluster_of_its_own_with_a_seed_of_its_own(testbed: CommandLine) -> None:
    assert testbed.run("run", "brief", "--repeat", "2", "--seed", "1").returncode == 0
    samples = testbed.latest.samples()
    assert list(samples["instance"]) == [1, 2]
    assert samples["value"].nunique() == 2
    first = list(samples["value"])
    assert testbed.run("run", "brief", "--repeat", "2", "--seed", "1").returncode == 0
    assert list(testbed.latest.samples()["value"]) == first


def test_ctrl_c_ends_with_130_and_keeps_the_results(testbed: CommandLine) -> None:
    process = testbed.until_at_work()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "report.html" in out
    run = testbed.latest.run()
    assert run.status == "interrupted"
    assert [entry.value for entry in run.metrics] == [1]
    assert testbed.clusters() == []


@pytest.mark.parametrize(
    ("program", "named"),
    [
        ("ovn-controller", "node1 ovn-controller"),
        ("testbed.apiserver", "apiserver"),
        ("controller", "controller"),
    ],
)
def test_a_daemon_that_is_killed_is_named_and_the_run_ends_with_3(
    testbed: CommandLine, program: str, named: str
) -> None:
    process = testbed.until_at_work()
    os.kill(testbed.pid_of(program), signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert f"{named} died (killed by signal 9)" in err
    assert f"(logs: runs/endless/{testbed.latest.id}/logs)" in err
    run = testbed.latest.run()
    assert run.status == "failed"
    assert named in run.reason
    assert values(testbed.latest, "samples") == [1]
    assert "daemon-died" in set(testbed.latest.events()["kind"])


def test_after_kill_9_nothing_is_left_but_a_directory_which_clean_removes(testbed: CommandLine) -> None:
    process = testbed.until_at_work()
    process.kill()
    process.wait()
    (cluster,) = testbed.clusters()
    wait_until(lambda: not is_held(cluster), "the kernel takes all processes")
    assert values(testbed.latest, "samples") == [1]
    done = testbed.run("clean")
    assert done.returncode == 0
    assert "removed" in done.stdout
    assert testbed.clusters() == []


def test_max_time_ends_a_run_keeps_what_it_had_and_says_so(testbed: CommandLine) -> None:
    done = testbed.run("run", "endless", "--max-time", "8s")
    assert done.returncode == 1, done.stderr
    assert "--max-time" in done.stderr
    assert testbed.latest.run().status == "timed-out"
    assert values(testbed.latest, "samples") == [1] * (
        "at work" in done.stderr
    )  # on a busy machine it may not be


def test_a_fault_of_a_scenario_is_one_line_with_the_logs_and_status_3(testbed: CommandLine) -> None:
    done = testbed.run("run", "clumsy")
    assert done.returncode == 3
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("testbed: ZeroDivisionError: no way on (logs: ")
    assert "Traceback" not in done.stderr
    traces = list(testbed.latest.logs.rglob("driver-traceback.log"))
    assert len(traces) == 1
    assert "no way on" in traces[0].read_text()


def test_a_kept_cluster_stays_until_ctrl_c(testbed: CommandLine) -> None:
    process = testbed.start("run", "brief", "--keep")
    assert process.stderr is not None
    shown = ""
    for line in process.stderr:
        shown += line
        if line.strip().startswith("logs:"):
            break
    assert "kubectl --kubeconfig" in shown
    assert testbed.latest.run().status == "complete"
    assert testbed.processes() != []
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert testbed.clusters() == []


def test_a_state_directory_too_deep_for_sockets_is_refused(
    testbed: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testbed, "state", testbed.place / ("deep" * 20))
    done = testbed.run("run", "endless")
    assert done.returncode == 2
    assert "choose a shorter directory" in done.stderr


def test_more_pods_than_memory_allows_are_refused_before_anything_is_started(testbed: CommandLine) -> None:
    done = testbed.run("run", "endless", "--set", "pods=1000000", "--set", "nodes=100")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "GiB" in done.stderr
    assert not testbed.runs.exists()
    assert testbed.clusters() == []
