"""A public address that is translated on the pod's own node is announced by that node as soon as it is the pod's.

OVN announces it as well, but a second later, and by IPv4 alone. The first words may come before the old node has
fallen silent, whose last packets lead the neighbours astray again; so they are said several times.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from controller.api.kinds import OVN_EIPS, SUBNETS, VLANS
from controller.daemon.announcement import frame
from controller.daemon.config import NodeConfig
from controller.daemon.fips import Fips, Floating
from controller.daemon.packet_out import inject
from controller.daemon.switch import BRIDGE, DATABASE, Switch
from controller.kubernetes import ApiError, Unreachable
from controller.kubernetes import Client as Api
from controller.ovsdb import Client, OvsdbError, operations

log = logging.getLogger(__name__)

AGAIN_S = (0.0, 0.02, 0.03, 0.05, 0.1, 0.3, 0.5)
"""How long is waited before each time that it is said."""

Said = dict[str, tuple[Floating, int]]
"""By rule what was announced, and since when OVN has had the flows of the pod's port."""


class Announcer:
    """Announces the public addresses that come to the pods of one node, and those of pods that come to it."""

    def __init__(self, config: NodeConfig, switch: Switch, fips: Fips) -> None:
        self._config = config
        self._switch = switch
        self._fips = fips
        self._said: dict[str, Said] = {}
        self._news: asyncio.Queue[str] = asyncio.Queue()
        fips.subscribe(self._news.put_nowait)
        switch.subscribe_to_all(self._news.put_nowait)

    async def run(self, api: Api) -> None:
        """Announces, for ever."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                for floating in self._due(await self._news.get()):
                    tasks.create_task(self._announce(api, floating))

    def _due(self, port: str) -> list[Floating]:
        """What is to be announced of a pod of which there is news."""
        before = self._said.pop(port, {})
        since = self._switch.installed_since(port)
        if since is None:
            return []
        now = {floating.rule: (floating, since) for floating in self._fips.of(port)}
        if now:
            self._said[port] = now
        return [floating for rule, (floating, _) in now.items() if before.get(rule) != now[rule]]

    async def _announce(self, api: Api, floating: Floating) -> None:
        try:
            eip = await api.get(OVN_EIPS, floating.eip)
            subnet = await api.get(SUBNETS, eip.spec.external_subnet)
            vlan = await api.get(VLANS, subnet.spec.vlan)
            frames = [frame(address, eip.status.mac_address, vlan.spec.id) for address in floating.addresses]
            bridge, port = await self._way_out(vlan.spec.provider, f"localnet.{subnet.name}")
            management = Path(self._config.database.removeprefix("unix:")).with_name(f"{bridge}.mgmt")
            for pause in AGAIN_S:
                await asyncio.sleep(pause)
                await inject(management, port, *frames)
        except (ApiError, Unreachable, OvsdbError, OSError, ValueError) as error:
            log.warning("node %s: %s is not announced: %s", self._config.node, floating.rule, error)

    async def _way_out(self, provider: str, localnet: str) -> tuple[str, int]:
        """The bridge of a physical network, and its port from which packets of a switch come. Raises ``OSError``."""
        patch = f"patch-{localnet}-to-{BRIDGE}"
        client = await Client.connect(self._config.database, DATABASE)
        try:
            switch, interface = await client.transact(
                [
                    operations.select("Open_vSwitch", [], ["external_ids"]),
                    operations.select("Interface", [("name", "==", patch)], ["ofport"]),
                ]
            )
        finally:
            await client.close()
        if not interface.rows or not switch.rows:
            raise OSError(f"there is no port {patch}")
        (ids,), (port,) = switch.rows[0].pick("external_ids"), interface.rows[0].pick("ofport")
        stated = str(ids.get("ovn-bridge-mappings", "")) if isinstance(ids, Mapping) else ""
        mappings = {name: bridge for name, _, bridge in (part.partition(":") for part in stated.split(","))}
        if provider not in mappings or not isinstance(port, int):
            raise OSError(f"there is no bridge of {provider}")
        return mappings[provider], port
