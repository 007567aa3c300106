"""Each fault on a process of our own: broken once applied, as before once undone."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from subprocess import CompletedProcess

import pytest

from testbed.faults import FaultFailed, Kill, NodeDown, Partition, Pause, Restart, Slow, suffering
from testbed.faults.signals import is_stopped
from testbed.measure import processor

SPIN = [sys.executable, "-c", "while True: pass"]


class Child:
    """A supervised child as `testbed.cluster` has them."""

    def __init__(self, argv: Sequence[str]) -> None:
        self.argv = argv
        self.popen = subprocess.Popen(argv)

    @property
    def returncode(self) -> int | None:
        return self.popen.poll()

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()

    def restart(self, timeout_s: float = 10.0) -> None:
        self.kill()
        self.popen = subprocess.Popen(self.argv)


@dataclass
class Daemon:
    process: Child
    node: str = "node1"
    role: str = "chassis"

    @property
    def pid(self) -> int:
        return self.process.popen.pid


@dataclass
class Machine:
    name: str = "node1"
    commands: list[Sequence[str]] = field(default_factory=list)

    def run(self, argv: Sequence[str]) -> CompletedProcess[str]:
        self.commands.append(argv)
        known = argv[4] == "node1-eth0"
        return CompletedProcess(list(argv), 0 if known else 1, "", "" if known else "no such device")


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    victim = Daemon(Child(SPIN))
    yield victim
    victim.process.kill()


def share_of_time_it_ran(pid: int, seconds: float) -> float:
    before, began = processor.read(pid).run_ns, time.monotonic_ns()
    time.sleep(seconds)
    return (processor.read(pid).run_ns - before) / (time.monotonic_ns() - began)


def test_a_killed_daemon_is_gone_until_the_fault_is_undone(daemon: Daemon) -> None:
    with suffering(Kill(daemon)) as fault:
        assert fault.name == "kill of node1 chassis"
        assert daemon.process.returncode == -9
    assert daemon.process.returncode is None


class Node:
    """A node of two daemons."""

    name = "node1"

    def __init__(self, *daemons: Daemon) -> None:
        self.daemons = daemons

    def start_again(self) -> None:
        for daemon in self.daemons:
            daemon.process.restart()


def test_a_node_that_is_down_has_lost_all_its_daemons(daemon: Daemon) -> None:
    other = Daemon(Child(SPIN))
    try:
        with suffering(NodeDown(Node(daemon, other))) as fault:
            assert fault.name == "node1 down"
            assert (daemon.process.returncode, other.process.returncode) == (-9, -9)
        assert (daemon.process.returncode, other.process.returncode) == (None, None)
    finally:
        other.process.kill()


def test_a_restarted_daemon_is_another_process(daemon: Daemon) -> None:
    before = daemon.pid
    Restart(daemon).apply()
    assert daemon.pid != before
    assert daemon.process.returncode is None


def test_a_paused_daemon_does_nothing_until_the_fault_is_undone(daemon: Daemon) -> None:
    with suffering(Pause(daemon)):
        assert is_stopped(daemon.pid)
        assert share_of_time_it_ran(daemon.pid, 0.05) < 0.01
    assert not is_stopped(daemon.pid)


def test_a_fault_is_undone_when_the_block_fails(daemon: Daemon) -> None:
    with pytest.raises(RuntimeError, match="broken"), suffering(Pause(daemon)):
        raise RuntimeError("broken")
    assert not is_stopped(daemon.pid)


def test_a_slow_daemon_gets_about_its_share(daemon: Daemon) -> None:
    with suffering(Slow(daemon, share=0.2)):
        # Where others are at work too a pulse may end late: of many moments one is undisturbed.
        assert any(0 < share_of_time_it_ran(daemon.pid, 0.5) < 0.4 for _ in range(50))
    assert not is_stopped(daemon.pid)


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0])
def test_a_share_that_is_none_is_refused(daemon: Daemon, share: float) -> None:
    with pytest.raises(ValueError, match="allowed"):
        Slow(daemon, share)


def test_slowing_ends_by_itself_when_the_daemon_dies(daemon: Daemon) -> None:
    with suffering(Slow(daemon, share=0.5)):
        daemon.process.kill()


@pytest.mark.parametrize("make", [Pause, lambda victim: Slow(victim, 0.5)])
def test_a_daemon_that_is_gone_cannot_be_broken(
    daemon: Daemon, make: Callable[[Daemon], Pause | Slow]
) -> None:
    daemon.process.kill()
    with pytest.raises(FaultFailed, match="gone"):
        make(daemon).apply()


def test_a_partition_takes_the_link_down_and_brings_it_back() -> None:
    machine = Machine()
    partition = Partition.from_management(machine)
    with suffering(partition):
        pass
    partition.undo()
    assert machine.commands == [["ip", "link", "set", "dev", "node1-eth0", state] for state in ("down", "up")]


def test_an_interface_that_is_not_there_is_no_partition() -> None:
    with pytest.raises(FaultFailed, match="no such device"):
        Partition(Machine(), "eth9").apply()
