"""Faults on a real cluster: what each breaks shows in OVN, and is mended when it is undone."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controller.ovsdb import unixctl
from testbed.cluster import Cluster, ClusterSpec, enclosure, state
from testbed.faults import Kill, Partition, Pause, Restart, Slow, suffering
from testbed.measure import processor
from testbed.releases import resolve

pytestmark = pytest.mark.system

PING = ["ping", "-c", "1", "-W", "1"]


@pytest.fixture(autouse=True)
def short_state_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tempfile.mkdtemp(prefix="ovn-testbed-", dir="/run")
    monkeypatch.setenv("TESTBED_STATE", root)
    yield Path(root)
    shutil.rmtree(root)


def with_cluster(body: Callable[[Cluster], None]) -> None:
    """Run `body` with a cluster of two nodes inside an enclosure; what fails there gives a status other than 0."""

    def main() -> int:
        with Cluster(ClusterSpec("faults", 2, resolve("system")), directory, system=None) as cluster:
            body(cluster)
            cluster.check()
        return 0

    with state.claim("faults") as directory:
        assert enclosure.run(main) == 0


def comes_true(condition: Callable[[], bool]) -> None:
    """Wait for it, 60 s at most."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def answers(control: Path) -> bool:
    try:
        unixctl.call_blocking(control, "version", timeout=0.3)
    except unixctl.UnixctlError:
        return False
    return True


def test_a_killed_daemon_is_gone_and_comes_back() -> None:
    def body(cluster: Cluster) -> None:
        victim = cluster.nodes[0].chassis
        with suffering(Kill(victim)):
            assert victim.process.returncode is not None
            cluster.check()  # its end is no surprise
        comes_true(lambda: answers(victim.control))

    with_cluster(body)


def test_a_restarted_northd_is_another_process_that_takes_over() -> None:
    def body(cluster: Cluster) -> None:
        northd = cluster.central.northd
        before = northd.pid
        Restart(northd).apply()
        assert northd.pid != before
        comes_true(lambda: "active" in unixctl.call_blocking(northd.control, "status"))

    with_cluster(body)


def test_a_paused_daemon_does_not_answer_and_goes_on_where_it_was() -> None:
    def body(cluster: Cluster) -> None:
        switch = cluster.nodes[1].switch
        with suffering(Pause(switch)):
            assert not answers(switch.control)
        comes_true(lambda: answers(switch.control))

    with_cluster(body)


def test_a_slow_daemon_is_not_a_dead_one() -> None:
    def body(cluster: Cluster) -> None:
        northd = cluster.central.northd
        with suffering(Slow(northd, share=0.1)):
            before = processor.read(northd.pid)
            comes_true(lambda: answers(northd.control))
            assert processor.usage(before, processor.read(northd.pid)).run_ns > 0

    with_cluster(body)


def test_a_node_that_is_cut_off_does_not_reach_central_but_the_other_nodes() -> None:
    def body(cluster: Cluster) -> None:
        node, other = cluster.nodes
        comes_true(lambda: node.run([*PING, cluster.central.management_ip]).returncode == 0)
        with suffering(Partition.from_management(node)):
            assert node.run([*PING, cluster.central.management_ip]).returncode != 0
            comes_true(lambda: node.run([*PING, other.tunnel_ip]).returncode == 0)
        comes_true(lambda: node.run([*PING, cluster.central.management_ip]).returncode == 0)

    with_cluster(body)


def test_a_node_whose_underlay_is_down_reaches_central_but_no_other_node() -> None:
    def body(cluster: Cluster) -> None:
        node, other = cluster.nodes
        comes_true(lambda: node.run([*PING, other.tunnel_ip]).returncode == 0)
        with suffering(Partition.from_underlay(node)):
            assert node.run([*PING, other.tunnel_ip]).returncode != 0
            comes_true(lambda: node.run([*PING, cluster.central.management_ip]).returncode == 0)
        comes_true(lambda: node.run([*PING, other.tunnel_ip]).returncode == 0)

    with_cluster(body)
