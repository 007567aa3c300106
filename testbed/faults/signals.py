"""Stopping a process and letting it go on, and knowing that it did stop."""

import os
import signal
import time
from pathlib import Path

from testbed.faults.fault import FaultFailed

STOP_TIMEOUT_S = 2.0
"""A thread in an uninterruptible wait (disk) stops only after it; more than this is a machine in trouble."""

POLL_S = 0.001

STATE_AFTER_NAME = 0
"""Index of the state in /proc/PID/stat behind the command's name (proc(5), field 3); T is stopped by a signal."""


def stop(pid: int) -> None:
    """SIGSTOP; returns once every thread has stopped. Raises FaultFailed."""
    _send(pid, signal.SIGSTOP)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while not is_stopped(pid):
        if time.monotonic() > deadline:
            raise FaultFailed(f"process {pid} did not stop within {STOP_TIMEOUT_S:g} s")
        time.sleep(POLL_S)


def go_on(pid: int) -> None:
    """SIGCONT; nothing happens if the process is gone."""
    try:
        _send(pid, signal.SIGCONT)
    except FaultFailed:
        return


def is_stopped(pid: int) -> bool:
    """Whether every thread of a process is stopped. Raises FaultFailed when it is gone."""
    try:
        states = [_state(task / "stat") for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError as error:
        raise FaultFailed(f"process {pid} is gone") from error
    return all(state == "T" for state in states)


def _state(stat: Path) -> str:
    text = stat.read_text()
    return text[text.rindex(")") + 2 :].split()[STATE_AFTER_NAME]


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError as error:
        raise FaultFailed(f"process {pid} is gone") from error
