"""What keeps a cluster from being called quiet."""

from testbed.measure.flows import why_not_quiet

BUSY_SHARE = 0.1


def test_a_cluster_at_rest_has_nothing_that_moves() -> None:
    assert not why_not_quiet({"node1": 100}, {"node1": 100}, {("node1", "chassis"): 0.01}, BUSY_SHARE)


def test_a_node_whose_flows_change_is_named_with_its_counts() -> None:
    unrest = why_not_quiet({"node1": 100, "node2": 7}, {"node1": 150, "node2": 7}, {}, BUSY_SHARE)
    assert unrest == ["node1 went from 100 to 150 flows"]


def test_busy_daemons_are_named_the_busiest_first() -> None:
    shares = {("node1", "chassis"): 0.2, ("central", "northd"): 0.9, ("node2", "switch"): 0.05}
    assert why_not_quiet({}, {}, shares, BUSY_SHARE) == [
        "northd on central takes 90% of a processor",
        "chassis on node1 takes 20% of a processor",
    ]
