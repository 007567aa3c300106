"""Daemon and kubelet on real nodes: plugged, told why not, unplugged; and nothing is done twice after a restart."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from controller.api import kinds
from controller.api.core import Pod
from controller.kubernetes import Access, Client
from controller.ovsdb import Client as Database
from controller.ovsdb import operations
from testbed.cluster import Cluster, ClusterSpec, enclosure, state
from testbed.cluster.node import Node
from testbed.cluster.processes import Process
from testbed.pods import live
from testbed.releases import resolve
from tests.waiting import until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]


@dataclass
class Bench:
    """A cluster of one node, and a client of its API."""

    cluster: Cluster
    api: Client

    @property
    def node(self) -> Node:
        return self.cluster.nodes[0]

    @property
    def daemon(self) -> Process:
        assert self.cluster.control_plane
        return self.cluster.control_plane.daemons[0]

    @property
    def kubelet(self) -> Process:
        assert self.cluster.control_plane
        return self.cluster.control_plane.kubelets[0]

    @property
    def apiserver(self) -> Process:
        assert self.cluster.control_plane
        return self.cluster.control_plane.apiserver

    async def create(self, name: str, **annotations: str) -> None:
        metadata = {"name": name, "namespace": "default", "annotations": annotations}
        spec = {"nodeName": "node1", "containers": [{"name": "main", "image": "none"}]}
        await self.api.create(kinds.PODS, {"metadata": metadata, "spec": spec})

    async def pod(self, name: str) -> Pod:
        return await self.api.get(kinds.PODS, name, "default")

    async def pods(self) -> dict[str, Pod]:
        return {pod.name: pod for pod in (await self.api.list(kinds.PODS)).items}

    async def is_ready(self, name: str) -> bool:
        return (await self.pod(name)).is_ready

    async def ready(self, name: str) -> Pod:
        await until(lambda: self.is_ready(name), f"pod {name} is ready")
        return await self.pod(name)

    async def run(self, name: str, **annotations: str) -> Pod:
        await self.create(name, **annotations)
        return await self.ready(name)

    async def interfaces(self) -> dict[str, dict[str, Any]]:
        """The node's interfaces that OVN knows, by iface-id."""
        client = await Database.connect(self.node.database, "Open_vSwitch")
        try:
            select = operations.select("Interface", (), ["_uuid", "name", "type", "external_ids"])
            (result,) = await client.transact([select])
        finally:
            await client.close()
        rows: list[dict[str, Any]] = [row.unpack() for row in result.rows]
        return {row["external_ids"]["iface-id"]: row for row in rows if "iface-id" in row["external_ids"]}

    async def health(self) -> dict[str, Any]:
        """What the daemon says of the node."""
        path = self.cluster.directory / "daemon" / "daemon1.sock"
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as session,
            session.get("http://daemon/healthz") as response,
        ):
            return dict((await response.json())["nodes"]["node1"])

    async def restart_daemon(self) -> None:
        self.daemon.restart()
        await until(self._is_verified, "the daemon has verified its ports")

    async def _is_verified(self) -> bool:
        return bool((await self.health())["verified"])

    async def has_ports(self, *iface_ids: str) -> bool:
        return set(await self.interfaces()) == {"node-node1", *iface_ids}


def sandboxes() -> dict[str, int]:
    """Pause processes by the name of their pod."""
    return {found.identity.name: found.pid or 0 for found in live.KIND.find(["node1"]).values()}


def on_a_cluster(proof: Callable[[Bench], Awaitable[None]]) -> None:
    """Run `proof` inside a cluster of one node."""

    async def with_client(cluster: Cluster) -> None:
        async with Client(Access.load(cluster.kubeconfig)) as api:
            await proof(Bench(cluster, api))

    def main(directory: Path) -> int:
        with Cluster(ClusterSpec("test", 1, resolve("system")), directory) as cluster:
            try:
                asyncio.run(with_client(cluster))
            except AssertionError:
                for log in sorted(directory.glob("*/*.log")):
                    print(f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-15:], sep="\n")
                raise
        return 0

    with state.claim("test") as directory:
        assert enclosure.run(lambda: main(directory)) == 0


def test_a_pod_comes_goes_and_leaves_nothing() -> None:
    async def proof(bench: Bench) -> None:
        pod = await bench.run("a")
        stub = await bench.run("b", **{"testbed/kind": "stub"})
        assert pod.status.phase == stub.status.phase == "Running"
        assert pod.status.host_ip == bench.node.management_ip
        interfaces = await bench.interfaces()
        assert interfaces["a.default"]["external_ids"]["pod_uid"] == pod.metadata.uid
        ping = ["ping", "-c3", "-i0.2", "-W2", pod.status.pod_ip]
        assert bench.node.run(ping).returncode == 0, "the node reaches its pod by the join network"
        device = interfaces["a.default"]["name"]
        assert set(sandboxes()) == {"a"}

        for name in ("a", "b"):
            await bench.api.delete(kinds.PODS, name, namespace="default")

        async def is_gone() -> bool:
            return not await bench.pods() and await bench.has_ports() and not sandboxes()

        await until(is_gone, "pods, ports and sandboxes are gone")
        assert bench.node.run(["ip", "link", "show", device]).returncode != 0

    on_a_cluster(proof)


