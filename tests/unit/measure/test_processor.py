"""Processor time of processes: threads that come and go, processes that are replaced."""

import os
import subprocess
import sys

import pytest

from testbed.measure import processor
from testbed.measure.processor import Times, Usage, by_machine, difference, usage


def test_a_process_that_works_is_seen_to_run() -> None:
    before = processor.read(os.getpid())
    end = before.run_ns + 20_000_000
    while processor.read(os.getpid()).run_ns < end:
        pass
    used = usage(before, processor.read(os.getpid()))
    assert 20_000_000 <= used.run_ns < 200_000_000


def test_time_of_threads_that_ended_is_kept() -> None:
    work = (
        "import threading, time, sys\n"
        "def burn():\n"
        "    end = time.thread_time() + 0.1\n"
        "    while time.thread_time() < end: pass\n"
        "sys.stdin.readline()\n"
        "thread = threading.Thread(target=burn); thread.start(); thread.join()\n"
        "print('done', flush=True); sys.stdin.readline()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        before = processor.read(process.pid)
        process.stdin.write(b"\n")
        assert process.stdout.readline() == b"done\n"
        used = usage(before, processor.read(process.pid))
        process.stdin.write(b"\n")
    assert used.run_ns >= 100_000_000


def test_a_process_that_is_gone_is_said_to_be() -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    with pytest.raises(ProcessLookupError):
        processor.read(process.pid)


def test_waiting_counts_new_threads_in_full_and_ended_ones_by_number() -> None:
    before = Times(run_ns=100, threads={1: 10, 2: 20}, started=7)
    after = Times(run_ns=150, threads={1: 15, 3: 4}, started=7)
    assert usage(before, after) == Usage(run_ns=50, wait_ns=9, threads_ended=1)


def test_another_process_under_the_same_pid_counts_from_its_start() -> None:
    used = usage(Times(100, {1: 10}, started=7), Times(5, {1: 2}, started=8))
    assert used == Usage(run_ns=5, wait_ns=2, restarted=True)


def test_machines_add_up_their_daemons() -> None:
    before = {("node1", "chassis"): Times(10, {}, 1), ("node1", "switch"): Times(20, {}, 1)}
    after = {
        ("node1", "chassis"): Times(15, {}, 1),
        ("node1", "switch"): Times(22, {}, 1),
        ("node2", "switch"): Times(3, {}, 1),
    }
    assert by_machine(difference(before, after)) == {"node1": 7, "node2": 3}
