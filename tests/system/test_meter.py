"""The meter on real daemons: each end is seen, on every node, and none of its stamps is late."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.measure.client import Meter
from tests.system.bare_ovn import BareOvn, bare_ovn

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def ovn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareOvn]:
    directory: Path = tmp_path_factory.mktemp("ovn")
    with bare_ovn(directory, chassis=2) as running:
        running.add_switches(2)
        running.add_pod("s1", "first.ns", running.nodes[0], 11)
        running.add_pod("s2", "second.ns", running.nodes[1], 12)
        yield running


async def test_every_end_of_a_pod_that_comes_and_goes_is_seen_in_its_order(ovn: BareOvn) -> None:
    async with await Meter.start(ovn) as meter:
        await meter.start_flows()
        armed = await meter.expect("third.ns", "added")
        ovn.add_pod("s2", "third.ns", ovn.nodes[1], 13)
        came = await meter.ends("third.ns", timeout=10)
        print(came)
        assert came.missing() == () and came.lost == ()
        assert armed < came.nb_ns < came.sb_ns < came.claimed_ns <= came.up_ns
        await meter.expect("third.ns", "deleted")
        ovn.delete_pod("third.ns", ovn.nodes[1])
        went = await meter.ends("third.ns", timeout=10)
        print(went)
        print(await meter.health())
        assert went.missing() == () and went.lost == ()
