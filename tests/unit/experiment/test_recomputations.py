import pytest

from testbed.experiment.recomputations import Habits, fault_of_full, fault_of_incremental
from testbed.measure.counters import Counters, Counts, EngineNode

NORTHD = ("ovn-northd", "central")
NOBODY: frozenset[tuple[str, str]] = frozenset()


def work(northd: int = 0, node1: int = 0, node2: int = 0, output: str = "lflow_output") -> Counters:
    return {
        EngineNode("central", "ovn-northd", "lflow"): Counts(recompute=northd, compute=2),
        EngineNode("central", "ovn-northd", "sync_to_sb"): Counts(recompute=9),
        EngineNode("node1", "ovn-controller", output): Counts(recompute=node1, compute=1),
        EngineNode("node2", "ovn-controller", output): Counts(recompute=node2, compute=3),
        EngineNode("node2", "ovn-controller", "runtime_data"): Counts(recompute=7),
    }


def habits_of(*seen: Counters) -> frozenset[tuple[str, str]]:
    habits = Habits()
    for one in seen:
        habits.learn("added", one)
    return habits.of("added")


def test_without_any_recomputation_a_change_was_incremental() -> None:
    assert fault_of_incremental(work(), NOBODY) == ""


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (work(northd=1), "ovn-northd on central recomputed 1 times"),
        (work(node2=1), "ovn-controller on node2 recomputed 1 times"),
        (work(node1=2, output="logical_flow_output"), "ovn-controller on node1 recomputed 2 times"),
    ],
)
def test_one_recomputation_anywhere_and_it_was_not_incremental(found: Counters, told: str) -> None:
    assert fault_of_incremental(found, NOBODY) == told


def test_one_recomputation_everywhere_is_full() -> None:
    assert fault_of_full(work(1, 1, 1), NOBODY) == ""


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (work(0, 1, 1), "ovn-northd on central recomputed 0 times"),
        (work(1, 1, 0), "ovn-controller on node2 recomputed 0 times"),
        (work(2, 1, 1), "ovn-northd on central recomputed 2 times"),
        (work(1, 2, 1), "ovn-controller on node1 recomputed 2 times"),
    ],
)
def test_none_or_two_anywhere_and_it_was_not_full(found: Counters, told: str) -> None:
    assert fault_of_full(found, NOBODY) == told


def test_a_northd_that_recomputes_by_itself_is_learned_and_not_held_to_it() -> None:
    habitual = habits_of(work(northd=4))
    assert habitual == {NORTHD}
    assert fault_of_incremental(work(northd=5), habitual) == ""
    assert fault_of_full(work(3, 1, 1), habitual) == ""


def test_even_a_northd_that_recomputes_by_itself_must_recompute_in_full_mode() -> None:
    assert (
        fault_of_full(work(0, 1, 1), habits_of(work(northd=4))) == "ovn-northd on central recomputed 0 times"
    )


def test_a_node_that_recomputed_in_the_warm_up_is_held_to_the_rule_all_the_same() -> None:
    assert fault_of_incremental(work(node1=1), habits_of(work(node1=1))) != ""


def test_habits_are_those_of_one_kind_of_change() -> None:
    habits = Habits()
    habits.learn("added", work(northd=1))
    assert habits.of("deleted") == NOBODY
