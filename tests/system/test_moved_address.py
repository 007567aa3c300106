"""How long nobody answers under a public address that moves from a pod on one node to a pod on another."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

from controller.api.kinds import OVN_EIPS, OVN_FIPS
from testbed.cluster import Cluster
from testbed.probes.echo import Echo, outages
from tests.system.live_pods import a_pod, a_spec, change, create, enter, pause_process, run_pods, with_cluster
from tests.system.test_public_addresses import join

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]

ADDRESS = "172.31.200.7"
PROBE_MS = 10
STEADY, WITHIN_S = 60, 60.0
SETTLE_S = 1.2
"""A datagram is given up after a second."""
MOST_MS = 5_000
"""Generous, for a loaded machine; the figures are printed."""


@contextlib.contextmanager
def answering(pod: str) -> Iterator[None]:
    """A pod sends datagrams back."""
    server = subprocess.Popen(
        [*enter(pod), sys.executable, "-m", "testbed.probes.echo", "answer"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    try:
        yield
    finally:
        server.terminate()
        server.wait()


@pytest.mark.parametrize("type_", ["centralized", "distributed"])
def test_a_moved_address_is_soon_answered_for_and_pods_keep_their_own(type_: str) -> None:
    def body(cluster: Cluster) -> None:
        asyncio.run(moves(cluster, type_))

    assert with_cluster(a_spec(), body) == 0


async def moves(cluster: Cluster, type_: str) -> None:
    """Move the address there and back; the pods' own conversation goes on all the while."""
    await join(cluster, "ovn-cluster")
    pods = await run_pods(cluster, a_pod("a", "node1"), a_pod("b", "node2"))
    await create(cluster, OVN_EIPS, "one", externalSubnet="outside", v4Ip=ADDRESS)
    await create(cluster, OVN_FIPS, "one", ovnEip="one", ipName="a.default", type=type_)
    inside = Echo(pause_process("b"), pause_process("a"), pods["a"].status.pod_ip, PROBE_MS)
    async with inside:  # its answerer is the one of pod a
        with answering("b"):
            outside = Echo(cluster.external.pid, cluster.external.pid, ADDRESS, PROBE_MS, fresh=True)
            async with outside:
                for probe in (inside, outside):
                    await probe.until_steady(STEADY, WITHIN_S)
                begin = len(inside.sent)
                found = [await move(cluster, outside, pod) for pod in ("b", "a", "b", "a")]
                lost = outages(inside.sent[begin:])
    print(type_, "outages (ms)", [round(gap) for gap in found], "lost inside", lost)
    assert max(found) < MOST_MS
    assert lost == []


async def move(cluster: Cluster, probe: Echo, pod: str) -> float:
    """Move the address to the pod; returns for how long nothing came back (ms)."""
    begin = len(probe.sent)
    await change(cluster, OVN_FIPS, "one", ipName=f"{pod}.default")
    await asyncio.sleep(SETTLE_S)
    await probe.until_steady(STEADY, WITHIN_S)
    return max((outage.gap_ns for outage in outages(probe.sent[begin:])), default=0) / 1e6
