"""The plug kind of pods with a network namespace: a veth pair, one end on the switch, the other ``eth0`` in the pod."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from controller.daemon.device import DEFAULT, Device, bring
from controller.daemon.plugs import Attachment, PlugKind
from controller.daemon.promise import Promise

DEVICE = "eth0"


class Veth:
    """``eth0`` of a pod: its addresses, its MAC, its MTU, and default routes through its gateways, or its own."""

    name = "live"
    interface_type = ""
    needs_namespace = True

    def __init__(self, workers: int = 4) -> None:
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="netns")

    async def configure(self, attachment: Attachment) -> None:
        """Configures ``eth0``. Raises ``OSError``."""
        assert attachment.netns_pid is not None
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._workers, bring, attachment.netns_pid, pod_device(attachment.promise))


def pod_device(promise: Promise) -> Device:
    """The device of a pod with this promise."""
    routes = {DEFAULT[gateway.version]: gateway for gateway in promise.gateways}
    routes.update(promise.routes)
    return Device(DEVICE, promise.mac, promise.mtu, frozenset(promise.addresses), frozenset(routes.items()))


PLUG: PlugKind = Veth()
