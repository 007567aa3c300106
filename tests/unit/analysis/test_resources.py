from analysis.resources import Usage, usage
from testbed.results import Resource, frame_of

SECOND = 1_000_000_000


def at(second: int, node: str, spent: float | None, pss: float | None = None) -> Resource:
    return Resource(
        monotonic_ns=second * SECOND,
        node=node,
        daemon="ovn-controller",
        pss_mib=pss,
        processor_ns=None if spent is None else int(spent * SECOND),
    )


def test_processor_time_is_what_was_added_between_first_and_last_record_of_all_processes() -> None:
    rows = [at(0, "node1", 5), at(1, "node1", 6), at(2, "node1", 8), at(0, "node2", 1), at(1, "node2", 1.5)]
    (found,) = usage(frame_of(rows, Resource))
    assert (found.processes, found.processor_s) == (2, 3.5)


def test_a_process_started_anew_keeps_what_it_spent_before() -> None:
    rows = [at(0, "node1", 5), at(1, "node1", 7), at(2, "node1", 0.5), at(3, "node1", 1)]
    (found,) = usage(frame_of(rows, Resource))
    assert found.processor_s == 3


def test_the_most_memory_is_that_of_one_process_at_any_moment() -> None:
    rows = [at(0, "node1", 0, 30), at(1, "node1", 0, 90), at(2, "node1", 0, 40), at(0, "node2", 0, 50)]
    (found,) = usage(frame_of(rows, Resource))
    assert found.peak_mib == 90


def test_what_was_not_recorded_is_none() -> None:
    (found,) = usage(frame_of([at(0, "node1", None)], Resource))
    assert found == Usage("ovn-controller", 1, None, None, None)


def test_without_records_there_is_no_daemon() -> None:
    assert usage(frame_of([], Resource)) == ()
