"""Run in a pod's network namespace: asks for an address by DHCP (RFC 2131) and prints what is offered, as JSON.

``python dhcp_discover.py INTERFACE``: the frame goes out raw, as that of a machine that has no address yet.
"""

import json
import socket
import struct
import sys
import time
from ipaddress import IPv4Address

CLIENT_PORT, SERVER_PORT = 68, 67
COOKIE = bytes((99, 130, 83, 99))
TRANSACTION = 0x5EED
ROUTER, LEASE_TIME, KIND, DNS = 3, 51, 53, 6
DISCOVER, OFFER = 1, 2
WITHIN_S = 30.0


def checksum(content: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(content) // 2}H", content))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def discover(mac: bytes) -> bytes:
    asked = bytes((KIND, 1, DISCOVER, 55, 3, ROUTER, LEASE_TIME, DNS, 255))
    bootp = struct.pack("!BBBBIHH16x", 1, 1, 6, 0, TRANSACTION, 0, 0x8000) + mac.ljust(208, b"\0")
    udp = struct.pack("!HHHH", CLIENT_PORT, SERVER_PORT, 8 + len(bootp + COOKIE + asked), 0)
    payload = udp + bootp + COOKIE + asked
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return b"\xff" * 6 + mac + struct.pack("!H", 0x0800) + head + payload


def options(content: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while content and content[0] != 255:
        if content[0] == 0:
            content = content[1:]
            continue
        number, size = content[0], content[1]
        found[number] = content[2 : 2 + size]
        content = content[2 + size :]
    return found


def offer(frame: bytes) -> dict[str, object] | None:
    """What a frame offers to us; None for any other frame."""
    if len(frame) < 282 or frame[12:14] != b"\x08\x00" or frame[23] != 17 or frame[278:282] != COOKIE:
        return None
    bootp = frame[42:]
    given = options(bootp[240:])
    if struct.unpack("!I", bootp[4:8]) != (TRANSACTION,) or given.get(KIND) != bytes((OFFER,)):
        return None
    return {
        "address": str(IPv4Address(bootp[16:20])),
        "router": str(IPv4Address(given[ROUTER])),
        "lease_s": int.from_bytes(given[LEASE_TIME]),
        "dns": str(IPv4Address(given[DNS])) if DNS in given else "",
    }


def main(interface: str) -> None:
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
    link.bind((interface, 0))
    mac = link.getsockname()[4]
    link.settimeout(1.0)
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        link.send(discover(mac))
        try:
            while (found := offer(link.recv(4096))) is None:
                pass
        except TimeoutError:
            continue
        print(json.dumps(found))
        return
    sys.exit("no offer")


if __name__ == "__main__":
    main(sys.argv[1])
