"""Faults on a real cluster: what each breaks shows in OVN, and is mended when it is undone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from controller.ovsdb import unixctl
from testbed.cluster import Cluster
from testbed.faults import Kill, Partition, Pause, Restart, Slow, suffering
from testbed.measure import processor
from tests.system.live_pods import a_spec, with_cluster
from tests.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]

PING = ["ping", "-c", "1", "-W", "1"]


def on_bare_nodes(body: Callable[[Cluster], None]) -> None:
    """Run `body` with OVN on two nodes, and nothing above it."""
    assert with_cluster(a_spec(), body, system=None) == 0


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
        wait_until(lambda: answers(victim.control), "it answers again")

    on_bare_nodes(body)


def test_a_restarted_northd_is_another_process_that_takes_over() -> None:
    def body(cluster: Cluster) -> None:
        northd = cluster.central.northd
        before = northd.pid
        Restart(northd).apply()
        assert northd.pid != before
        wait_until(
            lambda: "active" in unixctl.call_blocking(northd.control, "status"), "another northd is active"
        )

    on_bare_nodes(body)


def test_a_paused_daemon_does_not_answer_and_goes_on_where_it_was() -> None:
    def body(cluster: Cluster) -> None:
        switch = cluster.nodes[1].switch
        with suffering(Pause(switch)):
            assert not answers(switch.control)
        wait_until(lambda: answers(switch.control), "it goes on")

    on_bare_nodes(body)


def test_a_slow_daemon_is_not_a_dead_one() -> None:
    def body(cluster: Cluster) -> None:
        northd = cluster.central.northd
        with suffering(Slow(northd, share=0.1)):
            before = processor.read(northd.pid)
            wait_until(lambda: answers(northd.control), "it answers")
            assert processor.usage(before, processor.read(northd.pid)).run_ns > 0

    on_bare_nodes(body)


def test_a_node_that_is_cut_off_does_not_reach_central_but_the_other_nodes() -> None:
    def body(cluster: Cluster) -> None:
        node, other = cluster.nodes
        wait_until(
            lambda: node.run([*PING, cluster.central.management_ip]).returncode == 0,
            "the node reaches central",
        )
        with suffering(Partition.from_management(node)):
            assert node.run([*PING, cluster.central.management_ip]).returncode != 0
            wait_until(
                lambda: node.run([*PING, other.tunnel_ip]).returncode == 0, "the nodes reach each other"
            )
        wait_until(
            lambda: node.run([*PING, cluster.central.management_ip]).returncode == 0,
            "the node reaches central",
        )

    on_bare_nodes(body)


def test_a_node_whose_underlay_is_down_reaches_central_but_no_other_node() -> None:
    def body(cluster: Cluster) -> None:
        node, other = cluster.nodes
        wait_until(lambda: node.run([*PING, other.tunnel_ip]).returncode == 0, "the nodes reach each other")
        with suffering(Partition.from_underlay(node)):
            assert node.run([*PING, other.tunnel_ip]).returncode != 0
            wait_until(
                lambda: node.run([*PING, cluster.central.management_ip]).returncode == 0,
                "the node reaches central",
            )
        wait_until(lambda: node.run([*PING, other.tunnel_ip]).returncode == 0, "the nodes reach each other")

    on_bare_nodes(body)
