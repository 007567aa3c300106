"""How long people wait for `testbed up`, from the command to the prompt, with the cluster ready behind it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

pytestmark = [pytest.mark.bench, pytest.mark.system]

LIMIT_S = {3: 6.0, 20: 14.0}
"""Seconds that the command may take, by number of nodes."""
ROUNDS = 3
PATIENCE_S = 120


@pytest.fixture
def testbed() -> Iterator[list[str]]:
    """The command that begins with `testbed`, for clusters that end with the test."""
    with tempfile.TemporaryDirectory(prefix="ovn-testbed-", dir="/run") as root:
        command = ["env", f"TESTBED_STATE={root}", sys.executable, "-m", "testbed.cli"]
        yield command
        subprocess.run([*command, "down", "--name", "bench"], check=False, capture_output=True)


@pytest.mark.parametrize("nodes", sorted(LIMIT_S))
def test_up_is_back_within_its_limit(benchmark: BenchmarkFixture, testbed: list[str], nodes: int) -> None:
    def run(*arguments: str) -> None:
        command = [*testbed, *arguments, "--name", "bench"]
        subprocess.run(command, check=True, timeout=PATIENCE_S, capture_output=True)

    benchmark.pedantic(lambda: run("up", "--nodes", str(nodes)), teardown=lambda: run("down"), rounds=ROUNDS)
    assert benchmark.stats is not None
    assert benchmark.stats.stats.median < LIMIT_S[nodes]
