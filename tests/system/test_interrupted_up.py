"""`testbed up` is cut short, in each of its phases, by whatever can end one of its processes: nothing stays.

Six clusters start at once, and each is struck in another phase.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testbed.cluster import NoCluster, state
from testbed.cluster.control import Control
from testbed.cluster.handle import Handle
from tests.system.person import TESTBED, TIMEOUT_S, Person
from tests.system.remains import Mark, children, interfaces, mounts
from tests.waiting import wait_until

pytestmark = pytest.mark.system

PHASES = ("network", "central", "databases", "switches", "chassis", "control plane")
CAME_UP = 0

Victim = Callable[[int], int]
"""From the PID of the command, that of the process to strike."""


def command(pid: int) -> int:
    return pid


def keeper(pid: int) -> int:
    (child,) = children(pid)
    return child


def init(pid: int) -> int:
    (child,) = children(keeper(pid))
    return child


def main(pid: int) -> int:
    return min(children(init(pid)))  # the others are orphans


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Person]:
    somebody = Person(Path(tempfile.mkdtemp(prefix="testbed-", dir="/run")))
    somebody.environment["TMPDIR"] = str(tmp_path)
    monkeypatch.setenv("TESTBED_STATE", str(somebody.state))
    yield somebody
    somebody.leaves()


@pytest.mark.parametrize(
    ("victim", "number", "statuses"),
    [
        (command, signal.SIGINT, {130}),
        pytest.param(command, signal.SIGTERM, {-signal.SIGTERM}, marks=pytest.mark.slow),
        (command, signal.SIGKILL, {-signal.SIGKILL}),
        (keeper, signal.SIGKILL, {3}),
        pytest.param(init, signal.SIGKILL, {3}, marks=pytest.mark.slow),
        (main, signal.SIGKILL, {3}),
    ],
    ids=["Ctrl-C", "SIGTERM", "kill-9-of-the-command", "of-the-keeper", "of-PID-1", "of-the-supervisor"],
)
def test_nothing_stays_in_whatever_phase_it_is_struck(
    person: Person, tmp_path: Path, victim: Victim, number: signal.Signals, statuses: set[int]
) -> None:
    mark = Mark()
    person.environment |= mark.environment
    with ThreadPoolExecutor(len(PHASES)) as pool:
        struck = [pool.submit(start_and_strike, person, phase, victim, number) for phase in PHASES]
        found = [each.result() for each in struck]
    end_if_it_came_up(person.state / name_of(PHASES[-1]))
    wait_until(lambda: not mark.processes(), "no process is left")
    assert set(found[:-1]) == statuses
    assert found[-1] in statuses | {CAME_UP}
    state.sweep()
    assert list(person.state.iterdir()) == []
    assert list(tmp_path.iterdir()) == []
    assert not interfaces() | mounts(person.state)


def start_and_strike(person: Person, phase: str, victim: Victim, number: signal.Signals) -> int:
    """The status of an `up` that is struck as soon as it tells of this phase."""
    argv = [*TESTBED, "up", "--nodes", "1", "--name", name_of(phase)]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=person.environment) as up:
        assert up.stderr is not None
        told = f"{name_of(phase)}: {phase}\n"
        assert told in iter(up.stderr.readline, ""), f"it never told of {phase}"
        handle = Handle(victim(up.pid))
        handle.send(number)
        handle.close()
        up.stderr.read()
        return up.wait(TIMEOUT_S)


def name_of(phase: str) -> str:
    return phase.replace(" ", "-")


def end_if_it_came_up(directory: Path) -> None:
    """On a busy machine the last phase may be over before it is struck: then there is a whole cluster, which ends."""

    def is_over() -> bool:
        with contextlib.suppress(NoCluster):
            cluster = Control(directory)
            cluster.ask("/status")  # not before it is whole
            cluster.end(TIMEOUT_S)
        return not state.is_held(directory)

    wait_until(is_over, "it is up or down")
