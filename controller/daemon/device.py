"""A network device as it is to be, in the namespace of a pod or a node: what differs is written, and nothing else.

Routes that are ours carry Kube-OVN's own mark, so that those of others are never touched and those that nobody wants
any more are found.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import Any

from pyroute2 import IPRoute, NetlinkError

from controller.daemon import offload
from controller.daemon.namespaces import network_namespace_of

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface
Route = tuple[Network, Address]

DEFAULT: dict[int, Network] = {4: ip_network("0.0.0.0/0"), 6: ip_network("::/0")}
"""The default route's destination, by version of IP."""
PROTOCOL = 75
"""Marks our routes (``proto`` in ``ip route``); 0 to 25 and 186 to 192 are taken: iproute2's rt_protos."""

_UP = 0x1
_GLOBAL = 0
_NO_DAD = 0x02  # IFA_F_NODAD: an address is given out once, so nobody has to ask whether it is taken
_FAMILIES = {4: 2, 6: 10}


@dataclass(frozen=True)
class Device:
    """A device that is up, with exactly these global addresses, and these routes of ours through it."""

    name: str
    mac: str
    mtu: int
    addresses: frozenset[Interface]
    routes: frozenset[Route] = frozenset()


def bring(pid: int, device: Device) -> None:
    """Brings a device in a process's network namespace to what it is to be.

    Blocks, and must not run in the event loop's thread. Raises ``OSError``, also for what netlink refuses.
    """
    try:
        with network_namespace_of(pid), IPRoute() as kernel:
            found = kernel.link_lookup(ifname=device.name)
            if not found:
                raise OSError(f"no device {device.name} in the network namespace of process {pid}")
            _Writer(kernel, found[0], device).write()
    except NetlinkError as error:
        raise OSError(error.code, f"{device.name}: {error}") from error


class _Writer:
    def __init__(self, kernel: IPRoute, index: int, device: Device) -> None:
        self._kernel = kernel
        self._index = index
        self._device = device

    def write(self) -> None:
        self._link()
        self._addresses()
        self._routes()

    def _link(self) -> None:
        (link,) = self._kernel.get_links(self._index)
        wanted: dict[str, Any] = {"address": self._device.mac, "mtu": self._device.mtu}
        present = {"address": link.get("address"), "mtu": link.get("mtu")}
        change = {key: value for key, value in wanted.items() if present[key] != value}
        if offload.is_on(self._device.name):
            offload.switch_off(self._device.name)
        if not link["flags"] & _UP:
            change["state"] = "up"
        if change:
            self._kernel.link("set", index=self._index, **change)

    def _addresses(self) -> None:
        present = {
            ip_interface(f"{entry.get('address')}/{entry['prefixlen']}")
            for entry in self._kernel.get_addr(index=self._index)
            if entry["scope"] == _GLOBAL
        }
        for address in present - self._device.addresses:
            self._kernel.addr("del", index=self._index, **_named(address))
        for address in self._device.addresses - present:
            flags = {"flags": _NO_DAD} if address.version == 6 else {}
            self._kernel.addr("add", index=self._index, **_named(address), **flags)

    def _routes(self) -> None:
        present = {
            found
            for version, family in _FAMILIES.items()
            for entry in self._kernel.get_routes(family=family, oif=self._index)
            if entry["proto"] == PROTOCOL and (found := _route(entry, version)) is not None
        }
        for network, gateway in present - self._device.routes:
            self._route("del", network, gateway)
        for network, gateway in self._device.routes - present:
            self._route("replace", network, gateway)

    def _route(self, command: str, network: Network, gateway: Address) -> None:
        self._kernel.route(command, dst=str(network), gateway=str(gateway), oif=self._index, proto=PROTOCOL)


def _named(address: Interface) -> dict[str, Any]:
    return {"address": str(address.ip), "prefixlen": address.network.prefixlen}


def _route(entry: Any, version: int) -> Route | None:
    gateway = entry.get("gateway")
    if gateway is None:
        return None
    destination = entry.get("dst")
    network = ip_network(f"{destination}/{entry['dst_len']}") if destination else DEFAULT[version]
    return network, ip_address(gateway)
