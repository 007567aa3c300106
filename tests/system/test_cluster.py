"""A cluster is what its spec says: chassis in SB, packets through Geneve, processes that are watched over."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed.cluster import Cluster, ClusterSpec, DaemonDied, Node, StartFailed, StateInUse, enclosure, state
from testbed.cluster.processes import wait_until
from testbed.releases import ReleaseUnavailable, resolve

pytestmark = pytest.mark.system

Body = Callable[[Cluster], None]


@pytest.fixture(autouse=True)
def short_state_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """State directories under /run: they hold Unix sockets, and a release in a chroot has its own /run in memory."""
    root = tempfile.mkdtemp(prefix="ovn-testbed-", dir="/run")
    monkeypatch.setenv("TESTBED_STATE", root)
    yield Path(root)
    shutil.rmtree(root)


def with_cluster(spec: ClusterSpec, body: Body) -> int:
    """Run `body` with a cluster inside an enclosure; an assertion that fails is printed there and gives status 3."""

    def main(directory: Path) -> int:
        with Cluster(spec, directory, system=None) as cluster:
            body(cluster)
        return 0

    with state.claim(spec.name) as directory:
        return enclosure.run(lambda: main(directory))


def a_spec(nodes: int = 2, release: str = "system") -> ClusterSpec:
    try:
        return ClusterSpec("test", nodes, resolve(release))
    except ReleaseUnavailable as unavailable:
        pytest.skip(str(unavailable))


def nbctl(cluster: Cluster, *arguments: str) -> str:
    argv = cluster.spec.release.argv("ovn-nbctl", f"--db={cluster.central.northbound}", *arguments)
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=20).stdout


def plug_pod(node: Node, port: str, mac: str, address: str) -> int:
    """A namespace with a veth on br-int; returns a PID in it."""
    pod = node.popen(["mnexec", "-np", "sleep", "60"], stdout=subprocess.PIPE, text=True)
    assert pod.stdout is not None
    pid = int(pod.stdout.readline().lstrip("\x01"))
    node.ip(
        [
            f"link add name {port} mtu 1442 type veth peer name eth0 netns {pid} address {mac}",
            f"link set {port} up",
        ]
    )
    inside = ["mnexec", "-a", str(pid)]
    node.must([*inside, "ip", "addr", "add", address, "dev", "eth0"])
    node.must([*inside, "ip", "link", "set", "eth0", "up", "mtu", "1442"])
    node.must([*inside, "ethtool", "-K", "eth0", "tx", "off"])
    vsctl = node.release.argv("ovs-vsctl", f"--db={node.database}", "--timeout=20")
    interface = ["--", "set", "Interface", port, f"external_ids:iface-id={port}"]
    subprocess.run([*vsctl, "add-port", "br-int", port, *interface], check=True, capture_output=True)
    return pid


@pytest.mark.parametrize("release", ["system", "suite:sid"])
def test_pods_on_two_nodes_reach_each_other_through_geneve(release: str) -> None:
    def body(cluster: Cluster) -> None:
        nbctl(cluster, "ls-add", "s")
        pods = []
        for number, node in enumerate(cluster.nodes, start=1):
            mac, address = f"02:00:00:00:00:0{number}", f"10.0.0.{number}"
            nbctl(
                cluster,
                "lsp-add",
                "s",
                f"p{number}",
                "--",
                "lsp-set-addresses",
                f"p{number}",
                f"{mac} {address}",
            )
            pods.append((node, plug_pod(node, f"p{number}", mac, f"{address}/24")))
        for number in (1, 2):
            nbctl(cluster, "--timeout=20", "wait-until", "Logical_Switch_Port", f"p{number}", "up=true")
        (node, pid), _ = pods

        def answered() -> bool:
            return node.run(["mnexec", "-a", str(pid), "ping", "-c1", "-W1", "10.0.0.2"]).returncode == 0

        wait_until(answered, [node.chassis.process], 10, "the other pod does not answer")
        dump = node.release.argv("ovs-appctl", "-t", str(node.switch.control), "dpctl/dump-flows")
        flows = subprocess.run(dump, check=True, capture_output=True, text=True).stdout
        assert f"dst={cluster.nodes[1].tunnel_ip}" in flows, flows

    assert with_cluster(a_spec(release=release), body) == 0
