from controller.api.core import Pod
from controller.api.meta import ObjectMeta
from testbed.experiment.change import most_on_any_machine, most_used, port_of
from testbed.measure.counters import Counts, EngineNode
from testbed.measure.processor import Usage


def test_a_port_is_named_as_kube_ovn_names_it() -> None:
    assert port_of(Pod(metadata=ObjectMeta(name="web-0", namespace="shop"))) == "web-0.shop"


def test_engines_are_told_by_the_machine_that_did_most() -> None:
    found = most_on_any_machine(
        {
            EngineNode("node1", "ovn-controller", "lflow_output"): Counts(recompute=0, compute=5),
            EngineNode("node2", "ovn-controller", "lflow_output"): Counts(recompute=1, compute=2),
            EngineNode("central", "ovn-northd", "lflow"): Counts(recompute=3),
        }
    )
    assert found == {
        ("ovn-controller", "lflow_output"): Counts(recompute=1, compute=5),
        ("ovn-northd", "lflow"): Counts(recompute=3),
    }


def test_processor_time_is_told_by_the_machine_that_used_most() -> None:
    found = most_used(
        {
            ("node1", "chassis"): Usage(run_ns=5, wait_ns=9),
            ("node2", "chassis"): Usage(run_ns=7, wait_ns=1),
            ("central", "northd"): Usage(run_ns=3, wait_ns=0),
        }
    )
    assert found == {"chassis": Usage(run_ns=7, wait_ns=1), "northd": Usage(run_ns=3, wait_ns=0)}
