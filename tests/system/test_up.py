"""A cluster that stays up: started, used, hurt and ended as people do it."""

import fcntl
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import tempfile
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed import releases
from testbed.cluster.control import Control
from testbed.releases.release import PROGRAMS, SCHEMAS
from tests.system.person import TESTBED, TIMEOUT_S, Person, parent, process
from tests.waiting import read_until, wait_until

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
]

NAME = "uptest"

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


BROKEN_SWITCH = """#!/bin/sh
case "$*" in *--version*) echo "ovs-vswitchd (Open vSwitch) 3.1.0"; exit 0;; esac
echo the switch is broken
exit 1
"""


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    somebody = Person(Path("/run") / f"testbed-up-{os.getpid()}")
    yield somebody
    somebody.leaves()


@pytest.fixture(scope="module")
def cluster(person: Person) -> dict[str, Any]:
    up: dict[str, Any] = json.loads(person.gets("up", "--nodes", "2", "--name", NAME, "--json"))
    return up


def test_a_cluster_is_ready_when_up_returns(person: Person, cluster: dict[str, Any]) -> None:
    status = json.loads(person.gets("status", "--name", NAME, "--json"))
    assert status["state"] == "running"
    assert {entry["state"] for entry in status["processes"]} == {"running"}
    assert Path(status["kubeconfig"]).stat().st_mode & 0o077 == 0


def test_a_second_up_of_a_name_is_refused_in_a_line(person: Person, cluster: dict[str, Any]) -> None:
    done = person.types("up", "--name", NAME)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "is running here" in done.stderr
    assert person.status(NAME)["state"] == "running"


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


def test_exec_gives_a_shell_its_terminal(person: Person, cluster: dict[str, Any]) -> None:
    argv = [*TESTBED, "exec", "node/node1", "--", "bash", "--norc", "-i"]
    us, theirs = pty.openpty()
    shell = subprocess.Popen(
        argv, stdin=theirs, stdout=theirs, stderr=theirs, env=person.environment, preexec_fn=take_terminal
    )
    os.close(theirs)
    os.write(us, b"test -t 0 && echo it is a $((40 + 2)) terminal\nsleep 60\n")
    said = read_until(us, b"it is a 42 terminal")
    assert b"no job control" not in said
    wait_until(
        lambda: "sleep 60" in person.gets("exec", "node/node1", "--", "ps", "-eo", "args"),
        "sleep runs",
    )
    os.write(us, b"\x03exit 5\n")  # Ctrl-C ends sleep, not the shell
    assert shell.wait(TIMEOUT_S) == 5
    os.close(us)


@pytest.mark.parametrize("victim", ["apiserver", "controller", "workloads", "daemon1", "kubelet1"])
def test_a_killed_process_is_started_again_and_recorded(
    person: Person, cluster: dict[str, Any], victim: str
) -> None:
    before = process(person.status(NAME), victim)
    kill_inside(person, before["pid"])
    wait_until(
        lambda: process(person.status(NAME), victim)["restarts"] > before["restarts"], f"{victim} is back"
    )
    wait_until(lambda: person.status(NAME)["state"] == "running", "the cluster is running")
    told = [entry["what"] for entry in person.status(NAME)["incidents"] if entry["process"] == victim]
    assert told[0] == "was killed by signal 9"


def test_what_was_asked_for_while_processes_die_is_done_once(person: Person, cluster: dict[str, Any]) -> None:
    names = [f"many-{number}" for number in range(20)]
    manifest = "".join(
        f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{set: many}}}}\n"
        f"spec: {{nodeName: node{1 + number % 2}, containers: [{{name: c, image: none}}]}}\n"
        for number, name in enumerate(names)
    )
    person.gets("apply", "-f", "-", stdin=manifest)
    victims = ("kubelet1", "daemon1", "controller", "apiserver")
    status = person.status(NAME)
    kill_inside(person, *(process(status, victim)["pid"] for victim in victims))
    person.gets("wait", "pods", "-l", "set=many", "--timeout", "50")
    pods = json.loads(person.gets("get", "pods", "-l", "set=many", "--json"))["items"]
    assert {pod["metadata"]["name"] for pod in pods} == set(names)
    assert len({pod["status"]["podIP"] for pod in pods}) == len(names)
    ports = person.gets("nbctl", "--bare", "--columns=name", "list", "Logical_Switch_Port").split()
    assert sorted(port for port in ports if port.startswith("many-")) == sorted(
        f"{name}.default" for name in names
    )
    pauses = person.gets("exec", "central/central", "--", "ps", "-eo", "args").splitlines()
    assert sorted(line.split()[1] for line in pauses if line.startswith("pause default/many-")) == sorted(
        f"default/{name}" for name in names
    )
    person.gets("delete", "pod", *names)


