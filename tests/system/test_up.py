"""A cluster that stays up: started, used, hurt and ended as people do it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed.cluster.control import Control

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
]

REPOSITORY = Path(__file__).resolve().parents[2]
TESTBED = (sys.executable, "-m", "testbed.cli")
NAME = "uptest"
TIMEOUT_S = 60.0

PODS = """
apiVersion: v1
kind: Pod
metadata: {name: pod3}
spec: {nodeName: node1, containers: [{name: c, image: none}]}
---
apiVersion: v1
kind: Pod
metadata: {name: pod1}
spec: {nodeName: node2, containers: [{name: c, image: none}]}
"""


class Person:
    """Somebody at a shell of their own, with a state directory that no other cluster uses."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.environment = {**os.environ, "TESTBED_STATE": str(state), "PYTHONPATH": str(REPOSITORY)}
        self.environment.pop("TESTBED_CLUSTER", None)

    def types(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*TESTBED, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=TIMEOUT_S,
            check=False,
        )

    def gets(self, *arguments: str, stdin: str = "") -> str:
        done = self.types(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def status(self, name: str = NAME) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.gets("status", "--name", name, "--json"))
        return found


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    somebody = Person(Path("/run") / f"testbed-up-{os.getpid()}")
    yield somebody
    somebody.types("down", "--all")
    with contextlib.suppress(FileNotFoundError):
        somebody.state.rmdir()


@pytest.fixture(scope="module")
def cluster(person: Person) -> dict[str, Any]:
    up: dict[str, Any] = json.loads(person.gets("up", "--nodes", "2", "--name", NAME, "--json"))
    return up


def until(condition: Callable[[], bool], why: str, timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, why
        time.sleep(0.05)


def test_a_cluster_is_ready_when_up_returns(person: Person, cluster: dict[str, Any]) -> None:
    status = person.status()
    assert status["state"] == "running"
    assert {entry["state"] for entry in status["processes"]} == {"running"}
    assert Path(status["kubeconfig"]).stat().st_mode & 0o077 == 0


def test_a_second_up_of_a_name_is_refused_in_a_line(person: Person, cluster: dict[str, Any]) -> None:
    done = person.types("up", "--name", NAME)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "is running here" in done.stderr
    assert person.status()["state"] == "running"


def test_a_port_in_use_is_refused_in_a_line(person: Person) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = person.types("up", "--name", "other", "--port", str(port))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert str(port) in done.stderr


def test_a_directory_that_no_cluster_left_is_not_emptied(person: Person, cluster: dict[str, Any]) -> None:
    precious = person.state / "foreign" / "thesis.txt"
    precious.parent.mkdir()
    precious.write_text("years of work")
    try:
        done = person.types("up", "--name", "foreign")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert precious.read_text() == "years of work"
    finally:
        precious.unlink(missing_ok=True)
        precious.parent.rmdir()


def test_a_release_that_is_not_there_is_refused_in_a_line(person: Person) -> None:
    done = person.types("up", "--name", "other", "--release", "prefix:/nowhere")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_exec_passes_streams_and_the_exit_status_through(person: Person, cluster: dict[str, Any]) -> None:
    done = person.types(
        "exec", "node/node1", "--", "sh", "-c", "cat; echo trouble >&2; exit 7", stdin="x" * 99
    )
    assert (done.stdout, done.stderr, done.returncode) == ("x" * 99, "trouble\n", 7)
    assert person.types("exec", "node/node1", "--", "sh", "-c", "kill -9 $$").returncode == 137
    assert person.types("exec", "node/node1", "--", "no-such-program").returncode == 127
    assert person.types("exec", "node/node9", "--", "true").returncode == 125
    assert "node1-eth0" in person.gets("exec", "node/node1", "--", "ip", "link")


@pytest.mark.parametrize("victim", ["apiserver", "controller", "workloads", "daemon1", "kubelet1"])
def test_a_killed_process_is_started_again_and_recorded(
    person: Person, cluster: dict[str, Any], victim: str
) -> None:
    before = process(person.status(), victim)
    kill_inside(person, before["pid"])
    until(lambda: process(person.status(), victim)["restarts"] > before["restarts"], f"{victim} is not back")
    until(lambda: person.status()["state"] == "running", f"{victim} is not running")
    told = [entry["what"] for entry in person.status()["incidents"] if entry["process"] == victim]
    assert told[0] == "was killed by signal 9"


def test_a_dead_switch_is_told_and_northd_is_started_again(person: Person) -> None:
    person.gets("up", "--nodes", "1", "--name", "hurt")
    try:
        status = person.status("hurt")
        kill_inside(person, process(status, "central northd")["pid"], "hurt")
        until(lambda: process(person.status("hurt"), "central northd")["restarts"] == 1, "northd is not back")
        kill_inside(person, process(status, "node1 ovs-vswitchd")["pid"], "hurt")
        until(lambda: person.status("hurt")["state"] == "degraded", "the dead switch is not told")
        assert process(person.status("hurt"), "node1 ovs-vswitchd")["state"] == "dead"
    finally:
        person.gets("down", "--name", "hurt")


def test_a_supervisor_that_dies_takes_everything_with_it(person: Person) -> None:
    person.gets("up", "--nodes", "1", "--name", "mortal")
    directory = person.state / "mortal"
    os.kill(Control(directory).supervisor(), signal.SIGKILL)
    until(lambda: not directory.exists(), "its directory is still there")
    assert "mortal" not in person.gets("status")


def test_a_keeper_that_dies_leaves_a_directory_for_clean(person: Person) -> None:
    person.gets("up", "--nodes", "1", "--name", "lost")
    directory = person.state / "lost"
    init = parent(Control(directory).supervisor())
    os.kill(parent(init), signal.SIGKILL)
    until(lambda: not Path(f"/proc/{init}").exists(), "the enclosure outlives its keeper")
    assert str(directory) in person.gets("clean")
    assert not directory.exists()


def process(status: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in status["processes"] if entry["name"] == name)
    return found


def kill_inside(person: Person, pid: int, name: str = NAME) -> None:
    person.gets("exec", "--name", name, "central/central", "--", "sh", "-c", f"kill -9 {pid}")


def parent(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[1])
