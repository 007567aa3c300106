"""The Kubernetes side of a cluster: from a pod in the API to a packet through Geneve, also after a part was killed."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.cluster import Cluster
from tests.system.live_pods import a_pod, a_spec, assert_ping, run_pods, with_cluster

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]


@pytest.mark.parametrize("release", ["system", "suite:sid"])
def test_pods_of_the_api_reach_each_other_across_nodes(release: str) -> None:
    def body(cluster: Cluster) -> None:
        pods = (a_pod("a", "node1", "live"), a_pod("b", "node2", "live"), a_pod("c", "node2", "stub"))
        running = asyncio.run(run_pods(cluster, *pods))
        assert_ping("a", running["b"].status.pod_ip)

    assert with_cluster(a_spec(release), body) == 0


def test_each_process_can_be_killed_and_started_again_and_pods_come_up_as_before() -> None:
    def body(cluster: Cluster) -> None:
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
            assert_ping("first", pod.status.pod_ip)

    assert with_cluster(a_spec(pod_kind="live"), body) == 0


def test_nodes_are_divided_among_kubelets_and_daemons() -> None:
    def body(cluster: Cluster) -> None:
        plane = cluster.control_plane
        assert plane is not None
        assert [process.name for process in plane.kubelets] == ["kubelet1", "kubelet2"]
        assert [process.name for process in plane.daemons] == ["daemon1", "daemon2"]
        asyncio.run(run_pods(cluster, a_pod("a", "node1", "live"), a_pod("b", "node2", "live")))

    assert with_cluster(a_spec(nodes_per_kubelet=1), body) == 0


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