def test_manifests_are_applied_shown_and_deleted_without_kubectl(
    person: Person, cluster: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "pods.yaml"
    file.write_text(PODS)
    assert person.gets("apply", "-f", str(file)) == "pod/pod3 created\npod/pod1 created\n"
    assert person.gets("apply", "-f", str(file)) == "pod/pod3 unchanged\npod/pod1 unchanged\n"
    labelled = PODS.replace("{name: pod3}", "{name: pod3, labels: {a: b}}")
    assert person.gets("apply", "-f", "-", stdin=labelled) == "pod/pod3 configured\npod/pod1 unchanged\n"
    assert person.gets("get", "pods", "-l", "a=b", "-o", "name") == "pod/pod3\n"
    person.gets("wait", "pods")
    heading, *rows = person.gets("get", "pods", "-o", "wide").splitlines()
    assert heading.split()[:3] == ["NAME", "READY", "STATUS"]
    assert [row.split()[2] for row in rows] == ["Running", "Running"]


def test_mininets_prompt_has_pods_and_nodes_as_hosts(person: Person, cluster: dict[str, Any]) -> None:
    person.gets("apply", "-f", "-", stdin=PODS)
    person.gets("wait", "pods")
    said = person.gets("shell", stdin="node1-pod3 ping -c 5 -i 0.2 node2-pod1\nnode1 ip address\npingall\n")
    assert " 0 received" not in said
    assert "5 packets transmitted" in said
    assert "node1-eth0" in said
    assert "*** 0 of 2 lost" in said


def test_the_releases_own_tools_see_the_clusters_own_sockets(person: Person, cluster: dict[str, Any]) -> None:
    assert "ovn-default" in person.gets("nbctl", "show")
    assert "Chassis node1" in person.gets("sbctl", "show")
    assert "node2" in person.gets(
        "vsctl", "--node", "node2", "get", "Open_vSwitch", ".", "external_ids:hostname"
    )
    assert "table=0" in person.gets("ofctl", "--node", "node1", "dump-flows", "br-int", "table=0")
    assert "Node: flow_output" in person.gets(
        "appctl", "--node", "node1", "-t", "ovn-controller", "inc-engine/show-stats"
    )
    assert person.types("vsctl", "--node", "node9", "show").returncode == 2


def test_a_faulty_manifest_is_refused_as_a_whole(person: Person, cluster: dict[str, Any]) -> None:
    bad = (
        PODS.replace("pod3", "good")
        + "---\nkind: Pod\napiVersion: v1\nmetadata: {name: bad, labels: {mac: 52:54:00:12:34:56}}\n"
    )
    done = person.types("apply", "-f", "-", stdin=bad)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "document 3: metadata.labels.mac" in done.stderr
    assert person.types("get", "pod", "good").returncode == 2
    done = person.types("apply", "-f", "-", stdin="kind: Nope\napiVersion: v9\nmetadata: {name: x}\n")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "found v9 Nope" in done.stderr


def test_top_and_logs_tell_of_every_process(person: Person, cluster: dict[str, Any]) -> None:
    reading = json.loads(person.gets("top", "--json", "--interval", "0.2"))
    running = {entry["name"] for entry in person.status(NAME)["processes"]}
    assert {entry["name"] for entry in reading["processes"]} == running
    assert all(entry["flows"] > 0 for entry in reading["nodes"])
    listed = json.loads(person.gets("logs", "--json"))["logs"]
    assert {name.replace("/", " ") for name in listed} == running | {"supervisor"}
    assert person.gets("logs", "controller", "--tail", "1").count("\n") == 1
    assert person.types("logs", "nobody").returncode == 2


def test_clusters_of_several_names_run_side_by_side(person: Person, cluster: dict[str, Any]) -> None:
    file = person.state / "kubeconfig"
    person.gets("up", "--nodes", "1", "--name", "second", "--kubeconfig", str(file))
    try:
        names = {entry["name"] for entry in json.loads(person.gets("status", "--json"))["clusters"]}
        assert names == {NAME, "second"}
        assert file.read_bytes() == Path(person.status("second")["kubeconfig"]).read_bytes()
        assert person.gets("get", "nodes", "--name", "second", "-o", "name") == "node/node1\n"
        assert person.types("get", "nodes").returncode == 2  # which one is not said
        assert f"TESTBED_CLUSTER={NAME}" in person.gets("env", "--name", NAME)
    finally:
        person.gets("down", "--name", "second")
        file.unlink(missing_ok=True)


def test_a_kubeconfig_of_somebodys_own_is_not_written_over(person: Person, tmp_path: Path) -> None:
    own = tmp_path / "config"
    own.write_text("clusters: [{name: production, cluster: {}}]\n")
    done = person.types("up", "--name", "other", "--kubeconfig", str(own))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "production" in own.read_text()


def test_a_state_directory_that_cannot_be_made_is_refused_in_a_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    done = Person(file / "state").types("up")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize(("options", "why"), [("size=1m", "MiB are left"), ("ro,size=64m", "Read-only")])
def test_a_disk_that_is_full_or_read_only_is_refused_in_a_line(options: str, why: str) -> None:
    place = tempfile.mkdtemp(prefix="testbed-", dir="/run")
    mounted = f'mount -t tmpfs -o {options} none "$0" && exec "$@"'
    try:
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", mounted, place, *TESTBED, "up"],
            env=Person(Path(place)).environment,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        Path(place).rmdir()
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert why in done.stderr


def test_central_and_nodes_may_be_of_different_releases(person: Person) -> None:
    other = next((name for name in releases.known() if name.startswith("suite:")), None)
    if other is None:
        pytest.skip("no other release is installed: testbed releases add suite:trixie")
    person.gets(
        "up", "--name", "skew", "--nodes", "1", "--central-release", "system", "--node-release", other
    )
    try:
        status = person.status("skew")
        assert (status["central_release"], status["release"]) == ("system", other)
        of_node = person.gets("vsctl", "--name", "skew", "--version")
        of_central = person.gets("nbctl", "--name", "skew", "--version")
        assert releases.resolve(other).versions().ovs in of_node
        assert releases.resolve("system").versions().ovn in of_central
        person.gets("wait", "ready", "--name", "skew", "--timeout", "20")
    finally:
        person.gets("down", "--name", "skew")


def test_a_dead_switch_is_told_and_northd_is_started_again(person: Person) -> None:
    person.gets("up", "--nodes", "1", "--name", "hurt")
    try:
        status = person.status("hurt")
        kill_inside(person, process(status, "central northd")["pid"], name="hurt")
        wait_until(
            lambda: process(person.status("hurt"), "central northd")["restarts"] == 1, "northd is back"
        )
        kill_inside(person, process(status, "node1 ovs-vswitchd")["pid"], name="hurt")
        wait_until(lambda: person.status("hurt")["state"] == "degraded", "the dead switch is told")
        assert process(person.status("hurt"), "node1 ovs-vswitchd")["state"] == "dead"
    finally:
        person.gets("down", "--name", "hurt")


def test_a_supervisor_that_dies_takes_everything_with_it(person: Person) -> None:
    directory = person.state / "mortal"
    (directory / "node1").mkdir(parents=True)  # half of a cluster, left by a power cut
    (directory / ".lock").touch()
    person.gets("up", "--nodes", "1", "--name", "mortal")
    os.kill(Control(directory).supervisor(), signal.SIGKILL)
    wait_until(lambda: not directory.exists(), "its directory is gone")
    assert "mortal" not in person.gets("status")


def test_ctrl_c_while_it_starts_ends_the_cluster(person: Person) -> None:
    starting = subprocess.Popen(
        [*TESTBED, "up", "--name", "hasty"], stderr=subprocess.PIPE, text=True, env=person.environment
    )
    assert starting.stderr is not None
    assert "network" in starting.stderr.readline()
    starting.send_signal(signal.SIGINT)
    assert starting.wait(TIMEOUT_S) == 130
    assert not (person.state / "hasty").exists()
    starting.stderr.close()


def test_a_cluster_that_does_not_come_up_leaves_its_logs(person: Person, tmp_path: Path) -> None:
    programs, share = tmp_path / "ovn" / "bin", tmp_path / "ovn" / "share"
    programs.mkdir(parents=True)
    share.mkdir()
    system = releases.resolve("system")
    for program in PROGRAMS:
        (programs / program).symlink_to(system.argv(program)[0])
    for schema, directory in SCHEMAS.items():
        (share / directory).mkdir(exist_ok=True)
        (share / directory / schema).symlink_to(system.schema_path(schema))
    (programs / "ovs-vswitchd").unlink()
    (programs / "ovs-vswitchd").write_text(BROKEN_SWITCH)
    (programs / "ovs-vswitchd").chmod(0o755)
    done = person.types("up", "--name", "broken", "--release", f"prefix:{tmp_path / 'ovn'}")
    assert done.returncode == 3, done.stderr
    *_, last = done.stderr.splitlines()
    assert "node1 ovs-vswitchd did not start" in last
    logs = Path(last.rpartition("(logs: ")[2].rstrip(")"))
    assert "the switch is broken" in (logs / "node1" / "ovs-vswitchd.log").read_text()
    assert not (person.state / "broken").exists()
    shutil.rmtree(logs)


def test_a_keeper_that_dies_leaves_a_directory_for_clean(person: Person) -> None:
    person.gets("up", "--nodes", "1", "--name", "lost")
    directory = person.state / "lost"
    init = parent(Control(directory).supervisor())
    os.kill(parent(init), signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{init}").exists(), "the enclosure ends with its keeper")
    assert str(directory) in person.gets("clean")
    assert not directory.exists()


def take_terminal() -> None:
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def kill_inside(person: Person, *pids: int, name: str = NAME) -> None:
    person.kills(name, *pids)
