"""The Kubernetes side of a cluster: from a pod in the API to a packet through Geneve, also after a part was killed."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.api import kinds
from controller.api.core import Pod
from controller.kubernetes import Access, Client
from testbed.cluster import Cluster, ClusterSpec, enclosure, state
from testbed.releases import ReleaseUnavailable, resolve

pytestmark = pytest.mark.system

RUNNING_WITHIN_S = 30.0


@pytest.fixture(autouse=True)
def state_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tempfile.mkdtemp(prefix="ovn-testbed-", dir="/run")
    monkeypatch.setenv("TESTBED_STATE", root)
    yield Path(root)
    shutil.rmtree(root)


def a_spec(release: str = "system", **more: Any) -> ClusterSpec:
    try:
        return ClusterSpec("test", 2, resolve(release), **more)
    except ReleaseUnavailable as unavailable:
        pytest.skip(str(unavailable))


def a_pod(name: str, node: str, kind: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "default", "annotations": {"testbed/kind": kind}},
        "spec": {"nodeName": node, "containers": [{"name": "main", "image": "none"}]},
    }


async def run_pods(cluster: Cluster, *pods: dict[str, Any]) -> dict[str, Pod]:
    """Create pods and wait until all pods that there are run."""
    async with Client(Access.load(cluster.kubeconfig)) as api:
        for pod in pods:
            await api.create(kinds.PODS, pod, namespace="default")
        deadline = time.monotonic() + RUNNING_WITHIN_S
        while True:
            found = (await api.list(kinds.PODS)).items
            if all(pod.status.phase == "Running" for pod in found):
                return {pod.metadata.name: pod for pod in found}
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.02)


def pause_process(pod: str) -> int:
    """The process that holds the namespace of a live pod."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and f"pause default/{pod}\0".encode() in (entry / "cmdline").read_bytes():
            return int(entry.name)
    raise AssertionError(f"no pause process of {pod}")


def assert_ping(cluster: Cluster, source: str, address: str) -> None:
    enter = ["nsenter", f"--net=/proc/{pause_process(source)}/ns/net"]
    done = subprocess.run([*enter, "ping", "-c3", "-i0.2", "-W2", address], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("release", ["system", "suite:sid"])
def test_pods_of_the_api_reach_each_other_across_nodes(release: str) -> None:
    def main(directory: Path) -> int:
        with Cluster(a_spec(release), directory) as cluster:
            pods = (a_pod("a", "node1", "live"), a_pod("b", "node2", "live"), a_pod("c", "node2", "stub"))
            running = asyncio.run(run_pods(cluster, *pods))
            assert_ping(cluster, "a", running["b"].status.pod_ip)
            cluster.check()
        return 0

    with state.claim("test") as directory:
        assert enclosure.run(lambda: main(directory)) == 0


def test_each_process_can_be_killed_and_started_again_and_pods_come_up_as_before() -> None:
    def main(directory: Path) -> int:
        with Cluster(a_spec(pod_kind="live"), directory) as cluster:
            plane = cluster.control_plane
            assert plane is not None
            running = asyncio.run(run_pods(cluster, a_pod("first", "node1", "live")))
            addresses = {running["first"].status.pod_ip}
            for number, process in enumerate(plane.processes):
                process.restart()
                running = asyncio.run(run_pods(cluster, a_pod(f"p{number}", "node2", "live")))
                pod = running[f"p{number}"]
                assert pod.status.pod_ip not in addresses, process.name
                addresses.add(pod.status.pod_ip)
                assert_ping(cluster, "first", pod.status.pod_ip)
            cluster.check()
        return 0

    with state.claim("test") as directory:
        assert enclosure.run(lambda: main(directory)) == 0


def test_nodes_are_divided_among_kubelets_and_daemons() -> None:
    def main(directory: Path) -> int:
        with Cluster(a_spec(nodes_per_kubelet=1), directory) as cluster:
            plane = cluster.control_plane
            assert plane is not None
            assert [process.name for process in plane.kubelets] == ["kubelet1", "kubelet2"]
            assert [process.name for process in plane.daemons] == ["daemon1", "daemon2"]
            asyncio.run(run_pods(cluster, a_pod("a", "node1", "live"), a_pod("b", "node2", "live")))
        return 0

    with state.claim("test") as directory:
        assert enclosure.run(lambda: main(directory)) == 0


KEEPER = """
import signal, socket
from testbed.cluster import Cluster, ClusterSpec, enclosure, state
from testbed.releases import resolve

def main(directory, door):
    with Cluster(ClusterSpec("people", 1, resolve("system")), directory, https=door):
        print("up", flush=True)
        signal.pause()

with state.claim("people") as directory, socket.create_server(("127.0.0.1", 0)) as door:
    raise SystemExit(enclosure.run(lambda: main(directory, door)))
"""


def test_people_on_the_host_reach_the_api_by_https(state_root: Path) -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("there is no kubectl")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", KEEPER], env=environment, stdout=subprocess.PIPE, text=True
    ) as keeper:
        try:
            assert keeper.stdout is not None
            assert keeper.stdout.readline() == "up\n"
            kubeconfig = state_root / "people" / "api" / "kubeconfig"
            kubectl = ["kubectl", "--kubeconfig", str(kubeconfig), "get", "nodes", "-o", "name"]
            done = subprocess.run(kubectl, capture_output=True, text=True, timeout=60)
            assert done.stdout.split() == ["node/node1"], done.stderr
        finally:
            keeper.terminate()
