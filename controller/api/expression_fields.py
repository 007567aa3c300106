"""The fields of packets that OVN's expressions know, with their widths: what a match can speak of.

Registers and flags are left out: they are northd's own, and mean another thing in each release.
Source: ``ovn-sb(5)``, table Logical_Flow, and the symbol table of OVN 23.03 (``lib/logical-fields.c``).
"""

from __future__ import annotations

from typing import NamedTuple


class Field(NamedTuple):
    """A field by its width in bits, 0 for text.

    A *nominal* field can only be compared for equality, a *predicate* stands for an expression.
    """

    bits: int
    is_nominal: bool = False
    is_predicate: bool = False


_ORDINAL = {
    1: "ct.new ct.est ct.rel ct.rpl ct.inv ct.trk ct.snat ct.dnat eth.mcast",
    2: "ip.frag",
    3: "vlan.pcp",
    12: "vlan.vid tcp.flags",
    16: "vlan.tci tcp.src tcp.dst udp.src udp.dst sctp.src sctp.dst",
    20: "ip6.label",
    32: "ct_mark ct_state ip4.src ip4.dst arp.spa arp.tpa rarp.spa rarp.tpa pkt.mark",
    48: "eth.src eth.dst arp.sha arp.tha rarp.sha rarp.tha nd.sll nd.tll",
    128: "ct_label ip6.src ip6.dst nd.target",
}
_NOMINAL = {
    0: "inport outport",
    2: "ip.ecn",
    6: "ip.dscp",
    8: "ip.proto ip.ttl icmp4.type icmp4.code icmp6.type icmp6.code",
    16: "eth.type arp.op rarp.op",
}
_PREDICATES = {
    False: "eth.bcast eth.mcastv6 vlan.present ip4.src_mcast ip4.mcast ip6.mcast_rsvd ip6.mcast_all_nodes "
    "ip6.mcast_all_rtrs ip6.mcast_sol_node ip6.mcast_flood ip6.mcast ip.is_frag ip.later_frag ip.first_frag",
    True: "ip4 ip6 ip icmp4 igmp icmp6 icmp arp rarp nd nd_ns nd_ns_mcast nd_na nd_rs nd_ra mldv1 mldv2 "
    "tcp udp sctp",
}

FIELDS: dict[str, Field] = {
    **{name: Field(bits) for bits, names in _ORDINAL.items() for name in names.split()},
    **{name: Field(bits, is_nominal=True) for bits, names in _NOMINAL.items() for name in names.split()},
    **{
        name: Field(1, is_nominal, is_predicate=True)
        for is_nominal, names in _PREDICATES.items()
        for name in names.split()
    },
}
