"""Stages add up to the whole, are never negative, and blame no end that was not seen."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.measure.ends import Ends, NodeEnds
from testbed.measure.stages import UNATTRIBUTED, stages


def added(**moments: Any) -> Ends:
    nodes = {"node1": NodeEnds(moments.pop("lookup", None), moments.pop("output", None))}
    return Ends("pod", "added", 0, nodes=nodes, **moments)


def deleted(**moments: Any) -> Ends:
    nodes = {"node1": NodeEnds(moments.pop("lookup", None), moments.pop("output", None))}
    return Ends("pod", "deleted", 0, nodes=nodes, **moments)


USUAL = {"nb_ns": 10, "sb_ns": 20, "plugged_ns": 30, "claimed_ns": 40, "lookup": 25, "output": 60}


def test_the_path_goes_through_the_cause_that_came_last() -> None:
    assert stages(added(**USUAL), "all_nodes", accepted_ns=0, allocated=12) == {
        "accepted_to_nb": 10,
        "nb_to_allocated": 2,
        "allocated_to_plugged": 18,
        "plugged_to_claimed": 10,
        "claimed_to_all_nodes": 20,
        UNATTRIBUTED: 0,
    }


def test_a_claim_that_waited_for_sb_goes_through_sb() -> None:
    ends = added(**{**USUAL, "sb_ns": 35})
    found = stages(ends, "all_nodes", accepted_ns=0, allocated=12)
    assert found == {
        "accepted_to_nb": 10,
        "nb_to_sb": 25,
        "sb_to_claimed": 5,
        "claimed_to_all_nodes": 20,
        UNATTRIBUTED: 0,
    }


def test_a_node_that_waited_for_its_lookup_flow_waited_for_sb_alone() -> None:
    found = stages(added(**{**USUAL, "lookup": 70}), "all_nodes", accepted_ns=0)
    assert found == {"accepted_to_nb": 10, "nb_to_sb": 10, "sb_to_all_nodes": 50, UNATTRIBUTED: 0}


def test_what_lies_around_an_end_that_was_not_seen_is_unattributed() -> None:
    found = stages(added(**USUAL), "all_nodes", accepted_ns=0)
    assert found == {"plugged_to_claimed": 10, "claimed_to_all_nodes": 20, UNATTRIBUTED: 30}


def test_a_row_that_the_meter_heard_of_after_its_effect_makes_no_negative_stage() -> None:
    found = stages(added(**{**USUAL, "sb_ns": 42, "claimed_ns": 65}), "all_nodes", accepted_ns=0)
    assert found == {
        "accepted_to_nb": 10,
        "nb_to_sb": 32,
        "sb_to_claimed": 18,
        "claimed_to_all_nodes": 0,
        UNATTRIBUTED: 0,
    }


def test_ready_goes_through_installed() -> None:
    found = stages(added(**USUAL, installed_ns=55), "ready", accepted_ns=0, allocated=12, ready=80)
    assert found is not None
    assert found["installed_to_ready"] == 25
    assert found["claimed_to_installed"] == 15


def test_nothing_is_said_about_a_target_that_was_not_reached() -> None:
    assert stages(added(nb_ns=10), "all_nodes", accepted_ns=0) is None
    assert stages(added(**USUAL), "ready", accepted_ns=0, ready=None) is None


def test_flows_go_by_the_sb_row_or_by_the_interface_whichever_took_them() -> None:
    by_row = deleted(nb_ns=10, sb_ns=20, plugged_ns=90, lookup=30, output=30)
    assert stages(by_row, "all_nodes", accepted_ns=0) == {
        "accepted_to_nb": 10,
        "nb_to_sb": 10,
        "sb_to_all_nodes": 10,
        UNATTRIBUTED: 0,
    }
    by_interface = deleted(nb_ns=50, sb_ns=60, plugged_ns=20, lookup=25, output=30)
    assert stages(by_interface, "all_nodes", accepted_ns=0) == {
        "accepted_to_plugged": 20,
        "plugged_to_all_nodes": 10,
        UNATTRIBUTED: 0,
    }


moment = st.integers(min_value=0, max_value=1000)


@pytest.mark.parametrize("make", [added, deleted])
@given(data=st.data())
def test_stages_are_never_negative_and_always_add_up(make: Any, data: st.DataObject) -> None:
    names = ("nb_ns", "sb_ns", "plugged_ns", "claimed_ns", "installed_ns")
    seen = {name: data.draw(st.none() | moment) for name in names}
    ends = make(**seen, lookup=data.draw(moment), output=data.draw(moment))
    accepted = data.draw(moment)
    found = stages(ends, "all_nodes", accepted_ns=accepted, allocated=data.draw(st.none() | moment))
    assert found is not None
    assert all(length >= 0 for length in found.values())
    assert ends.all_nodes_ns is not None
    assert sum(found.values()) == max(0, ends.all_nodes_ns - accepted)
