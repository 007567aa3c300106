"""What keeps a cluster from being called quiet."""

from testbed.measure.flows import Share, why_not_quiet

BUSY_SHARE = 0.1


def test_a_cluster_at_rest_has_nothing_that_moves() -> None:
    assert not why_not_quiet(
        {"node1": 100}, {"node1": 100}, {("node1", "chassis"): Share(0.01, 0.02)}, BUSY_SHARE
    )


def test_a_node_whose_flows_change_is_named_with_its_counts() -> None:
    unrest = why_not_quiet({"node1": 100, "node2": 7}, {"node1": 150, "node2": 7}, {}, BUSY_SHARE)
    assert unrest == ["node1 went from 100 to 150 flows"]


def test_busy_daemons_are_named_the_busiest_first() -> None:
    shares = {
        ("node1", "chassis"): Share(0.2, 0.0),
        ("central", "northd"): Share(0.9, 0.05),
        ("node2", "switch"): Share(0.05, 0.1),
    }
    assert why_not_quiet({}, {}, shares, BUSY_SHARE) == [
        "northd on central takes 90% of a processor and waits 5% for one",
        "chassis on node1 takes 20% of a processor and waits 0% for one",
    ]


def test_a_daemon_that_gets_no_processor_is_not_at_rest() -> None:
    """Twenty busy daemons on two processors run a tenth of the time each."""
    shares = {("central", "southbound"): Share(0.08, 0.9)}
    assert why_not_quiet({}, {}, shares, BUSY_SHARE) == [
        "southbound on central takes 8% of a processor and waits 90% for one"
    ]
