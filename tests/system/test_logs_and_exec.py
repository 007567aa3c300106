"""`kubectl logs` and `kubectl exec` of two generations on pods of a cluster that stands."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client as official
from kubernetes import config as official_config
from kubernetes.stream import stream

from tests.system.kubectls import PACKAGES, kubectl
from tests.waiting import WITHIN_S, read_until, wait_until

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
]

REPOSITORY = Path(__file__).resolve().parents[2]
OLD, NEW = "1.20", "1.32"

TALKS = "echo first; echo second >&2; echo third; exec sleep infinity"


def a_pod(name: str, *containers: dict[str, Any], kind: str = "live", **spec: Any) -> dict[str, Any]:
    made = [{"name": f"c{number}", "image": "none"} | each for number, each in enumerate(containers)]
    metadata = {"name": name, "labels": {"kind": kind}, "annotations": {"testbed/kind": kind}}
    spec = {"containers": made, "terminationGracePeriodSeconds": 0} | spec
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def shell(script: str, **others: Any) -> dict[str, Any]:
    return {"command": ["sh", "-c", script], **others}


PODS = [
    a_pod("talker", shell(TALKS)),
    a_pod("pair", shell("echo from c0; exec sleep infinity"), shell("echo from c1; exec sleep infinity")),
    a_pod("place", shell("exec sleep infinity", env=[{"name": "COLOUR", "value": "green"}])),
    a_pod("crash", shell('echo "run of $$"; exit 1')),
    a_pod("done", shell("echo all is done"), restartPolicy="Never"),
    a_pod("silent", {"ports": [{"containerPort": 80}]}),
    a_pod("stub", {}, kind="stub"),
    a_pod("homeless", {}, kind="stub", nodeSelector={"there-is": "none"}),
]


class Kubectl:
    """kubectl, used on one cluster."""

    def __init__(self, version: str, kubeconfig: Path, cache: Path) -> None:
        self.version = version
        self.command = [str(kubectl(version)), f"--kubeconfig={kubeconfig}", f"--cache-dir={cache}"]

    def run(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self.command, *arguments],
            input=said.encode("latin-1"),
            capture_output=True,
            timeout=WITHIN_S,
            check=False,
        )
        texts = (done.stdout.decode("latin-1"), done.stderr.decode("latin-1"))
        return subprocess.CompletedProcess(done.args, done.returncode, *texts)

    def __call__(self, *arguments: str, said: str = "") -> str:
        done = self.run(*arguments, said=said)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def begin(self, *arguments: str, **streams: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*self.command, *arguments], **streams)


class Cluster:
    """A cluster that stands, as the one who made it uses it."""

    def __init__(self, state: str) -> None:
        self.environment = {**os.environ, "TESTBED_STATE": state, "PYTHONPATH": str(REPOSITORY)}
        self.environment.pop("TESTBED_CLUSTER", None)

    def testbed(self, *arguments: str) -> str:
        argv = [sys.executable, "-m", "testbed.cli", *arguments]
        done = subprocess.run(
            argv, capture_output=True, text=True, env=self.environment, timeout=WITHIN_S, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.testbed("status", "--name", "talk", "--json"))
        return found


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    state = tempfile.mkdtemp(prefix="testbed-talk-", dir="/run")
    made = Cluster(state)
    try:
        made.testbed("up", "--nodes", "1", "--name", "talk", "--json")
        yield made
    finally:
        made.testbed("down", "--all")
        shutil.rmtree(state, ignore_errors=True)


@pytest.fixture(scope="module")
def kubeconfig(cluster: Cluster) -> Path:
    return Path(cluster.status()["kubeconfig"])


@pytest.fixture(scope="module")
def new(kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    """The kubectl of today, with the pods that the tests talk to."""
    made = Kubectl(NEW, kubeconfig, tmp_path_factory.mktemp("cache"))
    made("apply", "-f", "-", said=json.dumps({"apiVersion": "v1", "kind": "List", "items": PODS}))
    names = [pod["metadata"]["name"] for pod in PODS]
    ready = [f"pod/{name}" for name in names if name not in ("crash", "done", "homeless")]
    made("wait", "--for=condition=Ready", f"--timeout={WITHIN_S:.0f}s", *ready)
    made("wait", "--for=jsonpath={.status.phase}=Succeeded", f"--timeout={WITHIN_S:.0f}s", "pod/done")
    return made


@pytest.fixture(params=sorted(PACKAGES))
def kube(request: pytest.FixtureRequest, new: Kubectl, kubeconfig: Path, tmp_path: Path) -> Kubectl:
    return new if request.param == NEW else Kubectl(request.param, kubeconfig, tmp_path)


def test_logs_show_what_a_pod_wrote_or_the_part_that_is_wanted(kube: Kubectl) -> None:
    assert kube("logs", "talker") == "first\nsecond\nthird\n"
    assert kube("logs", "talker", "--tail=2") == "second\nthird\n"
    assert kube("logs", "talker", "--limit-bytes=8") == "first\nse"
    assert kube("logs", "talker", "--since=1h") == "first\nsecond\nthird\n"
    assert kube("logs", "talker", "--since-time=2099-01-01T00:00:00Z") == ""
    moments = [line.split()[0] for line in kube("logs", "talker", "--timestamps").splitlines()]
    assert moments == sorted(moments)
    assert all(moment.startswith("20") and moment.endswith("Z") for moment in moments)


def test_logs_of_several_containers_are_asked_for_by_name_or_all_at_once(kube: Kubectl) -> None:
    assert kube("logs", "pair", "-c", "c1") == "from c1\n"
    assert sorted(kube("logs", "pair", "--all-containers").splitlines()) == ["from c0", "from c1"]
    wrong = kube.run("logs", "pair", "-c", "none")
    assert "container none is not valid for pod pair" in wrong.stderr
    selected = kube("logs", "-l", "kind=live", "--all-containers", "--prefix", "--ignore-errors")
    assert "[pod/pair/c1] from c1" in selected
    assert "[pod/talker/c0] third" in selected


def test_logs_of_a_container_that_was_started_again_have_a_previous_part(kube: Kubectl) -> None:
    wait_until(lambda: kube.run("logs", "crash", "--previous").returncode == 0, "crash has a previous run")
    assert kube("logs", "crash", "--previous").startswith("run of ")
    assert "previous terminated container" in kube.run("logs", "talker", "--previous").stderr


def test_what_has_no_logs_says_why(kube: Kubectl) -> None:
    stub = kube.run("logs", "stub")
    assert (stub.returncode, stub.stdout) == (1, "")
    assert "pod stub is a stub" in stub.stderr
    assert "a responder answers on 80/TCP" in kube("logs", "silent")
    assert "not found" in kube.run("logs", "nobody").stderr
    assert "homeless does not have a host assigned" in kube.run("logs", "homeless").stderr
    refused = kube.run("get", "--raw", "/api/v1/namespaces/default/pods/talker/log?colour=red")
    assert "found 'colour', allowed" in refused.stderr


def test_what_a_pod_wrote_stays_when_it_has_ended(kube: Kubectl) -> None:
    assert kube("logs", "done") == "all is done\n"
    assert kube("logs", "-f", "done", "--tail=1") == "all is done\n"


def test_logs_are_followed_until_the_pod_is_deleted(kube: Kubectl) -> None:
    name = f"counter-{kube.version.replace('.', '-')}"
    counts = "i=0; while :; do i=$((i + 1)); echo $i; sleep 0.1; done"
    kube("create", "-f", "-", said=json.dumps(a_pod(name, shell(counts))))
    kube("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s")
    following = kube.begin("logs", "-f", name, stdout=subprocess.PIPE)
    assert following.stdout is not None
    seen = [following.stdout.readline() for _ in range(15)]
    assert seen == [b"%d\n" % number for number in range(1, 16)]
    kube("delete", "pod", name)
    rest = following.stdout.read().splitlines()
    assert following.wait(WITHIN_S) == 0
    assert rest == [b"%d" % number for number in range(16, 16 + len(rest))]


def test_one_who_reads_slowly_is_in_nobodys_way(new: Kubectl) -> None:
    new("create", "-f", "-", said=json.dumps(a_pod("flood", shell("exec yes 0123456789"))))
    new("wait", "--for=condition=Ready", "pod/flood", "--timeout=60s")
    following = new.begin("logs", "-f", "flood", stdout=subprocess.PIPE)
    assert following.stdout is not None
    try:
        assert following.stdout.readline() == b"0123456789\n"  # and no more is read
        assert new("logs", "talker") == "first\nsecond\nthird\n"
        assert new("exec", "place", "--", "echo", "prompt") == "prompt\n"
        assert new("logs", "flood", "--tail=3") == "0123456789\n" * 3
    finally:
        following.kill()
        following.communicate()
        new("delete", "pod", "flood")


def test_exec_runs_a_program_where_the_container_is(new: Kubectl) -> None:
    script = "hostname; echo $COLOUR; ls /sys/class/net; echo trouble >&2; exit 7"
    done = new.run("exec", "place", "--", "sh", "-c", script)
    assert done.stdout.split() == ["place", "green", *sorted(done.stdout.split()[2:])]
    assert "eth0" in done.stdout
    assert done.stderr == "trouble\ncommand terminated with exit code 7\n"
    assert done.returncode == 7
    assert new("exec", "pair", "-c", "c1", "--", "echo", "well").strip() == "well"
    assert new("exec", "silent", "--", "hostname") == "silent\n"


def test_exec_tells_how_a_program_ended(new: Kubectl) -> None:
    assert new.run("exec", "place", "--", "sh", "-c", "kill -9 $$").returncode == 137
    missing = new.run("exec", "place", "--", "no-such-program")
    assert missing.returncode == 127
    assert "executable file not found" in missing.stderr
    stub = new.run("exec", "stub", "--", "true")
    assert stub.returncode == 1
    assert "pod stub is a stub" in stub.stderr


def test_exec_passes_input_on_and_ends_it(new: Kubectl) -> None:
    much = bytes(range(256)).decode("latin-1") * 20_000
    assert new("exec", "-i", "place", "--", "cat", said=much) == much
    assert new("exec", "-i", "place", "--", "wc", "-c", said="").strip() == "0"
    assert new("exec", "-i", "place", "--", "head", "-c", "3", said=much)[:2] == "\0\1"


def test_exec_gives_a_shell_a_terminal_of_the_callers_size(new: Kubectl) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
    session = new.begin(
        *("exec", "-it", "place", "--", "bash", "--norc"), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    os.write(ours, b"until [ \"$(stty size)\" = '33 77' ]; do sleep 0.1; done; echo size $((30 + 3))\n")
    said = read_until(ours, b"size 33\r\n")
    assert b"no job control" not in said
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 44, 99, 0, 0))
    session.send_signal(signal.SIGWINCH)
    os.write(ours, b"until [ \"$(stty size)\" = '44 99' ]; do sleep 0.1; done; echo size $((40 + 4))\n")
    read_until(ours, b"size 44\r\n")
    os.write(ours, b"sleep 4567890\n")
    wait_until(lambda: runs(new, "sleep 4567890"), "sleep runs")
    os.write(ours, b"\x03")  # Ctrl-C ends sleep, not the shell
    wait_until(lambda: not runs(new, "sleep 4567890"), "sleep has ended")
    os.write(ours, b"exit 5\n")
    assert session.wait(WITHIN_S) == 5
    os.close(ours)


def is_waiting(pid: int, given: Path) -> bool:
    """Whether a process has stopped reading its input before the end."""
    before = position(pid)
    time.sleep(0.2)
    return 0 < before == position(pid) < given.stat().st_size


def position(pid: int) -> int:
    """Where a process is in the file that is its input."""
    told = Path(f"/proc/{pid}/fdinfo/0").read_text()
    return int(dict(line.split(":\t") for line in told.splitlines())["pos"])


def runs(new: Kubectl, command: str) -> bool:
    return any(
        line.startswith(command) for line in new("exec", "place", "--", "ps", "-eo", "args").splitlines()
    )


@pytest.mark.parametrize("flags", ["-i", ""], ids=["with its input", "without"])
def test_a_client_that_goes_away_takes_its_program_with_it(new: Kubectl, flags: str) -> None:
    script = "trap '' HUP; echo begun; sleep 7654321 & exec sleep 7654321"
    client = new.begin(
        *("exec", *flags.split(), "place", "--", "sh", "-c", script),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert client.stdout is not None
    assert client.stdout.readline() == b"begun\n"
    wait_until(lambda: runs(new, "sleep 7654321"), "it runs")
    client.kill()
    client.communicate()
    wait_until(lambda: not runs(new, "sleep 7654321"), "its program has ended")


@pytest.fixture
def much(tmp_path: Path) -> Path:
    """A file with more in it than is held anywhere between kubectl and a program."""
    path = tmp_path / "much"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    return path


def test_a_client_may_go_away_while_its_program_does_not_read(new: Kubectl, much: Path) -> None:
    with much.open("rb") as given:
        client = new.begin("exec", "-i", "place", "--", "sleep", "3456789", stdin=given)
    wait_until(lambda: runs(new, "sleep 3456789"), "it runs")
    wait_until(lambda: is_waiting(client.pid, much), "all was taken")
    client.kill()
    client.wait()
    wait_until(lambda: not runs(new, "sleep 3456789"), "its program has ended")


def test_much_input_waits_for_a_program_that_reads_late(new: Kubectl, much: Path) -> None:
    late = "until [ -e /tmp/go ]; do sleep 0.1; done; wc -c"
    with much.open("rb") as given:
        command = ("exec", "-i", "place", "--", "sh", "-c", late)
        client = new.begin(*command, stdin=given, stdout=subprocess.PIPE)
    wait_until(lambda: is_waiting(client.pid, much), "all was taken")
    new("exec", "place", "--", "touch", "/tmp/go")  # noqa: S108 - the container's own
    said, _ = client.communicate(timeout=WITHIN_S)
    assert said.strip() == b"50000000"


def test_a_deleted_pod_takes_along_what_runs_in_it_and_what_that_left_behind(new: Kubectl) -> None:
    new("create", "-f", "-", said=json.dumps(a_pod("doomed", shell("exec sleep infinity"))))
    new("wait", "--for=condition=Ready", "pod/doomed", "--timeout=60s")
    new("exec", "doomed", "--", "setsid", "--fork", "sleep", "1234567")
    assert runs(new, "sleep 1234567")
    inside = new.begin("exec", "doomed", "--", "sleep", "2345678", stderr=subprocess.PIPE)
    wait_until(lambda: runs(new, "sleep 2345678"), "it runs")
    new("delete", "pod", "doomed")
    assert inside.wait(WITHIN_S) == 137
    inside.communicate()
    wait_until(lambda: not runs(new, "sleep 1234567"), "its daemon has ended")


def test_files_are_copied_to_a_pod_and_back(new: Kubectl, tmp_path: Path) -> None:
    there, back = tmp_path / "there", tmp_path / "back"
    there.write_bytes(os.urandom(100_000))
    new("cp", str(there), "place:/tmp/copied")
    new("cp", "place:/tmp/copied", str(back))
    assert back.read_bytes() == there.read_bytes()


def test_the_official_python_client_runs_programs_by_the_older_protocol(
    new: Kubectl, kubeconfig: Path
) -> None:
    official_config.load_kube_config(config_file=str(kubeconfig))  # type: ignore[no-untyped-call]
    call = official.CoreV1Api().connect_get_namespaced_pod_exec
    command = ["sh", "-c", "read word; echo got $word; exit 4"]
    session = stream(
        call,
        "place",
        "default",
        command=command,
        stdin=True,
        stdout=True,
        stderr=True,
        _preload_content=False,
    )
    session.write_stdin("hello\n")
    session.run_forever(timeout=WITHIN_S)
    assert session.read_stdout() == "got hello\n"
    assert session.returncode == 4
    session.close()


def test_kubectl_1_20_is_told_what_exec_needs(kubeconfig: Path, new: Kubectl, tmp_path: Path) -> None:
    old = Kubectl(OLD, kubeconfig, tmp_path)
    refused = old.run("exec", "place", "--", "true")
    assert refused.returncode == 1
    assert "exec needs kubectl 1.31 or later" in refused.stderr
    assert "testbed exec pod/place" in refused.stderr
    assert "pod stub is a stub" in old.run("exec", "stub", "--", "true").stderr


def test_what_is_not_here_says_what_serves_instead(kube: Kubectl) -> None:
    assert "attach is not here" in kube.run("attach", "talker").stderr
    assert "port-forward is not here" in kube.run("port-forward", "talker", "0:80").stderr


def test_discovery_lists_logs_and_exec(kube: Kubectl) -> None:
    listed = json.loads(kube("get", "--raw", "/api/v1"))["resources"]
    verbs = {each["name"]: sorted(each["verbs"]) for each in listed}
    assert verbs["pods/log"] == ["get"]
    assert verbs["pods/exec"] == ["create", "get"]


def test_a_kubelet_that_is_killed_ends_what_went_through_it_and_comes_back(
    new: Kubectl, cluster: Cluster
) -> None:
    pids = [entry["pid"] for entry in cluster.status()["processes"] if entry["name"].startswith("kubelet")]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    following = new.begin("logs", "-f", "talker", **streams)
    inside = new.begin("exec", "-i", "place", "--", "cat", stdin=subprocess.PIPE, **streams)
    assert following.stdout is not None
    assert following.stdout.readline() == b"first\n"
    assert inside.stdin is not None
    assert inside.stdout is not None
    inside.stdin.write(b"are you there?\n")
    inside.stdin.flush()
    assert inside.stdout.readline() == b"are you there?\n"
    cluster.testbed("exec", "--name", "talk", "node/node1", "--", "kill", "-9", *map(str, pids))
    for client in (following, inside):
        client.communicate(timeout=WITHIN_S)
        assert client.returncode == 1
    wait_until(lambda: new.run("logs", "talker").stdout == "first\nsecond\nthird\n", "logs are back")
    assert new("exec", "place", "--", "echo", "well") == "well\n"
    assert not runs(new, "cat")
