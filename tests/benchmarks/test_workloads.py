"""What 1,000 stub pods cost until all are ready, by process: as a Deployment, and as plain pods beside it."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from controller.api.kinds import PODS
from controller.kubernetes import Access, Client
from testbed.cluster import Cluster, ClusterSpec, enclosure, state
from testbed.releases import resolve
from testbed.workloads.objects import DEPLOYMENTS

pytestmark = [pytest.mark.bench, pytest.mark.system]

COUNT = 1_000
LIMIT_S = 2.5
"""Processor seconds that the pods of a Deployment may cost all five processes together."""
TEMPLATE = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "web", "image": "any"}]},
}


@pytest.fixture(autouse=True)
def state_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tempfile.mkdtemp(prefix="ovn-testbed-", dir="/run")
    monkeypatch.setenv("TESTBED_STATE", root)
    yield Path(root)
    shutil.rmtree(root)


def processor_seconds(cluster: Cluster) -> dict[str, float]:
    """User and system time so far of each process of the Kubernetes side."""
    assert cluster.control_plane is not None
    seconds = {}
    for process in cluster.control_plane.processes:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        seconds[process.name] = (int(fields[11]) + int(fields[12])) / 100
    return seconds


async def until_ready(api: Client) -> None:
    ready: set[str] = set()
    async with asyncio.timeout(100):
        async for change in api.follow(PODS, label_selector="app=web"):
            if change.type != "SYNCED" and change.object.is_ready:
                ready.add(change.object.metadata.uid)
            if len(ready) == COUNT:
                return


async def make(api: Client, *, plain: bool) -> None:
    if not plain:
        spec = {"replicas": COUNT, "selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE}
        await api.create(DEPLOYMENTS, {"metadata": {"name": "web", "namespace": "default"}, "spec": spec})
        return
    numbers = iter(range(COUNT))

    async def worker() -> None:
        for number in numbers:
            meta = {"name": f"web-{number}", "namespace": "default", "labels": {"app": "web"}}
            spec = {"nodeName": f"node{number % 3 + 1}", "containers": [{"name": "web", "image": "any"}]}
            await api.create(PODS, {"metadata": meta, "spec": spec})

    await asyncio.gather(*(worker() for _ in range(16)))


async def measure(cluster: Cluster, *, plain: bool) -> dict[str, Any]:
    async with Client(Access.load(cluster.kubeconfig)) as api:
        before, started = processor_seconds(cluster), time.monotonic()
        waiting = asyncio.create_task(until_ready(api))
        await make(api, plain=plain)
        await waiting
        wall = time.monotonic() - started
        after = processor_seconds(cluster)
    spent = {name: round(after[name] - before[name], 2) for name in after}
    return {"pods": COUNT, "wall_s": round(wall, 2), "sum_s": round(sum(spent.values()), 2), **spent}


@pytest.mark.parametrize("plain", [False, True], ids=["deployment", "plain"])
def test_a_thousand_stub_pods_until_ready(benchmark: BenchmarkFixture, tmp_path: Path, plain: bool) -> None:
    """Processor seconds of API server, workloads, kubelet, daemon and controller."""
    answer = tmp_path / "figures.json"

    def main(directory: Path) -> int:
        with Cluster(ClusterSpec("bench", 3, resolve("system"), pod_kind="stub"), directory) as cluster:
            answer.write_text(json.dumps(asyncio.run(measure(cluster, plain=plain))))
        return 0

    def run() -> None:
        with state.claim("bench") as directory:
            assert enclosure.run(lambda: main(directory)) == 0

    benchmark.pedantic(run, rounds=1)
    benchmark.extra_info |= json.loads(answer.read_text())
    print(benchmark.extra_info)
    assert benchmark.extra_info["sum_s"] <= LIMIT_S
