"""How long a whole cluster takes to start, until every process is ready: what people wait for before a run."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from testbed.cluster import Cluster, ClusterSpec, enclosure, state
from testbed.releases import resolve

pytestmark = [pytest.mark.bench, pytest.mark.system]

BUDGET_S = {3: 4.0, 20: 12.0}
"""Seconds allowed to the whole start-up, by number of nodes, on two cores that have nothing else to do."""


@pytest.fixture(autouse=True)
def state_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tempfile.mkdtemp(prefix="ovn-testbed-", dir="/run")
    monkeypatch.setenv("TESTBED_STATE", root)
    yield Path(root)
    shutil.rmtree(root)


@pytest.mark.parametrize("nodes", sorted(BUDGET_S))
def test_a_cluster_starts_within_its_budget(benchmark: BenchmarkFixture, nodes: int) -> None:
    spec = ClusterSpec("bench", nodes, resolve("system"))

    took: list[float] = []

    def start_and_stop() -> None:
        def main(directory: Path) -> int:
            with Cluster(spec, directory):
                return 0

        began = time.monotonic()
        with state.claim(spec.name) as directory:
            assert enclosure.run(lambda: main(directory)) == 0
        took.append(time.monotonic() - began)

    benchmark.pedantic(start_and_stop, rounds=3)
    assert min(took) < BUDGET_S[nodes]
