"""A cluster is what its spec says: chassis in SB, packets through Geneve, processes that are watched over."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.cluster import Cluster, ClusterSpec, DaemonDied, Node, StartFailed, enclosure, state
from testbed.cluster.processes import wait_until
from testbed.releases import Release, resolve
from tests.system.live_pods import a_spec

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]

Body = Callable[[Cluster], None]


def with_cluster(spec: ClusterSpec, body: Body) -> int:
    """Run `body` with a cluster inside an enclosure; an assertion that fails is printed there and gives status 3."""

    def main(directory: Path) -> int:
        with Cluster(spec, directory, system=None) as cluster:
            body(cluster)
        return 0

    with state.claim(spec.name) as directory:
        return enclosure.run(lambda: main(directory))


def nbctl(cluster: Cluster, *arguments: str) -> str:
    argv = cluster.spec.release.argv("ovn-nbctl", f"--db={cluster.central.northbound}", *arguments)
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60).stdout


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
    vsctl = node.release.argv("ovs-vsctl", f"--db={node.database}", "--timeout=60")
    interface = ["--", "set", "Interface", port, f"external_ids:iface-id={port}"]
    subprocess.run([*vsctl, "add-port", "br-int", port, *interface], check=True, capture_output=True)
    return pid


@pytest.mark.parametrize("release", ["system", "suite:trixie", "suite:sid"])
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
            nbctl(cluster, "--timeout=60", "wait-until", "Logical_Switch_Port", f"p{number}", "up=true")
        (node, pid), _ = pods

        def answered() -> bool:
            return node.run(["mnexec", "-a", str(pid), "ping", "-c1", "-W1", "10.0.0.2"]).returncode == 0

        wait_until(answered, [node.chassis.process], 60, "the other pod does not answer")
        dump = node.release.argv("ovs-appctl", "-t", str(node.switch.control), "dpctl/dump-flows")
        flows = subprocess.run(dump, check=True, capture_output=True, text=True).stdout
        assert f"dst={cluster.nodes[1].tunnel_ip}" in flows, flows

    assert with_cluster(a_spec(release=release), body) == 0


def test_every_node_is_a_chassis_with_its_own_geneve_address() -> None:
    def body(cluster: Cluster) -> None:
        argv = [
            "ovn-sbctl",
            f"--db={cluster.central.southbound}",
            "--bare",
            "--columns=chassis_name,type,ip",
            "list",
        ]
        found = subprocess.run([*argv, "Encap"], check=True, capture_output=True, text=True).stdout.split()
        for node in cluster.nodes:
            assert node.tunnel_ip in found
            assert node.name in found
        assert found.count("geneve") == 3

    assert with_cluster(a_spec(nodes=3), body) == 0


@pytest.mark.parametrize("release", ["system", "suite:trixie", "suite:sid"])
def test_live_and_stub_pods_live_on_one_node(release: str) -> None:
    def body(cluster: Cluster) -> None:
        node = cluster.nodes[0]
        nbctl(cluster, "ls-add", "s", "--", "lsp-add", "s", "live", "--", "lsp-add", "s", "stub")
        plug_pod(node, "live", "02:00:00:00:00:01", "10.0.0.1/24")
        vsctl = node.release.argv(
            "ovs-vsctl", f"--db={node.database}", "--timeout=60", "add-port", "br-int", "stub"
        )
        stub = ["--", "set", "Interface", "stub", "type=internal", "external_ids:iface-id=stub"]
        subprocess.run([*vsctl, *stub], check=True, capture_output=True)
        for port in ("live", "stub"):
            nbctl(cluster, "--timeout=60", "wait-until", "Logical_Switch_Port", port, "up=true")
        devices = node.run(["ip", "-brief", "link"]).stdout
        assert "live" in devices
        assert "stub" not in devices

    assert with_cluster(a_spec(nodes=1, release=release), body) == 0


def test_tcp_between_a_node_and_the_external_host_passes_the_userspace_datapath() -> None:
    def body(cluster: Cluster) -> None:
        node, external = cluster.nodes[0], cluster.external
        server = external.popen(
            ["iperf3", "--server", "--one-off", "--forceflush"], stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None
        while "listening" not in server.stdout.readline():
            assert server.poll() is None
        done = node.run(
            ["iperf3", "--client", external.address, "--bytes", "1M", "--connect-timeout", "5000"]
        )
        assert done.returncode == 0, done.stdout + done.stderr

    assert with_cluster(a_spec(nodes=1), body) == 0


def test_a_daemon_that_dies_is_named_with_its_log() -> None:
    def body(cluster: Cluster) -> None:
        cluster.check()
        daemon = cluster.nodes[1].switch
        os.kill(daemon.pid, 9)
        wait_until(
            lambda: daemon.process.returncode is not None, [cluster.central.northd.process], 60, "it lives on"
        )
        with pytest.raises(DaemonDied, match=r"node2 ovs-vswitchd died \(killed by signal 9\)") as death:
            cluster.check()
        assert str(daemon.log) in str(death.value)
        assert death.value.last_lines

    assert with_cluster(a_spec(), body) == 0


def test_a_daemon_can_be_restarted_and_the_cluster_is_whole_again() -> None:
    def body(cluster: Cluster) -> None:
        for daemon in cluster.daemons():
            before = daemon.pid
            daemon.process.restart()
            assert daemon.pid != before
            assert daemon.control.exists()
        cluster.check()

    assert with_cluster(a_spec(nodes=1), body) == 0


class BrokenSwitch:
    """A release whose ovs-vswitchd does not know one of its arguments."""

    def __init__(self, release: Release) -> None:
        self._release = release

    def __getattr__(self, name: str) -> object:
        return getattr(self._release, name)

    def argv(self, program: str, *arguments: str) -> list[str]:
        more = ("--no-such-option",) if program == "ovs-vswitchd" else ()
        return self._release.argv(program, *arguments, *more)


def test_a_start_up_failure_shows_daemon_last_lines_and_log(capfd: pytest.CaptureFixture[str]) -> None:
    spec = ClusterSpec("test", 2, BrokenSwitch(resolve("system")))  # type: ignore[arg-type]
    assert with_cluster(spec, lambda _cluster: None) == enclosure.FAULT
    told = capfd.readouterr().err
    assert f"{StartFailed.__name__}: node1 ovs-vswitchd did not start" in told
    assert "unrecognized option" in told
    assert "node1/ovs-vswitchd.log" in told


def test_nothing_inside_can_reach_the_hosts_own_ovs() -> None:
    def main() -> int:
        return sum(len(list(hidden.iterdir())) for hidden in enclosure.HIDDEN if hidden.is_dir())

    assert enclosure.run(main) == 0


def test_one_enclosure_can_hold_one_cluster_after_another() -> None:
    spec = a_spec(nodes=1)

    def main(directory: Path) -> int:
        for name in ("first", "second"):
            (directory / name).mkdir()
            with Cluster(spec, directory / name, system=None) as cluster:
                cluster.check()
        return 0

    with state.claim(spec.name) as directory:
        assert enclosure.run(lambda: main(directory)) == 0


def test_the_machines_answer_at_mininets_own_prompt() -> None:
    def body(cluster: Cluster) -> None:
        first, second = cluster.net["node1"], cluster.net["node2"]
        assert second.defaultIntf().updateIP() == cluster.nodes[1].management_ip
        assert " 0% packet loss" in first.cmd("ping -c1 -W20", second.IP())

    assert with_cluster(a_spec(), body) == 0
