"""Emulated clusters in tests: pods are created through the API, and found again as processes that send packets."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.api import kinds
from controller.api.core import Pod
from controller.api.kind import Kind
from controller.kubernetes import Access, Client
from testbed.cluster import Cluster, ClusterSpec, enclosure, state
from testbed.releases import ReleaseUnavailable, resolve
from testbed.systems import Ours, System
from tests.waiting import until, wait_until

OURS = Ours()


def a_spec(release: str = "system", nodes: int = 2, **more: Any) -> ClusterSpec:
    try:
        return ClusterSpec("test", nodes, resolve(release), **more)
    except ReleaseUnavailable as unavailable:
        pytest.skip(str(unavailable))


def a_pod(name: str, node: str, kind: str = "live", **annotations: str) -> dict[str, Any]:
    """A manifest; `annotations` are Kube-OVN's, without their prefix."""
    said = {f"ovn.kubernetes.io/{key}": value for key, value in annotations.items()}
    return {
        "metadata": {"name": name, "namespace": "default", "annotations": {"testbed/kind": kind, **said}},
        "spec": {"nodeName": node, "containers": [{"name": "main", "image": "none"}]},
    }


async def run_pods(cluster: Cluster, *pods: dict[str, Any]) -> dict[str, Pod]:
    """Create pods and wait until all pods that there are run."""
    async with Client(Access.load(cluster.kubeconfig)) as api:
        for pod in pods:
            await api.create(kinds.PODS, pod, namespace="default")

        async def running() -> dict[str, Pod] | None:
            found = (await api.list(kinds.PODS)).items
            are_up = all(pod.status.phase == "Running" for pod in found)
            return {pod.name: pod for pod in found} if are_up else None

        return await until(running, "all pods run")


def pause_process(pod: str) -> int:
    """The process that holds the namespace of a live pod."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and f"pause default/{pod}\0".encode() in (entry / "cmdline").read_bytes():
            return int(entry.name)
    raise AssertionError(f"no pause process of {pod}")


def assert_ping(source: str, address: str) -> None:
    done = subprocess.run(
        [*enter(source), "ping", "-c3", "-i0.2", "-W2", address], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def enter(pod: str) -> list[str]:
    """The beginning of a command that runs in the network namespace of a live pod."""
    return ["nsenter", f"--net=/proc/{pause_process(pod)}/ns/net"]


async def create(cluster: Cluster, kind: Kind[Any], name: str, **spec: Any) -> None:
    """Create an object that has no namespace."""
    async with Client(Access.load(cluster.kubeconfig)) as api:
        await api.create(kind, {"metadata": {"name": name}, "spec": spec})


async def change(cluster: Cluster, kind: Kind[Any], name: str, **spec: Any) -> None:
    """Change fields of an object's specification."""
    async with Client(Access.load(cluster.kubeconfig)) as api:
        await api.patch(kind, name, {"spec": spec})


def reaches(pod: str, address: str) -> bool:
    """Whether one echo request of the pod is answered."""
    done = subprocess.run([*enter(pod), "ping", "-c1", "-W1", address], capture_output=True)
    return done.returncode == 0


def becomes(pod: str, address: str, *, reached: bool) -> None:
    """Wait until the pod reaches the address, or does not."""
    wait_until(lambda: reaches(pod, address) is reached, f"{pod} to {address}: reached is {reached}")


async def told(cluster: Cluster, pod: str, words: str) -> str:
    """What an event of the pod says that has these words as its reason, or among what it says; waited for."""
    async with Client(Access.load(cluster.kubeconfig)) as api:

        async def said() -> str | None:
            for event in (await api.list(kinds.EVENTS, namespace="default")).items:
                if event.involved_object.name == pod and (event.reason == words or words in event.message):
                    return event.message
            return None

        return await until(said, f"an event of {pod} says {words!r}")


def with_cluster(spec: ClusterSpec, body: Callable[[Cluster], None], system: System | None = OURS) -> int:
    """Run `body` with a cluster in an enclosure; 0 if nothing was raised and no process ended by itself."""

    def main(directory: Path) -> int:
        with Cluster(spec, directory, system=system) as cluster:
            body(cluster)
            cluster.check()
        return 0

    with state.claim(spec.name) as directory:
        return enclosure.run(lambda: main(directory))
