"""Lines as `ovs-ofctl monitor` of OVS 3.1 (OVN 23.03) and of OVS 4.0 (OVN 26.03) printed them."""

import pytest

from testbed.measure.flowevents import FlowEvent, Lookup, MonitorGap, Output, parse

POD = "0a:00:00:00:00:99"

LOOKUP = (
    b" event=ADDED table=33 cookie=0x28e3fc57 metadata=0x2,dl_dst=0a:00:00:00:00:99"
    b" actions=load:0x3->NXM_NX_REG15[],resubmit(,37)"
)
REMOTE_2303 = (
    b" event=ADDED table=39 cookie=0xa99da18 reg15=0x3,metadata=0x2"
    b" actions=load:0x2->NXM_NX_TUN_ID[0..23],set_field:0x3->tun_metadata0,"
    b"move:NXM_NX_REG14[0..14]->NXM_NX_TUN_METADATA0[16..30],output:1,resubmit(,40)"
)
REMOTE_2603 = (
    b" event=ADDED table=44 cookie=0xf939f877 reg13=0/0xffff0000,reg15=0x3,metadata=0x1"
    b" actions=load:0x1->NXM_NX_TUN_ID[0..23],set_field:0x3->tun_metadata0,"
    b"move:NXM_NX_REG14[0..14]->NXM_NX_TUN_METADATA0[16..30],output:1,resubmit(,45)"
)
LOCAL = b" event=ADDED table=65 cookie=0xa99da18 reg15=0x3,metadata=0x2 actions=output:3"


def test_the_flow_that_finds_the_port_by_its_mac_is_a_lookup() -> None:
    assert parse(LOOKUP) == FlowEvent("ADDED", Lookup(2, POD))


@pytest.mark.parametrize(("line", "datapath"), [(REMOTE_2303, 2), (REMOTE_2603, 1), (LOCAL, 2)])
def test_the_flow_that_sends_what_goes_to_the_port_is_an_output_flow_in_every_release(
    line: bytes, datapath: int
) -> None:
    assert parse(line) == FlowEvent("ADDED", Output(datapath, 3))


def test_a_deleted_flow_has_a_reason_before_its_table() -> None:
    line = LOOKUP.replace(b"event=ADDED", b"event=DELETED reason=delete")
    assert parse(line) == FlowEvent("DELETED", Lookup(2, POD))


@pytest.mark.parametrize(
    ("match", "actions"),
    [
        # port security: the same match as a lookup and more
        (b"reg15=0x3,metadata=0x2,dl_dst=0a:00:00:00:00:99", b"load:0->NXM_NX_REG10[12]"),
        # its match is that of an output flow, yet it sends nothing
        (b"reg15=0x3,metadata=0x2", b"load:0x8->NXM_NX_REG13[],resubmit(,41)"),
        (b"reg10=0x1/0x1,reg15=0x3,metadata=0x2", b"push:NXM_OF_IN_PORT[],resubmit(,65)"),
        # only some packets: a protocol before the fields
        (b"ip,metadata=0x2,dl_dst=0a:00:00:00:00:99", b"load:0x3->NXM_NX_REG15[]"),
        # one of several tunnel endpoints, chosen by somebody
        (b"reg13=0x10000/0xffff0000,reg15=0x3,metadata=0x1", b"output:1"),
        (b"reg10=0/0x1,reg14=0x3,reg15=0x3,metadata=0x2", b"drop"),
        (b"in_port=3", b"load:0x2->OXM_OF_METADATA[],resubmit(,8)"),
    ],
)
def test_other_flows_are_counted_but_decide_nothing(match: bytes, actions: bytes) -> None:
    line = b" event=ADDED table=40 cookie=0x1 %b actions=%b" % (match, actions)
    assert parse(line) == FlowEvent("ADDED", None)


def test_a_flow_that_matches_everything_is_an_event_too() -> None:
    line = b" event=MODIFIED table=9 cookie=0x1 actions=resubmit(,10)"
    assert parse(line) == FlowEvent("MODIFIED", None)


@pytest.mark.parametrize(
    "line", [b"", b"NXST_FLOW_MONITOR reply (xid=0x0):", b"OFPT_BARRIER_REPLY (xid=0x9):"]
)
def test_headers_are_no_events(line: bytes) -> None:
    assert parse(line) is None


def test_a_pause_of_the_switch_is_a_gap() -> None:
    assert parse(b"NXT_FLOW_MONITOR_PAUSED (xid=0x0):") == MonitorGap(resumed=False)
    assert parse(b"NXT_FLOW_MONITOR_RESUMED (xid=0x0):") == MonitorGap(resumed=True)
