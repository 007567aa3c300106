"""A public address that is translated on the pod's own node is announced by that node as soon as it is the pod's.

OVN announces it as well, but a second later, and by IPv4 alone. The first words may come before the old node has
fallen silent, whose last packets lead the neighbours astray again; so they are said several times.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from controller.api.kinds import OVN_EIPS, OVN_FIPS, SUBNETS, VLANS
from controller.api.nat import OvnFip
from controller.daemon.announcement import frame
from controller.daemon.config import NodeConfig
from controller.daemon.packet_out import inject
from controller.daemon.pods import Pods
from controller.daemon.switch import BRIDGE, DATABASE
from controller.kubernetes import ApiError, Unreachable
from controller.kubernetes import Client as Api
from controller.ovsdb import Client, OvsdbError, operations

log = logging.getLogger(__name__)

DISTRIBUTED = "distributed"
AGAIN_S = (0.0, 0.02, 0.03, 0.05, 0.1, 0.3, 0.5)
"""How long is waited before each time that it is said."""


class Announcer:
    """Announces the public addresses that come to the pods of one node."""

    def __init__(self, config: NodeConfig, pods: Pods) -> None:
        self._config = config
        self._pods = pods
        self._announced: dict[str, tuple[str, ...]] = {}

    async def run(self, api: Api) -> None:
        """Follows the rules for ever."""
        async with asyncio.TaskGroup() as tasks:
            async for change in api.follow(OVN_FIPS):
                if change.type == "SYNCED":
                    continue
                rule = change.object
                if change.type == "DELETED" or not self._is_here(rule):
                    self._announced.pop(rule.name, None)
                    continue
                status = rule.status
                state = (status.v4_eip, status.v6_eip, status.v4_ip, status.v6_ip)
                if self._announced.get(rule.name) != state:
                    self._announced[rule.name] = state
                    tasks.create_task(self._announce(api, rule))

    def _is_here(self, rule: OvnFip) -> bool:
        """Whether the address is in force, and that of a pod on this node."""
        spec, status = rule.spec, rule.status
        if spec.type != DISTRIBUTED or not status.ready:
            return False
        own = self._pods.addresses_of(spec.ip_name)
        return bool(own & {status.v4_ip, status.v6_ip})

    async def _announce(self, api: Api, rule: OvnFip) -> None:
        try:
            eip = await api.get(OVN_EIPS, rule.spec.ovn_eip)
            subnet = await api.get(SUBNETS, eip.spec.external_subnet)
            vlan = await api.get(VLANS, subnet.spec.vlan)
            addresses = filter(None, (rule.status.v4_eip, rule.status.v6_eip))
            frames = [frame(address, eip.status.mac_address, vlan.spec.id) for address in addresses]
            bridge, port = await self._way_out(vlan.spec.provider, f"localnet.{subnet.name}")
            management = Path(self._config.database.removeprefix("unix:")).with_name(f"{bridge}.mgmt")
            for pause in AGAIN_S:
                await asyncio.sleep(pause)
                await inject(management, port, *frames)
        except (ApiError, Unreachable, OvsdbError, OSError, ValueError) as error:
            log.warning("node %s: %s is not announced: %s", self._config.node, rule.name, error)

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
