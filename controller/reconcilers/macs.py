"""MACs that nobody has to remember, and what follows from them."""

import hashlib
from ipaddress import IPv6Address


def gateway_mac(port: str) -> str:
    """A router port's MAC, locally administered: made from its name, so that it survives restarts without a record."""
    digest = hashlib.blake2b(port.encode(), digest_size=5).hexdigest()
    return ":".join(["0e", *(digest[at : at + 2] for at in range(0, 10, 2))])


def link_local(mac: str) -> str:
    """The link-local IPv6 address of an interface with this MAC (RFC 4291, modified EUI-64)."""
    octets = bytes.fromhex(mac.replace(":", ""))
    interface = bytes((octets[0] ^ 0x02, *octets[1:3], 0xFF, 0xFE, *octets[3:]))
    return str(IPv6Address(b"\xfe\x80" + bytes(6) + interface))
