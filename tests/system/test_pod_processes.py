"""What runs in live pods of a cluster: programs of the host, a responder for others, probes, restarts, the end."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from controller.kubernetes import Access, Client
from testbed.cluster import Cluster, ClusterSpec, enclosure, state
from testbed.kubelet.podspec import PODS, Pod
from testbed.releases import resolve

pytestmark = pytest.mark.system

WITHIN_S = 60.0


@pytest.fixture(autouse=True)
def state_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tempfile.mkdtemp(prefix="ovn-testbed-", dir="/run")
    monkeypatch.setenv("TESTBED_STATE", root)
    yield Path(root)
    shutil.rmtree(root)


def manifest(name: str, node: str, container: dict[str, Any], **spec: Any) -> dict[str, Any]:
    containers = [{"name": "main", "image": "nginx", **container}]
    return {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"nodeName": node, "containers": containers, **spec},
    }


async def until(api: Client, name: str, holds: Callable[[Pod], bool]) -> Pod:
    deadline = time.monotonic() + WITHIN_S
    while True:
        pod = await api.get(PODS, name, "default")
        if holds(pod):
            return pod
        assert time.monotonic() < deadline, orjson.dumps(pod, default=str)
        await asyncio.sleep(0.02)


def output_of(directory: Path, pod: Pod) -> str:
    (path,) = directory.glob(f"kubelet/pods*/{pod.metadata.uid}/container-main/*.log")
    return "".join(line.split(" ", 3)[3] for line in path.read_text().splitlines(keepends=True))


async def scenes(cluster: Cluster, directory: Path) -> None:
    async with Client(Access.load(cluster.kubeconfig)) as api:
        web = manifest("web", "node1", {"ports": [{"containerPort": 80}]})
        await api.create(PODS, web, namespace="default")
        address = (await until(api, "web", lambda pod: pod.is_ready)).status.pod_ip

        ask: dict[str, Any] = {
            "command": ["/bin/sh", "-c", "wget -T5 -qO- http://$(WEB)/index.html; ls /run; exit 3"],
            "env": [{"name": "WEB", "value": address}],
        }
        await api.create(PODS, manifest("ask", "node2", ask, restartPolicy="Never"), namespace="default")
        asked = await until(api, "ask", lambda pod: pod.is_finished)
        assert asked.status.phase == "Failed"
        (ended,) = asked.status.container_statuses
        assert ended.state.terminated is not None
        assert ended.state.terminated.exit_code == 3
        assert output_of(directory, asked) == (
            f"pod: default/web\nnode: node1\ncaller: {asked.status.pod_ip}\nrequest: GET /index.html\n"
        )

        lacking = manifest("lacking", "node1", {"command": ["no-such-program"]}, restartPolicy="Never")
        crash = manifest("crash", "node2", {"command": ["/bin/false"]})
        probed: dict[str, Any] = {
            "command": ["/bin/sh", "-c", "sleep 1; touch /tmp/up; exec sleep infinity"],
            "readinessProbe": {"exec": {"command": ["cat", "/tmp/up"]}, "periodSeconds": 1},  # noqa: S108 - the container's own
        }
        sick: dict[str, Any] = {
            "ports": [{"containerPort": 80}],
            "livenessProbe": {"tcpSocket": {"port": 81}, "periodSeconds": 1, "failureThreshold": 1},
        }
        gated = manifest("gated", "node1", probed, terminationGracePeriodSeconds=1)
        for one in (lacking, crash, gated, manifest("sick", "node2", sick)):
            await api.create(PODS, one, namespace="default")
        running = await until(api, "gated", lambda pod: pod.status.phase == "Running")
        assert not running.is_ready
        await until(api, "gated", lambda pod: pod.is_ready)
        failed = (await until(api, "lacking", lambda pod: pod.is_finished)).status.container_statuses[0]
        assert failed.state.terminated is not None
        assert (failed.state.terminated.exit_code, failed.state.terminated.reason) == (128, "StartError")
        for name in ("crash", "sick"):
            await until(api, name, lambda pod: pod.status.container_statuses[0].restart_count >= 1)


def test_pods_run_what_the_host_has_answer_for_what_it_lacks_and_obey_their_probes() -> None:
    def main(directory: Path) -> int:
        with Cluster(ClusterSpec("test", 2, resolve("system")), directory) as cluster:
            asyncio.run(scenes(cluster, directory))
            cluster.check()
        return 0

    with state.claim("test") as directory:
        assert enclosure.run(lambda: main(directory)) == 0
