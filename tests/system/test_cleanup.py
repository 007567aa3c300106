"""However a cluster ends, nothing of it stays: no process, namespace, mount, interface or state directory.

Every process of a keeper inherits a mark in its environment; a survivor is a process with that mark.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed.cluster import state
from tests.system.remains import Mark, children, interfaces, mounts

pytestmark = pytest.mark.system

GONE_WITHIN_S = 60.0
UP_WITHIN_S = 60.0

KEEPER = """
import signal
import sys
from testbed.cluster import Cluster, ClusterSpec, enclosure, state
from testbed.releases import resolve

spec = ClusterSpec(sys.argv[1], 2, resolve("system"))

def main(directory):
    with Cluster(spec, directory):
        print("up", flush=True)
        while True:
            signal.pause()

with state.claim(spec.name) as directory:
    code = enclosure.run(lambda: main(directory))
raise SystemExit(code)
"""


class Keeper:
    """A process that keeps a cluster of two nodes until it is made to stop."""

    def __init__(self, name: str = "cleanup") -> None:
        self.mark = Mark()
        self.process = subprocess.Popen(
            [sys.executable, "-c", KEEPER, name],
            env=os.environ | self.mark.environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_until_up(self) -> None:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == "up\n", self.process.communicate(timeout=UP_WITHIN_S)

    def processes(self) -> set[int]:
        return self.mark.processes()

    def end(self) -> None:
        """Kill it and, should a test have found survivors, those too: they hold its pipes open."""
        self.process.kill()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.communicate()

    def init(self) -> int:
        """PID 1 of the enclosure, as the host sees it."""
        (child,) = children(self.process.pid)
        return child

    def main(self) -> int:
        """The process that PID 1 of the enclosure waits for, as the host sees it."""
        return min(children(self.init()))  # the others are orphans

    def namespaces(self) -> set[str]:
        """The namespaces of its processes, without those of the host."""
        self.looked = time.clock_gettime(time.CLOCK_BOOTTIME)
        host = namespaces_of(os.getpid())
        return {name for pid in self.processes() for name in namespaces_of(pid)} - host

    def assert_nothing_remains(self, namespaces: set[str]) -> None:
        wait_for(lambda: not self.processes(), lambda: [command(pid) for pid in self.processes()])
        # Once it is free, the kernel gives the number of a namespace anew: whoever started later holds another one.
        wait_for(lambda: not namespaces & held_by_those_before(self.looked), lambda: namespaces)
        assert not interfaces() | mounts(state.root())


def namespaces_of(pid: int) -> set[str]:
    found = set()
    for kind in ("pid", "net", "mnt"):
        with contextlib.suppress(OSError):
            found.add(str(Path(f"/proc/{pid}/ns/{kind}").readlink()))
    return found


def held_by_those_before(moment_s: float) -> set[str]:
    """The namespaces of all processes that were started before `moment_s` after boot."""
    found: set[str] = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                started = int((entry / "stat").read_text().rpartition(")")[2].split()[19])
                if started / os.sysconf("SC_CLK_TCK") < moment_s:
                    found |= namespaces_of(int(entry.name))
    return found


def command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return f"({pid} is gone)"


def wait_for(condition: Callable[[], bool], remains: Callable[[], object]) -> None:
    deadline = time.monotonic() + GONE_WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, f"these remain: {remains()}"
        time.sleep(0.01)


def wait_until_released(directory: Path) -> None:
    """A process that ends gives up its memory, and with it its name, before its files, and with them the lock."""
    wait_for(lambda: not state.is_held(directory), lambda: f"the lock of {directory}")


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="ovn-testbed-", dir="/run"))
    monkeypatch.setenv("TESTBED_STATE", str(made))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def keeper(root: Path) -> Iterator[Keeper]:
    made = Keeper()
    yield made
    made.end()


def test_while_it_lives_a_cluster_is_all_that_this_test_looks_for(keeper: Keeper, root: Path) -> None:
    keeper.wait_until_up()
    commands = " ".join(command(pid) for pid in keeper.processes())
    for process in (
        "ovn-northd",
        "ovs-vswitchd",
        "testbed.apiserver",
        "controller.daemon",
        "testbed.kubelet",
    ):
        assert process in commands
    assert len([name for name in keeper.namespaces() if name.startswith("net")]) == 1 + 2 + 2
    assert state.sweep() == ()
    assert (root / "cleanup" / "node1").is_dir()


def test_kill_9_of_the_keeper_leaves_only_a_directory_for_the_next_sweep(keeper: Keeper, root: Path) -> None:
    keeper.wait_until_up()
    namespaces = keeper.namespaces()
    keeper.process.kill()
    keeper.process.wait()
    keeper.assert_nothing_remains(namespaces)
    wait_until_released(root / "cleanup")
    assert state.sweep() == (root / "cleanup",)
    assert not list(root.iterdir())


@pytest.mark.parametrize("victim", [Keeper.init, Keeper.main])
def test_kill_9_of_pid_1_or_its_child_ends_everything_and_the_keeper_says_so(
    keeper: Keeper, root: Path, victim: Callable[[Keeper], int]
) -> None:
    keeper.wait_until_up()
    namespaces = keeper.namespaces()
    os.kill(victim(keeper), signal.SIGKILL)
    assert keeper.process.wait(GONE_WITHIN_S) == 128 + signal.SIGKILL
    keeper.assert_nothing_remains(namespaces)
    assert not list(root.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(keeper: Keeper, root: Path, number: signal.Signals) -> None:
    keeper.wait_until_up()
    namespaces = keeper.namespaces()
    os.killpg(keeper.process.pid, number)  # as a terminal does it: to the whole foreground group
    assert keeper.process.wait(GONE_WITHIN_S) == 128 + number
    keeper.assert_nothing_remains(namespaces)
    assert not list(root.iterdir())


def test_a_second_ctrl_c_does_not_leave_anything_either(keeper: Keeper, root: Path) -> None:
    keeper.wait_until_up()
    namespaces = keeper.namespaces()
    for _ in range(2):
        os.killpg(keeper.process.pid, signal.SIGINT)
    assert keeper.process.wait(GONE_WITHIN_S) == 128 + signal.SIGINT
    keeper.assert_nothing_remains(namespaces)
    assert not list(root.iterdir())


def test_two_clusters_live_side_by_side_and_the_end_of_one_is_not_the_others(
    keeper: Keeper, root: Path
) -> None:
    other = Keeper("other")
    try:
        keeper.wait_until_up()
        other.wait_until_up()
        keeper.process.kill()
        keeper.process.wait()
        wait_until_released(root / "cleanup")
        assert state.sweep() == (root / "cleanup",)
        assert len(other.processes()) > 10
        assert (root / "other" / "node1").is_dir()
    finally:
        other.process.terminate()
        assert other.process.wait(GONE_WITHIN_S) == 128 + signal.SIGTERM
        other.end()


MOMENTS_S = [0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.9, 1.3, 1.8, 2.5]
"""Over the whole of start-up: the interpreter's, the namespaces', the daemons', the control plane's."""


@pytest.mark.parametrize("moment", MOMENTS_S)
def test_ctrl_c_at_any_moment_of_start_up(keeper: Keeper, root: Path, moment: float) -> None:
    time.sleep(moment)
    namespaces = keeper.namespaces()
    os.killpg(keeper.process.pid, signal.SIGINT)
    assert keeper.process.wait(GONE_WITHIN_S) in (130, -signal.SIGINT), keeper.process.communicate()
    keeper.assert_nothing_remains(namespaces)
    state.sweep()
    assert not list(root.iterdir())


@pytest.mark.parametrize("moment", MOMENTS_S)
def test_kill_9_at_any_moment_of_start_up(keeper: Keeper, root: Path, moment: float) -> None:
    time.sleep(moment)
    namespaces = keeper.namespaces()
    keeper.process.kill()
    keeper.process.wait()
    keeper.assert_nothing_remains(namespaces)
    wait_until_released(root / "cleanup")
    state.sweep()
    assert not list(root.iterdir())
