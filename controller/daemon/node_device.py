"""A device of the node's own on the switch, kept as it is to be: port, MAC, addresses, routes.

The device belongs to the switch and is made anew whenever the switch restarts, without its addresses and routes; so it
is compared with what it is to be whenever something changes.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from controller.daemon.config import NodeConfig
from controller.daemon.device import Device, bring
from controller.daemon.errors import Refused
from controller.daemon.ports import Port
from controller.daemon.switch import Switch
from controller.kubernetes import Backoff

log = logging.getLogger(__name__)


class NodeDevice:
    """Keeps the device with this ``iface-id`` on one node; None is wanted at first: that there is none."""

    def __init__(
        self, config: NodeConfig, switch: Switch, workers: ThreadPoolExecutor, iface_id: str
    ) -> None:
        self._config = config
        self._switch = switch
        self._workers = workers
        self._iface_id = iface_id
        self._wanted: Device | None = None
        self._changed = asyncio.Event()
        switch.subscribe(iface_id, self._changed.set)

    @property
    def is_wanted(self) -> bool:
        """Whether there is to be a device."""
        return self._wanted is not None

    def want(self, device: Device | None) -> None:
        """Says what the device is to be from now on."""
        if device != self._wanted:
            self._wanted = device
            self._changed.set()

    async def run(self) -> None:
        """Keeps it, for ever."""
        backoff = Backoff(first=0.2, ceiling=5.0)
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._bring()
                backoff.succeeded()
            except (Refused, OSError) as error:
                log.warning("node %s: %s: %s", self._config.node, self._iface_id, error)
                self._changed.set()
                await asyncio.sleep(backoff.failed())

    async def _bring(self) -> None:
        device = self._wanted
        if device is None:
            if self._switch.wanted(self._iface_id):
                await self._switch.unwant(self._iface_id)
            return
        await self._switch.verified.wait()
        port = Port(device.name, self._iface_id, self._switch.own_device_type, device.mac)
        if self._switch.wanted(self._iface_id) != port:
            await self._switch.want(port)
        if self._switch.has_device(port):
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._workers, bring, self._config.pid, device)
