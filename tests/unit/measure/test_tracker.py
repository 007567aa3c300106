"""When a node has a pod, in whatever order the sources tell it."""

import pytest

from testbed.measure.flowevents import FlowEvent, Lookup, Output
from testbed.measure.tracker import Plug, PortRow, Tracker, UnfitExpectation, installed_ts, mac_of

MAC = "0a:00:00:00:00:01"
UNCLAIMED = PortRow(datapath=2, key=3, mac=MAC, chassis=None, up=False)
CLAIMED = UNCLAIMED._replace(chassis="node2")
LOOKUP, OUTPUT = Lookup(2, MAC), Output(2, 3)


def came(flow: Lookup | Output | None) -> FlowEvent:
    return FlowEvent("ADDED", flow)


def went(flow: Lookup | Output | None) -> FlowEvent:
    return FlowEvent("DELETED", flow)


@pytest.fixture
def tracker() -> Tracker:
    return Tracker(lambda port: None)


@pytest.fixture
def expecting(tracker: Tracker) -> Tracker:
    tracker.expect("pod", "added", ["node1", "node2"], 100)
    return tracker


@pytest.fixture
def settled(tracker: Tracker) -> Tracker:
    tracker.northbound("pod", MAC, True, 10)
    tracker.southbound("pod", CLAIMED, 20)
    tracker.interface("pod", Plug("node2", 15, 30), 30)
    return tracker


def test_a_node_has_the_pod_at_the_later_of_its_two_flows(expecting: Tracker) -> None:
    expecting.southbound("pod", UNCLAIMED, 110)
    expecting.flow("node1", came(OUTPUT), 120)
    expecting.flow("node1", came(LOOKUP), 130)
    assert expecting.ends("pod").nodes["node1"].reached_ns == 130


def test_all_nodes_have_it_when_the_last_one_does(expecting: Tracker) -> None:
    expecting.southbound("pod", UNCLAIMED, 110)
    for ns, node in ((120, "node2"), (140, "node1")):
        assert expecting.ends("pod").all_nodes_ns is None
        expecting.flow(node, came(LOOKUP), ns - 5)
        expecting.flow(node, came(OUTPUT), ns)
    assert expecting.ends("pod").all_nodes_ns == 140
    assert expecting.ends("pod").last_node == "node1"


def test_flows_that_were_read_before_the_row_that_names_them_count_from_when_they_were_read(
    expecting: Tracker,
) -> None:
    expecting.flow("node1", came(LOOKUP), 105)
    expecting.flow("node1", came(OUTPUT), 106)
    expecting.southbound("pod", UNCLAIMED, 110)
    assert expecting.ends("pod").nodes["node1"].reached_ns == 106


def test_a_flow_from_before_the_change_was_expected_does_not_count(tracker: Tracker) -> None:
    tracker.expect("other", "added", ["node1"], 80)
    tracker.flow("node1", came(LOOKUP), 90)
    tracker.expect("pod", "added", ["node1"], 100)
    tracker.southbound("pod", UNCLAIMED, 110)
    assert tracker.ends("pod").nodes["node1"].lookup_ns is None


def test_flows_of_other_ports_and_datapaths_do_not_count(expecting: Tracker) -> None:
    expecting.southbound("pod", UNCLAIMED, 110)
    expecting.flow("node1", came(Lookup(3, MAC)), 120)
    expecting.flow("node1", came(Output(2, 4)), 120)
    assert expecting.ends("pod").nodes["node1"].reached_ns is None


def test_a_flow_that_goes_again_was_not_the_end(expecting: Tracker) -> None:
    expecting.southbound("pod", UNCLAIMED, 110)
    expecting.flow("node1", came(LOOKUP), 120)
    expecting.flow("node1", came(OUTPUT), 120)
    expecting.flow("node1", went(OUTPUT), 125)
    assert expecting.ends("pod").nodes["node1"].reached_ns is None
    expecting.flow("node1", came(OUTPUT), 130)
    assert expecting.ends("pod").nodes["node1"].reached_ns == 130


