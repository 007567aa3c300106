"""The meter on real daemons: each end is seen on every node, no stamp is late, and what was missed is not hidden."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from testbed.cluster import Cluster, ClusterSpec, enclosure, state
from testbed.measure import (
    EndNotSeen,
    Ends,
    Meter,
    UnfitExpectation,
    counters,
    flows,
    processing,
    processor,
    raw,
    resources,
    validity,
)
from testbed.measure.clock import MILLISECOND_NS, monotonic_ns
from testbed.measure.ends import ENDS_OF
from testbed.releases import ReleaseUnavailable, resolve
from tests.system.bare_ovn import BareOvn, bare_ovn, mac, port_commands, wait_for

pytestmark = pytest.mark.system

Body = Callable[[BareOvn, Meter], Awaitable[None]]
RELEASES = ("system", "suite:sid")


def with_meter(body: Body, release: str = "system") -> None:
    """Run `body` with a meter on two chassis, each with a pod, in an enclosure that leaves nothing behind."""
    try:
        resolve(release)
    except ReleaseUnavailable as unavailable:
        pytest.skip(str(unavailable))
    directory = Path(tempfile.mkdtemp(prefix="ovn-testbed-", dir="/run"))

    async def measured(ovn: BareOvn) -> None:
        async with Meter(ovn) as meter:
            await body(ovn, meter)

    def main() -> int:
        with bare_ovn(directory / "ovn", chassis=2, release=release) as ovn:
            ovn.add_switches(2)
            ovn.add_pod("s1", "first.ns", ovn.nodes[0], 11)
            ovn.add_pod("s2", "second.ns", ovn.nodes[1], 12)
            asyncio.run(measured(ovn))
        return 0

    try:
        assert enclosure.run(main) == 0
    finally:
        shutil.rmtree(directory)


def recomputations(done: counters.Counters, role: counters.Role) -> dict[str, int]:
    return {node: counts.recompute for node, counts in counters.of_role(done, role).items()}


def only_child_of(meter: Meter) -> int:
    (child,) = Path(f"/proc/{meter.pid}/task/{meter.pid}/children").read_text().split()
    return int(child)


async def until_something_is_lost(meter: Meter) -> None:
    async with asyncio.timeout(60):
        while not (await meter.health()).lost:  # noqa: ASYNC110 - another process knows
            await asyncio.sleep(0.02)


def assert_complete(ends: Ends) -> None:
    assert ends.missing() == ()
    assert ends.lost == ()


@pytest.mark.parametrize("release", RELEASES)
def test_every_end_of_a_pod_that_comes_and_goes_is_seen(release: str) -> None:
    async def body(ovn: BareOvn, meter: Meter) -> None:
        await meter.start_flows()
        armed = await meter.expect("third.ns", "added")
        ovn.add_pod("s2", "third.ns", ovn.nodes[1], 13)
        claimed = await meter.until("third.ns", "claimed", timeout=60)
        came = await meter.ends("third.ns", timeout=60)
        assert_complete(came)
        assert came.claimed_ns == claimed
        assert came.chassis == "node2"
        assert set(came.nodes) == {"node1", "node2"}
        for end in ENDS_OF["added"]:
            moment = came.at(end)
            assert moment is not None
            assert armed < moment < monotonic_ns()
        assert all(came.flow_modifications.values())

        armed = await meter.expect("third.ns", "deleted")
        ovn.delete_pod("third.ns", ovn.nodes[1])
        went = await meter.ends("third.ns", timeout=60)
        assert_complete(went)
        assert all(events.deleted for events in went.flow_events.values())

    with_meter(body, release)


@pytest.mark.parametrize("release", RELEASES)
def test_a_change_that_was_held_back_is_processed_by_exactly_one_recomputation(release: str) -> None:
    async def body(ovn: BareOvn, meter: Meter) -> None:
        await meter.start_flows()
        await flows.quiet(ovn.nodes, ovn.daemons(), timeout=60)
        northd, chassis = processing.Northd(ovn.daemons()), processing.Chassis(ovn.daemons())
        async with processing.held(northd, chassis):
            before = await counters.snapshot(ovn.daemons())
            await meter.expect("third.ns", "added")
            ovn.add_pod("s2", "third.ns", ovn.nodes[1], 13)
            await meter.until("third.ns", "nb", timeout=60)
            await northd.recompute_and_resume()
            await meter.until("third.ns", "sb", timeout=60)
            await chassis.recompute_and_resume()
            ends = await meter.ends("third.ns", timeout=60)
        assert_complete(ends)
        done = counters.difference(before, await counters.snapshot(ovn.daemons()))
        recomputed = recomputations(done, counters.FLOW_OUTPUT)
        assert recomputed["node1"] == 1
        if release == "system":
            # OVN 23.03: northd recomputes for the claim too, and a chassis for every interface that is plugged into it
            assert recomputed["node2"] >= 1
            assert recomputations(done, counters.LOGICAL_FLOWS)["central"] >= 1
        else:
            assert recomputed["node2"] == 1
            assert recomputations(done, counters.LOGICAL_FLOWS) == {"central": 1}

    with_meter(body, release)


@pytest.mark.parametrize("release", RELEASES)
def test_a_change_that_is_not_held_back_is_computed_and_its_processor_time_is_seen(release: str) -> None:
    async def body(ovn: BareOvn, meter: Meter) -> None:
        await meter.start_flows()
        await flows.quiet(ovn.nodes, ovn.daemons(), timeout=60)
        before, times = await counters.snapshot(ovn.daemons()), processor.snapshot(ovn.daemons())
        await meter.expect("third.ns", "added")
        ovn.add_pod("s2", "third.ns", ovn.nodes[1], 13)
        assert_complete(await meter.ends("third.ns", timeout=60))
        done = counters.difference(before, await counters.snapshot(ovn.daemons()))
        recomputed = recomputations(done, counters.FLOW_OUTPUT)
        assert recomputed["node1"] == 0
        if release != "system":
            assert recomputed["node2"] == 0
            assert recomputations(done, counters.LOGICAL_FLOWS) == {"central": 0}
        assert all(counts.compute > 0 for counts in counters.of_role(done, counters.FLOW_OUTPUT).values())
        used = processor.difference(times, processor.snapshot(ovn.daemons()))
        assert used["central", "northd"].run_ns > 0
        assert used["node2", "chassis"].run_ns > 0

    with_meter(body, release)


def test_the_stamp_of_a_flow_is_less_than_a_millisecond_behind_the_switch() -> None:
    """Held against `ovs-ofctl`: it returns once the switch has confirmed that the flow is gone."""

    async def body(ovn: BareOvn, meter: Meter) -> None:
        await meter.start_flows()
        node = ovn.nodes[0]
        row = ovn.sbctl(
            "--bare", "--columns=tunnel_key,datapath", "find", "port_binding", "logical_port=second.ns"
        )
        key, datapath = row.split()
        tunnel_key = ovn.sbctl("get", "datapath_binding", datapath, "tunnel_key").strip()
        match = f"table=100,reg15={key},metadata={tunnel_key}"
        behind = []
        for _ in range(15):
            await meter.expect("second.ns", "deleted", [node.name])
            ovn.ofctl(node, "add-flow", f"{match},actions=output:1")
            began = monotonic_ns()
            ovn.ofctl(node, "del-flows", match)
            ended = monotonic_ns()
            while (stamp := (await meter.ends("second.ns", timeout=0.05)).nodes[node.name].output_ns) is None:
                assert monotonic_ns() < ended + 60_000 * MILLISECOND_NS
            assert stamp > began
            behind.append(stamp - ended)
        assert min(behind) < 1 * MILLISECOND_NS  # of the others, other work on the machine delayed some

    with_meter(body)


def test_what_came_while_a_database_was_away_is_marked_as_lost() -> None:
    async def body(ovn: BareOvn, meter: Meter) -> None:
        await meter.start_flows()
        await meter.expect("third.ns", "added")
        ovn.restart("central", "southbound")
        ovn.add_pod("s2", "third.ns", ovn.nodes[1], 13)
        ends = await meter.ends("third.ns", timeout=60)
        assert ends.missing() == ()
        assert any("OVN_Southbound" in reason for reason in ends.lost)
        assert (await meter.health()).lost

        await meter.expect("fourth.ns", "added")
        ovn.add_pod("s2", "fourth.ns", ovn.nodes[1], 14)
        assert_complete(await meter.ends("fourth.ns", timeout=60))

    with_meter(body)


def test_a_flow_monitor_that_ends_is_marked_as_lost() -> None:
    async def body(ovn: BareOvn, meter: Meter) -> None:
        await meter.start_flows()
        await meter.expect("third.ns", "added")
        ovn.restart("node1", "switch")
        await until_something_is_lost(meter)
        ends = await meter.ends("third.ns", timeout=1)
        assert any("node1" in reason for reason in ends.lost)

        with pytest.raises(UnfitExpectation, match="no flow monitor runs on node1"):
            await meter.expect("third.ns", "added")
        await meter.start_flows()
        await meter.expect("third.ns", "added")
        ovn.add_pod("s2", "third.ns", ovn.nodes[1], 13)
        ends = await meter.ends("third.ns", timeout=60)
        assert_complete(ends)

    with_meter(body)


def test_what_a_switch_could_not_report_is_marked_as_lost() -> None:
    """A flow monitor that is too slow: the switch stops reporting when its buffer is full."""

    async def body(ovn: BareOvn, meter: Meter) -> None:
        node = ovn.nodes[0]
        await meter.start_flows([node.name])
        monitor = only_child_of(meter)
        await meter.expect("third.ns", "added")
        many = ovn.directory / "flows"
        many.write_text("".join(f"table=100,reg0={n},actions=resubmit(,101)\n" for n in range(30_000)))
        os.kill(monitor, signal.SIGSTOP)
        ovn.ofctl(node, "add-flows", str(many))
        ovn.ofctl(node, "del-flows", "table=100")
        os.kill(monitor, signal.SIGCONT)
        await until_something_is_lost(meter)
        ends = await meter.ends("third.ns")
        assert ends.lost == ("the flow monitor of node1 was paused by the switch",)

    with_meter(body)


def test_own_time_is_told_from_that_of_others() -> None:
    spin = [sys.executable, "-c", "while True: pass"]

    def main() -> int:
        before = validity.read_processor_times()
        with subprocess.Popen(spin) as own:
            wait_for(lambda: processor.read(own.pid).run_ns > 300_000_000, True)
            after = validity.read_processor_times()
            own.kill()
        assert after.own - before.own >= 28
        foreign = (after.processes - before.processes) - (after.own - before.own)
        assert foreign >= 10
        return 0

    with subprocess.Popen(spin) as other:
        assert enclosure.run(main) == 0
        other.kill()


def test_what_cannot_be_and_what_did_not_come_are_told_apart() -> None:
    async def body(ovn: BareOvn, meter: Meter) -> None:
        with pytest.raises(UnfitExpectation, match="already in NB"):
            await meter.expect("first.ns", "added")
        with pytest.raises(UnfitExpectation, match="no flow monitor runs on node1"):
            await meter.expect("third.ns", "added", ["node1"])
        await meter.expect("third.ns", "added")
        with pytest.raises(UnfitExpectation, match="no flow monitor"):
            await meter.until("third.ns", "all_nodes", timeout=1)
        with pytest.raises(EndNotSeen, match=r"third\.ns: sb not within 0\.1 s; missing: nb, sb"):
            await meter.until("third.ns", "sb", timeout=0.1)

    with_meter(body)


def test_a_cluster_at_rest_is_quiet_and_its_flows_are_counted() -> None:
    async def body(ovn: BareOvn, meter: Meter) -> None:
        counted = await flows.quiet(ovn.nodes, ovn.daemons(), timeout=60)
        for node in ovn.nodes:
            dumped = ovn.ofctl(node, "dump-flows").count("cookie=")
            assert counted[node.name] == dumped > 100
        with pytest.raises(flows.NotQuiet, match=r"takes .* of a processor"):
            await flows.quiet(ovn.nodes, ovn.daemons(), timeout=0.1, window=0.1, busy_share=-1)

    with_meter(body)


def test_every_daemon_is_asked_for_its_own_words(tmp_path: Path) -> None:
    async def body(ovn: BareOvn, meter: Meter) -> None:
        os.kill(ovn.daemon("node2", "switch").pid, signal.SIGSTOP)
        words = await raw.capture(ovn.daemons(), timeout=0.5)
        assert set(words) == {f"{daemon.node} {daemon.role}" for daemon in ovn.daemons()}
        assert "Node: lflow" in words["central northd"]["inc-engine/show-stats"]
        assert "inc-engine/show-stats" not in words["node1 switch"]
        assert "no answer" in words["node2 switch"]["memory/show"]
        raw.write(words, tmp_path / "raw.txt")
        assert "== central northd: inc-engine/show-stats\nNode:" in (tmp_path / "raw.txt").read_text()

    with_meter(body)


@pytest.mark.parametrize("release", RELEASES)
def test_a_cluster_is_measured_as_bare_daemons_are(release: str, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(tempfile.mkdtemp(prefix="ovn-testbed-", dir="/run"))
    monkeypatch.setenv("TESTBED_STATE", str(root))

    async def measured(cluster: Cluster) -> None:
        node, pod = cluster.nodes[0], "stub.ns"
        nb, database = cluster.central.northbound, node.database
        argv = cluster.spec.release.argv
        async with Meter(cluster) as meter:
            cluster.central.must(argv("ovn-nbctl", f"--db={nb}", "ls-add", "s1"))
            await flows.quiet(cluster.nodes, cluster.daemons(), timeout=60)
            await meter.start_flows()
            before = await counters.snapshot(cluster.daemons())
            times = processor.snapshot(cluster.daemons())
            await meter.expect(pod, "added", [node.name])
            cluster.central.must(
                argv("ovn-nbctl", f"--db={nb}", *port_commands("s1", pod, mac(1), "10.0.1.1"))
            )
            interface = ["type=dummy", f"external_ids:iface-id={pod}"]
            plug = ["add-port", "br-int", "stub", "--", "set", "interface", "stub", *interface]
            node.must(argv("ovs-vsctl", f"--db={database}", *plug))
            assert_complete(await meter.ends(pod, timeout=60))
            done = counters.difference(before, await counters.snapshot(cluster.daemons()))
            assert counters.of_role(done, counters.FLOW_OUTPUT)["node1"].compute > 0
            used = processor.difference(times, processor.snapshot(cluster.daemons()))
            assert len(used) == len(cluster.daemons())
            rows = [resources.sample(daemon) for daemon in cluster.daemons()]
            assert all(row.pss_mib for row in rows)
            assert {row.daemon for row in rows if row.database_bytes} == {
                "ovsdb-server northbound",
                "ovsdb-server southbound",
                "ovsdb-server database",
            }

    def main() -> int:
        with Cluster(ClusterSpec("meter", 2, resolve(release)), directory, system=None) as cluster:
            asyncio.run(measured(cluster))
        return 0

    try:
        resolve(release)
    except ReleaseUnavailable as unavailable:
        pytest.skip(str(unavailable))
    try:
        with state.claim("meter") as directory:
            assert enclosure.run(main) == 0
    finally:
        shutil.rmtree(root)