def test_tcp_flows_between_pods_of_a_node() -> None:
    """Fails where checksum offload is on: the userspace switch never computes what the kernel left out."""

    async def proof(bench: Bench) -> None:
        await bench.run("client")
        address = (await bench.run("server")).status.pod_ip
        enter = {name: ["nsenter", f"--net=/proc/{pid}/ns/net"] for name, pid in sandboxes().items()}
        argv = [*enter["server"], "iperf3", "--server", "--one-off"]
        server = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.DEVNULL)
        argv = [*enter["client"], "iperf3", "--client", address, "--bytes", "1M", "--connect-timeout", "2000"]

        async def flows() -> bool:
            client = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.DEVNULL)
            return await client.wait() == 0

        await until(flows, "a megabyte arrives")
        assert await server.wait() == 0

    on_a_cluster(proof)


def test_what_cannot_be_plugged_says_why_and_comes_up_once_it_can() -> None:
    async def proof(bench: Bench) -> None:
        await bench.create("odd", **{"testbed/kind": "cardboard"})

        async def is_told() -> bool:
            events = (await bench.api.list(kinds.EVENTS, namespace="default")).items
            return any(
                event.involved_object.name == "odd"
                and event.reason == "FailedCreatePodSandBox"
                and "found 'cardboard', allowed: live, stub" in event.message
                for event in events
            )

        await until(is_told, "an Event tells the reason")
        assert (await bench.pod("odd")).status.phase != "Running"
        await bench.run("good")

    on_a_cluster(proof)


def test_a_restart_does_nothing_twice() -> None:
    async def proof(bench: Bench) -> None:
        await bench.run("a")
        await bench.run("b", **{"testbed/kind": "stub"})

        async def everything() -> tuple[dict[str, Any], ...]:
            return await bench.pods(), await bench.interfaces(), sandboxes()

        before = await everything()
        bench.kubelet.restart()
        await bench.restart_daemon()
        await bench.run("c")  # whatever was to be done again for earlier pods was before this one
        after = await everything()
        assert (await bench.health())["transactions"] == 1, "the new pod's"
        for found, was in zip(after, before, strict=True):
            assert {name: found[name] for name in was} == was

    on_a_cluster(proof)


def test_what_went_while_they_were_down_is_cleaned_up() -> None:
    async def proof(bench: Bench) -> None:
        pod = await bench.run("a")
        await bench.run("b", **{"testbed/kind": "stub"})
        bench.kubelet.kill()
        bench.daemon.kill()
        for name in ("a", "b"):
            await bench.api.delete(kinds.PODS, name, namespace="default", grace_seconds=0)
        assert pod.name in sandboxes()
        bench.kubelet.start()
        await bench.restart_daemon()

        async def is_clean() -> bool:
            return await bench.has_ports() and not sandboxes()

        await until(is_clean, "no port and no sandbox of a pod that is gone")

    on_a_cluster(proof)


def test_ports_are_plugged_after_databases_and_api_were_killed() -> None:
    async def proof(bench: Bench) -> None:
        await bench.run("a")
        bench.node.database_server.process.restart()
        bench.apiserver.restart()
        await bench.run("b")
        assert await bench.has_ports("a.default", "b.default")

    on_a_cluster(proof)


def test_a_port_that_somebody_removes_is_put_back() -> None:
    async def proof(bench: Bench) -> None:
        await bench.run("a")
        was = await bench.interfaces()
        client = await Database.connect(bench.node.database, "Open_vSwitch")
        select = operations.select("Port", [("name", "==", was["a.default"]["name"])], ["_uuid"])
        (port,) = (await client.transact([select]))[0].rows
        taken = operations.mutate(
            "Bridge", [("name", "==", "br-int")], [("ports", "delete", (port["_uuid"],))]
        )
        await client.transact([taken])
        await client.close()

        async def is_back() -> bool:
            found = (await bench.interfaces()).get("a.default")
            return found is not None and found["external_ids"].get("ovn-installed") == "true"

        await until(is_back, "the port is back and installed")
        assert (await bench.interfaces())["a.default"]["_uuid"] != was["a.default"]["_uuid"]

    on_a_cluster(proof)


def test_a_pod_whose_pause_process_dies_gets_a_new_one_with_a_new_kubelet() -> None:
    async def proof(bench: Bench) -> None:
        pod = await bench.run("a")
        (pid,) = sandboxes().values()
        bench.kubelet.kill()
        os.kill(pid, signal.SIGKILL)
        bench.kubelet.restart()

        async def is_reached() -> bool:
            return bench.node.run(["ping", "-c1", "-W1", pod.status.pod_ip]).returncode == 0

        await until(is_reached, "the pod answers again")
        assert pid not in sandboxes().values()

    on_a_cluster(proof)