def test_a_deleted_pod_is_gone_from_a_node_when_both_flows_are(settled: Tracker) -> None:
    settled.expect("pod", "deleted", ["node1"], 100)
    settled.flow("node1", went(LOOKUP), 110)
    assert settled.ends("pod").all_nodes_ns is None
    settled.flow("node1", went(OUTPUT), 120)
    settled.southbound("pod", None, 105)
    settled.northbound("pod", MAC, False, 104)
    settled.interface("pod", None, 130)
    ends = settled.ends("pod")
    assert (ends.nb_ns, ends.sb_ns, ends.plugged_ns, ends.all_nodes_ns) == (104, 105, 130, 120)
    assert ends.missing() == ()


def test_the_first_moment_of_an_end_stays(expecting: Tracker) -> None:
    expecting.southbound("pod", UNCLAIMED, 110)
    expecting.southbound("pod", CLAIMED, 120)
    expecting.southbound("pod", CLAIMED._replace(up=True), 130)
    ends = expecting.ends("pod")
    assert (ends.sb_ns, ends.claimed_ns, ends.up_ns, ends.chassis) == (110, 120, 130, "node2")


def test_installed_is_what_ovn_stamped_and_plugged_is_when_the_interface_was_first_seen(
    expecting: Tracker,
) -> None:
    expecting.interface("pod", Plug("node2", 115, None), 115)
    expecting.interface("pod", Plug("node2", 125, 124), 125)
    ends = expecting.ends("pod")
    assert (ends.plugged_ns, ends.installed_ns, ends.installed_seen_ns) == (115, 124, 125)


def test_flow_modifications_are_those_since_the_change_was_expected(tracker: Tracker) -> None:
    tracker.flow("node1", came(None), 90)
    tracker.expect("pod", "added", ["node1"], 100)
    tracker.flow("node1", came(None), 110)
    tracker.flow("node1", went(None), 111)
    tracker.flow("node2", came(None), 112)
    assert tracker.ends("pod").flow_modifications == {"node1": 2}


def test_more_events_than_the_window_holds_lose_the_sample() -> None:
    tracker = Tracker(lambda port: None, window=2)
    tracker.expect("pod", "added", ["node1"], 100)
    for ns in range(3):
        tracker.flow("node1", came(Output(9, ns)), 110 + ns)
    assert tracker.ends("pod").lost == ("window overflow",)


def test_what_was_lost_marks_every_change_expected_then_and_none_later(expecting: Tracker) -> None:
    expecting.lose("monitor paused")
    assert expecting.ends("pod").lost == ("monitor paused",)
    expecting.expect("pod", "added", [], 200)
    assert expecting.ends("pod").lost == ()


def test_only_what_can_happen_may_be_expected(settled: Tracker) -> None:
    with pytest.raises(UnfitExpectation, match="already in NB"):
        settled.expect("pod", "added", [], 100)
    settled.northbound("pod", MAC, False, 40)
    with pytest.raises(UnfitExpectation, match="still in SB"):
        settled.expect("pod", "added", [], 100)
    with pytest.raises(UnfitExpectation, match="not in SB"):
        settled.expect("unknown", "deleted", [], 100)
    with pytest.raises(UnfitExpectation, match="no change"):
        settled.ends("unknown")


def test_progress_is_told_by_port() -> None:
    told: list[str] = []
    tracker = Tracker(told.append)
    tracker.expect("pod", "added", [], 100)
    tracker.northbound("other", MAC, True, 105)
    tracker.northbound("pod", MAC, True, 110)
    assert told == ["pod"]


def test_the_mac_is_that_of_the_first_address_that_has_one() -> None:
    assert mac_of(["dynamic", "0A:00:00:00:00:01 10.0.0.1"]) == MAC
    assert mac_of(["router", "unknown"]) is None


def test_an_interface_is_installed_once_ovn_says_so() -> None:
    assert installed_ts({"ovn-installed": "true", "ovn-installed-ts": "1795526235968"}) == 1795526235968
    assert installed_ts({"ovn-installed-ts": "1795526235968"}) is None
