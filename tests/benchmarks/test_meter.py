"""What the meter can take in: flow events a second, however many changes are expected."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from testbed.measure.flowevents import FlowEvent, Output, parse
from testbed.measure.tracker import PortRow, Tracker

pytestmark = pytest.mark.bench

EVENTS = 10_000

REMOTE = (
    b" event=ADDED table=44 cookie=0xf939f877 reg13=0/0xffff0000,reg15=%#x,metadata=0x1"
    b" actions=load:0x1->NXM_NX_TUN_ID[0..23],set_field:0x3->tun_metadata0,"
    b"move:NXM_NX_REG14[0..14]->NXM_NX_TUN_METADATA0[16..30],output:1,resubmit(,45)"
)
OTHER = (
    b" event=ADDED table=74 cookie=0xa99da18 arp,reg14=%#x,metadata=0x2,dl_src=0a:00:00:00:00:99,arp_spa=10.0.1.99"
    b" actions=load:0->NXM_NX_REG10[12]"
)
LINES = [line % number for number in range(EVENTS // 2) for line in (REMOTE, OTHER)]

AT_LEAST_A_SECOND = 50_000
"""Events, in the best round: one more pod makes some 60 on each node, a recomputation without effect none."""


def rate(benchmark: BenchmarkFixture) -> float:
    assert benchmark.stats is not None
    return EVENTS / float(benchmark.stats.stats.min)


def test_lines_are_read_faster_than_switches_tell_them(benchmark: BenchmarkFixture) -> None:
    events = benchmark(lambda: [parse(line) for line in LINES])
    assert sum(isinstance(event, FlowEvent) and event.flow is not None for event in events) == EVENTS // 2
    assert rate(benchmark) > AT_LEAST_A_SECOND


@pytest.mark.parametrize("expected", [1, 500])
def test_an_event_costs_the_same_however_many_changes_are_expected(
    benchmark: BenchmarkFixture, expected: int
) -> None:
    tracker = Tracker(lambda port: None)
    nodes = [f"node{number}" for number in range(10)]
    for number in range(expected):
        tracker.expect(f"pod{number}", "added", nodes, 0)
        row = PortRow(1, number, f"0a:00:00:00:{number >> 8:02x}:{number & 255:02x}", None, False)
        tracker.southbound(f"pod{number}", row, 1)
    events = [FlowEvent("ADDED", Output(1, number)) for number in range(EVENTS)]

    def take() -> None:
        for event in events:
            tracker.flow("node1", event, 2)

    benchmark(take)
    assert tracker.ends("pod0").nodes["node1"].output_ns == 2
    assert rate(benchmark) > AT_LEAST_A_SECOND
