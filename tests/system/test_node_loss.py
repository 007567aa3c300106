"""A node whose kubelet is killed: unreachable, tainted, left by its pods, and cleared away when it is deleted.

Held against https://kubernetes.io/docs/concepts/architecture/nodes/#condition and
https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions, with grace times
that are seconds here. The pods have no network: no daemon runs, and none is needed to bind or to evict them.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.api.core import Pod
from controller.api.kinds import NODES as CORE_NODES
from controller.kubernetes import Access, Client
from testbed.workloads.objects import DEPLOYMENTS, NODES, Node
from tests.system.apiserver_process import running
from tests.system.workloads_process import WorkloadsProcess, pods_until

pytestmark = pytest.mark.system

GRACE_S = 5
UNREACHABLE = "node.kubernetes.io/unreachable"


class Kubelet:
    """``python -m testbed.kubelet`` for one node of which there is only the name."""

    def __init__(self, node: str, kubeconfig: Path) -> None:
        self.node = node
        self.directory = kubeconfig.parent / node
        self.directory.mkdir()
        config = self.directory / "kubelet.json"
        config.write_text(
            json.dumps([{"node": node, "address": "192.0.2.1", "pid": os.getpid(), "kind": "stub"}])
        )
        arguments = {
            "--kubeconfig": kubeconfig,
            "--daemon-socket": self.directory / "daemon.sock",
            "--socket": self.directory / "kubelet.sock",
            "--config": config,
            "--directory": self.directory / "pods",
            "--renew-interval": "0.5",
        }
        self.command = [sys.executable, "-m", "testbed.kubelet"]
        self.command += [str(word) for pair in arguments.items() for word in pair]

    def start(self) -> None:
        with (self.directory / "kubelet.log").open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=log)
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said == b'{"ready": true}\n', (self.directory / "kubelet.log").read_text()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait()


@pytest.fixture
def kubelets(tmp_path: Path) -> Iterator[tuple[Kubelet, Kubelet]]:
    with running(tmp_path):
        graces = ("--node-monitor-grace-period", str(GRACE_S), "--gone-node-grace-period", "1")
        workloads = WorkloadsProcess(tmp_path, *graces)
        both = Kubelet("node1", workloads.kubeconfig), Kubelet("node2", workloads.kubeconfig)
        started: list[Kubelet | WorkloadsProcess] = []
        try:
            for each in (*both, workloads):
                each.start()
                started.append(each)
            yield both
        finally:
            for each in started:
                if each.process.poll() is None:
                    each.kill()


@pytest.fixture
async def api(kubelets: tuple[Kubelet, Kubelet], tmp_path: Path) -> AsyncIterator[Client]:
    async with Client(Access.load(tmp_path / "kubeconfig")) as client:
        yield client


async def node_until(api: Client, name: str, condition: Callable[[Node], bool]) -> None:
    async with asyncio.timeout(60):
        async for change in api.follow(NODES):
            if change.type != "SYNCED" and change.object.name == name and condition(change.object):
                return


def is_unknown(node: Node) -> bool:
    ready = next(entry for entry in node.status.conditions if entry.type == "Ready")
    taints = {(taint.key, taint.effect) for taint in node.spec.taints}
    return (
        ready.status == "Unknown"
        and {
            (UNREACHABLE, "NoSchedule"),
            (UNREACHABLE, "NoExecute"),
        }
        <= taints
    )


def is_well(node: Node) -> bool:
    ready = next((entry for entry in node.status.conditions if entry.type == "Ready"), None)
    return ready is not None and ready.status == "True" and not node.spec.taints


def a_deployment(replicas: int) -> dict[str, Any]:
    toleration = {"key": UNREACHABLE, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 1}
    spec = {"containers": [{"name": "web", "image": "any"}], "tolerations": [toleration]}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": spec}
    selector = {"matchLabels": {"app": "web"}}
    asked = {"replicas": replicas, "selector": selector, "template": template}
    return {"metadata": {"name": "web", "namespace": "default"}, "spec": asked}


async def test_pods_leave_a_node_whose_kubelet_was_killed_and_go_for_good_with_the_node(
    api: Client, kubelets: tuple[Kubelet, Kubelet]
) -> None:
    await node_until(api, "node1", is_well)
    await node_until(api, "node2", is_well)
    await api.create(DEPLOYMENTS, a_deployment(4))
    placed = await pods_until(api, lambda pods: len(pods) == 4 and all(pod.spec.node_name for pod in pods))
    lost = {pod.name for pod in placed if pod.spec.node_name == "node1"}
    assert lost
    kubelets[0].kill()
    await node_until(api, "node1", is_unknown)

    def have_left(pods: list[Pod]) -> bool:
        living = [pod for pod in pods if not pod.is_being_deleted]
        return len(living) == 4 and {pod.spec.node_name for pod in living} == {"node2"}

    left = await pods_until(api, have_left)
    assert lost <= {pod.name for pod in left if pod.is_being_deleted}
    await api.delete(CORE_NODES, "node1")
    await pods_until(api, lambda pods: not lost & {pod.name for pod in pods})


async def test_a_node_whose_kubelet_comes_back_is_ready_and_untainted(
    api: Client, kubelets: tuple[Kubelet, Kubelet]
) -> None:
    kubelets[0].kill()
    await node_until(api, "node1", is_unknown)
    kubelets[0].start()
    await node_until(api, "node1", is_well)
