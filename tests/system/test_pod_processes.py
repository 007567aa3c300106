"""What runs in live pods of a cluster: programs of the host, a responder for others, probes, restarts, the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.kubernetes import Access, Client
from testbed.cluster import Cluster
from testbed.kubelet.podspec import PODS, Pod
from tests.system.live_pods import a_spec, with_cluster
from tests.waiting import until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]


def manifest(name: str, node: str, container: dict[str, Any], **spec: Any) -> dict[str, Any]:
    containers = [{"name": "main", "image": "nginx", **container}]
    return {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"nodeName": node, "containers": containers, **spec},
    }


async def pod_that(api: Client, name: str, holds: Callable[[Pod], bool]) -> Pod:
    async def check() -> Pod | None:
        pod = await api.get(PODS, name, "default")
        return pod if holds(pod) else None

    return await until(check, f"pod {name} is as it should be")


def output_of(directory: Path, pod: Pod) -> str:
    (path,) = directory.glob(f"kubelet/pods*/{pod.metadata.uid}/container-main/*.log")
    return "".join(line.split(" ", 3)[3] for line in path.read_text().splitlines(keepends=True))


async def scenes(cluster: Cluster) -> None:
    async with Client(Access.load(cluster.kubeconfig)) as api:
        web = manifest("web", "node1", {"ports": [{"containerPort": 80}]})
        await api.create(PODS, web, namespace="default")
        address = (await pod_that(api, "web", lambda pod: pod.is_ready)).status.pod_ip

        ask: dict[str, Any] = {
            "command": ["/bin/sh", "-c", "wget -T5 -qO- http://$(WEB)/index.html; ls /run; exit 3"],
            "env": [{"name": "WEB", "value": address}],
        }
        await api.create(PODS, manifest("ask", "node2", ask, restartPolicy="Never"), namespace="default")
        asked = await pod_that(api, "ask", lambda pod: pod.is_finished)
        assert asked.status.phase == "Failed"
        (ended,) = asked.status.container_statuses
        assert ended.state.terminated is not None
        assert ended.state.terminated.exit_code == 3
        assert output_of(cluster.directory, asked) == (
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
        running = await pod_that(api, "gated", lambda pod: pod.status.phase == "Running")
        assert not running.is_ready
        await pod_that(api, "gated", lambda pod: pod.is_ready)
        failed = (await pod_that(api, "lacking", lambda pod: pod.is_finished)).status.container_statuses[0]
        assert failed.state.terminated is not None
        assert (failed.state.terminated.exit_code, failed.state.terminated.reason) == (128, "StartError")
        for name in ("crash", "sick"):
            await pod_that(api, name, lambda pod: pod.status.container_statuses[0].restart_count >= 1)


def test_pods_run_what_the_host_has_answer_for_what_it_lacks_and_obey_their_probes() -> None:
    assert with_cluster(a_spec(), lambda cluster: asyncio.run(scenes(cluster))) == 0
