"""How long people wait for kubectl to show many pods."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.system.apiserver_process import ServerProcess, a_pod, running
from tests.system.kubectls import PACKAGES, kubectl

PODS = 10_000
LIMIT_S = 2.0


async def _fill(server: ServerProcess) -> None:
    connections = [await server.connect() for _ in range(20)]

    async def some(first: int) -> None:
        for number in range(first, PODS, len(connections)):
            path = "/api/v1/namespaces/default/pods"
            answer = await connections[first].create(path, a_pod(f"pod-{number}"))
            assert answer.code == 201, answer.body

    await asyncio.gather(*(some(first) for first in range(len(connections))))
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("version", sorted(PACKAGES))
def test_ten_thousand_pods_are_shown_within_two_seconds(
    version: str, benchmark: BenchmarkFixture, tmp_path: Path
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        options = ("--https-fd", str(listener.fileno()), "--credentials-directory", str(tmp_path / "api"))
        with running(tmp_path, *options, descriptors=(listener.fileno(),)) as server:
            asyncio.run(_fill(server))
            command = [
                str(kubectl(version)),
                f"--kubeconfig={tmp_path / 'api/kubeconfig'}",
                f"--cache-dir={tmp_path / 'cache'}",
                "get",
                "pods",
                "--chunk-size=0",
            ]

            def show() -> int:
                done = subprocess.run(command, capture_output=True, check=True, timeout=60)
                return done.stdout.count(b"\n")

            assert benchmark.pedantic(show, rounds=5, warmup_rounds=1) == PODS + 1
    assert benchmark.stats is not None
    assert benchmark.stats.stats.median < LIMIT_S
