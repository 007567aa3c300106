"""Run in a pod's network namespace: asks its router to announce itself (RFC 4861) and prints what it says, as JSON.

``python router_solicit.py INTERFACE``
"""

import json
import socket
import struct
import sys
import time

ALL_ROUTERS = "ff02::2"
SOLICITATION, ADVERTISEMENT = 133, 134
MTU, PREFIX = 5, 3
WITHIN_S = 30.0


def read(message: bytes) -> dict[str, object] | None:
    """What an advertisement says; None for any other message."""
    if message[0] != ADVERTISEMENT:
        return None
    found: dict[str, object] = {"managed": bool(message[5] & 0x80), "mtu": 0, "prefix": ""}
    rest = message[16:]
    while len(rest) >= 8:
        kind, size = rest[0], 8 * rest[1]
        if kind == MTU:
            (found["mtu"],) = struct.unpack("!I", rest[4:8])
        elif kind == PREFIX:
            found["prefix"] = f"{socket.inet_ntop(socket.AF_INET6, rest[16:32])}/{rest[2]}"
        rest = rest[size:]
    return found


def main(interface: str) -> None:
    link = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    link.settimeout(1.0)
    to = (ALL_ROUTERS, 0, 0, socket.if_nametoindex(interface))
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        try:
            link.sendto(struct.pack("!BBHI", SOLICITATION, 0, 0, 0), to)
            while (found := read(link.recv(2048))) is None:
                pass
        except OSError:  # not answered yet, or no address to ask from yet
            continue
        print(json.dumps(found))
        return
    sys.exit("no advertisement")


if __name__ == "__main__":
    main(sys.argv[1])
