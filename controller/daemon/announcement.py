"""What a node says so that its neighbours find an address behind it: gratuitous ARP, unsolicited advertisement.

Frames as they go out on the wire: RFC 826 and RFC 5227 for IPv4, RFC 4861 (7.2.6) for IPv6.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

BROADCAST = b"\xff" * 6
ALL_NODES = IPv6Address("ff02::1")
ALL_NODES_MAC = bytes.fromhex("333300000001")
_VLAN, _IPV4, _ARP, _IPV6 = 0x8100, 0x0800, 0x0806, 0x86DD
_REQUEST, _ETHERNET = 1, 1
_ICMPV6, _ADVERTISEMENT, _OVERRIDE, _TARGET_ADDRESS = 58, 136, 0x20000000, 2
_HOP_LIMIT = 255


def frame(address: str, mac: str, vlan: int = 0) -> bytes:
    """The frame that announces an address; untagged where ``vlan`` is 0."""
    hardware, found = bytes.fromhex(mac.replace(":", "")), ip_address(address)
    if isinstance(found, IPv4Address):
        return _ethernet(BROADCAST, hardware, vlan, _ARP, _arp(hardware, found))
    return _ethernet(ALL_NODES_MAC, hardware, vlan, _IPV6, _advertisement(hardware, found))


def _ethernet(to: bytes, source: bytes, vlan: int, kind: int, content: bytes) -> bytes:
    tag = struct.pack("!HH", _VLAN, vlan) if vlan else b""
    return to + source + tag + struct.pack("!H", kind) + content


def _arp(mac: bytes, address: IPv4Address) -> bytes:
    own = address.packed
    return struct.pack("!HHBBH", _ETHERNET, _IPV4, 6, 4, _REQUEST) + mac + own + bytes(6) + own


def _advertisement(mac: bytes, address: IPv6Address) -> bytes:
    body = struct.pack("!I", _OVERRIDE) + address.packed + bytes((_TARGET_ADDRESS, 1)) + mac
    size = 4 + len(body)
    pseudo = address.packed + ALL_NODES.packed + struct.pack("!II", size, _ICMPV6)
    checksum = _checksum(pseudo + struct.pack("!BBH", _ADVERTISEMENT, 0, 0) + body)
    header = struct.pack("!IHBB", 6 << 28, size, _ICMPV6, _HOP_LIMIT) + address.packed + ALL_NODES.packed
    return header + struct.pack("!BBH", _ADVERTISEMENT, 0, checksum) + body


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
