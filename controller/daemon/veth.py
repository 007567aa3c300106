"""The plug kind of pods with a network namespace: a veth pair, one end on the switch, the other ``eth0`` in the pod."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pyroute2 import IPRoute

from controller.daemon import offload
from controller.daemon.namespaces import network_namespace_of
from controller.daemon.plugs import Attachment, PlugKind
from controller.daemon.promise import Promise

DEVICE = "eth0"


class Veth:
    """Addresses, MAC, MTU and default routes of ``eth0`` in the pod."""

    name = "live"
    interface_type = ""
    needs_namespace = True

    def __init__(self, workers: int = 4) -> None:
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="netns")

    async def configure(self, attachment: Attachment) -> None:
        """Configures ``eth0``. Raises ``OSError`` (also netlink's own, which is one)."""
        assert attachment.netns_pid is not None
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(
            self._workers, configure_device, attachment.netns_pid, DEVICE, attachment.promise
        )


def configure_device(pid: int, device: str, promise: Promise) -> None:
    """Configures a device in the network namespace of a process; blocks, and must not run in the main thread."""
    with network_namespace_of(pid), IPRoute() as route:
        found = route.link_lookup(ifname=device)
        if not found:
            raise OSError(f"no device {device} in the network namespace of process {pid}")
        index = found[0]
        route.link("set", index=index, address=promise.mac, mtu=promise.mtu)
        offload.switch_off(device)
        route.link("set", index=index, state="up")
        for address in promise.addresses:
            options: dict[str, Any] = {"address": str(address.ip), "prefixlen": address.network.prefixlen}
            if address.version == 6:
                options["flags"] = _NO_DAD
            route.addr("replace", index=index, **options)
        for gateway in promise.gateways:
            default = "::/0" if gateway.version == 6 else "0.0.0.0/0"
            route.route("replace", dst=default, gateway=str(gateway), oif=index)


_NO_DAD = 0x02
"""IFA_F_NODAD: the controller gives an address out once, so nobody has to ask whether it is taken."""

PLUG: PlugKind = Veth()
