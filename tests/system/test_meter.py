"""The meter on real daemons: each end is seen, on every node, and none of its stamps is late."""

from collections.abc import Iterator

import pytest

from testbed.measure import Ends, Meter
from tests.system.bare_ovn import BareOvn, bare_ovn

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def ovn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareOvn]:
    with bare_ovn(tmp_path_factory.mktemp("ovn"), chassis=2) as running:
        running.add_switches(2)
        running.add_pod("s1", "first.ns", running.nodes[0], 11)
        running.add_pod("s2", "second.ns", running.nodes[1], 12)
        yield running


def assert_complete(ends: Ends) -> None:
    assert ends.missing() == ()
    assert ends.lost == ()


async def test_every_end_of_a_pod_that_comes_and_goes_is_seen(ovn: BareOvn) -> None:
    async with Meter(ovn) as meter:
        await meter.start_flows()
        armed = await meter.expect("third.ns", "added")
        ovn.add_pod("s2", "third.ns", ovn.nodes[1], 13)
        came = await meter.ends("third.ns", timeout=10)
        assert_complete(came)
        assert came.chassis == "node2"
        assert set(came.nodes) == {"node1", "node2"}
        await meter.expect("third.ns", "deleted")
        ovn.delete_pod("third.ns", ovn.nodes[1])
        went = await meter.ends("third.ns", timeout=10)
        assert_complete(went)
        moments = [came.at(end) for end in ("nb", "sb", "claimed", "up", "all_nodes")]
        assert all(moment is not None and moment > armed for moment in moments)
