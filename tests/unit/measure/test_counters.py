"""Engine counters as the daemons print them, their differences, and the nodes that a verdict rests on."""

import pytest

from testbed.measure.counters import (
    FLOW_OUTPUT,
    LOGICAL_FLOWS,
    Counts,
    EngineNode,
    UnknownEngine,
    difference,
    of_role,
    parse,
)

OVN_2303 = """\
Node: NB_address_set
- recompute:           38
- compute:              0
- abort:                0
Node: lflow
- recompute:            3
- compute:             12
- abort:                1
Node: neighbor_table_notify
- recompute:           12
- compute:              0
- abort:                0
Node: ofctrl_is_connected
- recompute:           34
- compute:              0
- abort:                0
"""
OVN_2603 = OVN_2303.replace("abort: ", "cancel:")

LFLOW = EngineNode("central", "ovn-northd", "lflow")


@pytest.mark.parametrize("text", [OVN_2303, OVN_2603])
def test_both_releases_words_are_read_and_input_nodes_ignored(text: str) -> None:
    assert parse(text) == {"lflow": Counts(recompute=3, compute=12, cancel=1)}


def test_a_difference_is_what_happened_in_between() -> None:
    assert difference({LFLOW: Counts(3, 12, 1)}, {LFLOW: Counts(4, 14, 1)}) == {LFLOW: Counts(1, 2, 0)}


def test_a_restarted_daemon_counts_from_zero() -> None:
    assert difference({LFLOW: Counts(3, 12, 1)}, {LFLOW: Counts(1, 20, 0)}) == {LFLOW: Counts(1, 20, 0)}
    assert difference({}, {LFLOW: Counts(1, 2, 0)}) == {LFLOW: Counts(1, 2, 0)}


@pytest.mark.parametrize("name", ["lflow_output", "logical_flow_output"])
def test_flow_output_is_found_under_the_name_of_its_release(name: str) -> None:
    counters = {EngineNode(f"node{i}", "ovn-controller", name): Counts(i) for i in (1, 2)}
    assert of_role(counters, FLOW_OUTPUT) == {"node1": Counts(1), "node2": Counts(2)}


def test_an_engine_without_the_node_is_no_zero() -> None:
    with pytest.raises(UnknownEngine, match="runtime_data"):
        of_role({EngineNode("node1", "ovn-controller", "runtime_data"): Counts()}, FLOW_OUTPUT)
    with pytest.raises(UnknownEngine, match="ovn-northd"):
        of_role({}, LOGICAL_FLOWS)
