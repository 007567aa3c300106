"""Our reading of OVN's expressions against OVN's own: what passes here is one there, or a rule is silently none."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller import ovsdb
from controller.api.expressions import InvalidExpression, check
from controller.northbound.delta import Delta, differ
from controller.northbound.replica import Replica
from controller.northbound.rows import Place, Row, RowKey
from controller.northbound.writer import Writer
from tests.system.bare_ovn import BareOvn, bare_ovn

pytestmark = pytest.mark.system

ACCEPTED = r"""
1
ip
ip4.src == 10.0.0.1
ip4.src==10.0.1.0/24 && ip4.dst==10.0.1.250
ip4.dst == 10.10.0.2 && ip
tcp.dst == {80, 443}
tcp.dst == {80 443}
!ct.new
!(ct.new && ct.trk)
!(ip4.src == 10.0.0.1)
inport == "web.default"
outport == @pg
ip4.src == $as && (tcp || udp)
0 < tcp.dst < 1024
80 == tcp.dst
eth.src == 0a:00:00:00:00:01
ip6.src == fd00::/64
eth.dst[40]
tcp.flags == 0x2/0x2
ip6.dst[120..127] == 0xff
!ip.proto
ip4.src != 10.0.0.1
tcp.dst>=1024&&tcp
!(ip.proto != 6)
icmp4.type == 8 && icmp4.code == 0
arp.tpa == 10.0.0.0/8
nd_ns && nd.target == fd00::1
vlan.vid == 7
is_chassis_resident("cr-x")
ip4.src == {$as, 10.0.0.9}
ip.frag == 1
pkt.mark == 0x10/0xff
igmp
ct_mark == 1
ct_label[0..31] == 5
eth.bcast || eth.mcast
ip.ttl == 1
ip6.label == 5
sctp.src > 7
inport == "a\"b\\c"
ip4.src == 10.0.0.0/255.0.255.0
ip.ecn == 1 && ip.dscp == 3
rarp.op == 1
""".strip().splitlines()

REFUSED = r"""
ip4.src = 10.0.0.1
ip4 && tcp || udp
!ip4
!(ip4 && tcp)
ip4.src == 10.0.0.1/33
foo == 1
inport == web
tcp.dst == 65536
ip4.src == fd00::1
tcp.dst
ip4.src == $1x
ip4.src < {1.2.3.4}
ip.proto != 6
ip4 ||
|| 1
ip4.src == 10.0.0.1:80
eth.type[0] == 1
tcp.dst[16]
$(reboot)
1 < tcp.dst > 3
`id`
((((ip
ip4.src == {}
ip.proto > 3
010 == tcp.dst
inport == 7
2
ip4.src == "x"
ip4.src == {10.0.0.1, "x"}
inport
ip4.src == 10.0.0.1 ip4
tcp.dst == 80..90
eth == 1
ip6.src == 10.0.0.1/64
is_chassis_resident(x)
tcp.dst == "80"
ip4.src == 0x100000000
! ! ip4
&& ip
""".strip().splitlines()

STRICTER = ["ip4) || (1", "ip4.src == 10.0.0.1 /* all */", "reg0 == 1", "flags.loopback"]
"""What OVN reads and is refused all the same: it would reach beyond itself, or into what is northd's own."""

fields = st.sampled_from(
    ["ip4.src", "ip6.src", "tcp.dst", "eth.src", "ip.proto", "ct.est", "ip4", "ip6", "tcp", "ct_mark"]
)
constants = st.sampled_from(
    ["10.0.0.1", "10.0.0.0/8", "fd00::/64", "80", "0", "0x10", "0x1/0xf", "{1,2}", "{10.0.0.1}", "1.2.3"]
)
comparisons = (
    st.builds("{} {} {}".format, fields, st.sampled_from(("==", "!=")), constants | st.just("$as"))
    | st.builds("{} {} {}".format, fields, st.sampled_from(("<", "<=", ">", ">=")), constants)
    | st.builds("{} {} {}".format, constants, st.sampled_from(("==", "<", ">=")), fields)
)
expressions = st.recursive(
    fields | comparisons | st.sampled_from(("1", "0")),
    lambda inner: (
        st.builds("{} {} {}".format, inner, st.sampled_from(("&&", "||")), inner)
        | st.builds("({})".format, inner)
        | st.builds("!{}".format, inner)
        | st.builds("!({})".format, inner)
    ),
    max_leaves=5,
)
MADE_UP = 400


def made_up() -> list[str]:
    """Expressions and what resembles them: the same ones at every run."""
    found: dict[str, None] = {}

    @settings(derandomize=True, database=None, max_examples=MADE_UP, suppress_health_check=list(HealthCheck))
    @given(expressions)
    def collect(text: str) -> None:
        found[text] = None

    collect()
    return list(found)


def is_read(text: str) -> bool:
    try:
        check(text)
    except InvalidExpression:
        return False
    return True


async def put_in_force(ovn: BareOvn, matches: list[str]) -> None:
    """One rule a match, written as the controller writes them."""
    client = await ovsdb.Client.connect(ovn.central.northbound, "OVN_Northbound")
    replica = Replica()
    await replica.follow(client)
    rows = [Row(RowKey("Logical_Switch", "s"), {})]
    for number, match in enumerate(matches):
        columns = {"direction": "to-lport", "priority": 1, "match": match, "action": "drop"}
        rows.append(Row(RowKey("ACL", str(number)), columns, Place("Logical_Switch", "s", "acls")))
    written = await Writer(replica).commit(client, [Delta("test", tuple(differ("test", rows, replica)))])
    await client.close()
    assert not written.rejected


def complaints(ovn: BareOvn) -> set[str]:
    """The matches that OVN cannot read: `ovn-trace` reads those of all flows before it does anything."""
    ovn.nbctl("--wait=sb", "sync")
    argv = ovn.release.argv("ovn-trace", f"--db={ovn.central.southbound}", "s", "ip4")
    said = subprocess.run(argv, capture_output=True, text=True, timeout=60).stderr
    return set(re.findall(r"\|WARN\|(.*): parsing expression failed", said))


async def test_what_is_let_pass_is_what_ovn_can_read(tmp_path: Path) -> None:
    matches = list(dict.fromkeys((*ACCEPTED, *REFUSED, *STRICTER, *made_up())))
    with bare_ovn(tmp_path, chassis=0) as ovn:
        ovn.nbctl("create", "address_set", "name=as", 'addresses="10.0.0.7"')
        await put_in_force(ovn, matches)
        ovn.nbctl("lsp-add", "s", "p", "--", "pg-add", "pg", "p")
        refused_by_ovn = complaints(ovn)
    read_here = {match for match in matches if is_read(match)}
    assert not read_here & refused_by_ovn
    assert set(matches) - read_here - refused_by_ovn <= set(STRICTER)
    assert read_here >= set(ACCEPTED)
    assert refused_by_ovn >= set(REFUSED)
    assert len(read_here) > MADE_UP / 10
